"""Carrying a plan out: from the open ledger to the last event."""

from __future__ import annotations

import uuid
from decimal import Decimal

from sorapipe import __version__
from sorapipe.claims import Claims
from sorapipe.clock import Clock
from sorapipe.core.plan import Decision
from sorapipe.core.price import Budget, as_number
from sorapipe.core.take import State
from sorapipe.errors import StorageError
from sorapipe.ledger import Ledger
from sorapipe.run.board import Board
from sorapipe.run.connect import connect
from sorapipe.run.deliver import Delivery
from sorapipe.run.hands import Hands
from sorapipe.run.heart import Heart
from sorapipe.run.outcome import Outcome
from sorapipe.run.prepare import Prepared, state_root
from sorapipe.run.session import Listener, Session
from sorapipe.run.stop import Stop

CONCURRENCY = 8  # renders in flight where neither the command line nor the profile says


async def carry_out(
    prepared: Prepared,
    ledger: Ledger,
    clock: Clock,
    listener: Listener,
    *,
    life: Decimal | None,
    run: Decimal | None,
    concurrency: int | None,
) -> Outcome:
    """Carry the plan out as far as it goes; what happens stands in ledger and outcome."""
    stop, outcome = Stop(), Outcome(wanted=len(prepared.plan.takes), out=str(prepared.out))
    session = Session(ledger, prepared.tally, clock, listener)
    before, run_id = prepared.tally.committed, uuid.uuid4().hex
    with stop.signals():
        try:
            await session.record("run-started", run=run_id, **_start(prepared))
            async with connect(prepared.provider, prepared.out) as client:
                hands = Hands(
                    client=client,
                    session=session,
                    store=prepared.store,
                    provider=prepared.provider,
                    address=prepared.address,
                    folder=prepared.loaded.folder,
                    out=prepared.out,
                    clock=clock,
                    stop=stop,
                    budget=Budget(life=life, run=run, before=before),
                    claims=Claims(state_root() / "claims"),
                    shelf=prepared.shelf,
                )
                delivery = Delivery(session, prepared.shelf, prepared.store, prepared.out)
                board = Board(prepared.loaded.storyboard, prepared.plan, prepared.facts)
                slots = concurrency or prepared.provider.concurrency or CONCURRENCY
                await Heart(hands, board, delivery, outcome, slots).beat()
        except StorageError as error:
            outcome.storage = str(error)
        _sum_up(outcome, session, stop, before)
        try:
            await session.record("run-ended", run=run_id, exit=outcome.exit, **outcome.as_data())
        except StorageError as error:
            outcome.storage = outcome.storage or str(error)
        await session.close()
    return outcome


def _start(prepared: Prepared) -> dict[str, object]:
    plan = prepared.plan
    return {
        "sorapipe": __version__,
        "storyboard": prepared.loaded.digest,
        "provider": prepared.provider.name,
        "address": prepared.address,
        "render": plan.count(Decision.RENDER),
        "reuse": plan.count(Decision.REUSE),
        "blocked": plan.count(Decision.BLOCKED),
        "price": as_number(plan.price),
    }


def _sum_up(outcome: Outcome, session: Session, stop: Stop, before: Decimal) -> None:
    tally = session.tally
    outcome.signal = stop.signal
    outcome.cost = tally.committed - before
    outcome.unknown = tally.unsettled
    outcome.in_flight = tally.in_flight
    outcome.lost = [
        take
        for take in tally.takes.values()
        if take.state is State.LOST and take.name in outcome.failed
    ]
