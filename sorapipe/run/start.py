"""Carrying a plan out: from the open ledger to the last event."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal

from sorapipe import __version__
from sorapipe.claims import Claims
from sorapipe.clock import Clock
from sorapipe.core.plan import Decision
from sorapipe.core.price import Budget, as_number
from sorapipe.core.take import Event, State
from sorapipe.errors import StorageError
from sorapipe.ledger import Ledger
from sorapipe.run.board import Board
from sorapipe.run.connect import connect
from sorapipe.run.deliver import Delivery
from sorapipe.run.hands import Hands
from sorapipe.run.heart import Heart
from sorapipe.run.outcome import Outcome
from sorapipe.run.prepare import Prepared, open_here, state_root
from sorapipe.run.session import Listener, Session
from sorapipe.run.stop import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the owner grants a run.

    `life` and `run` are caps in USD, `barred` is a reason to buy nothing at all. `concurrency` is
    renders in flight, where the provider's own number is not wanted.
    """

    life: Decimal | None = None
    run: Decimal | None = None
    barred: str | None = None
    concurrency: int | None = None


async def carry_out(
    prepared: Prepared, ledger: Ledger, clock: Clock, listener: Listener, terms: Terms
) -> Outcome:
    """Carry the plan out as far as it goes; what happens stands in ledger and outcome."""
    stop, outcome = Stop(), Outcome(wanted=len(prepared.plan.takes), out=str(prepared.out))
    before, run_id = prepared.tally.committed, uuid.uuid4().hex
    known = frozenset(prepared.tally.unpriced)
    budget = Budget(life=terms.life, run=terms.run, before=before)

    def listen(event: Event) -> None:
        if event["event"] == "intent":  # the ledger holds the price from this moment on
            budget.release(event["take"])
        outcome.creates += event["event"] in ("accepted", "adopted")
        listener(event)

    session = Session(ledger, prepared.tally, clock, listen, prepared.provider.api_key)
    with stop.signals():
        try:
            await session.record("run-started", run=run_id, **_start(prepared))
            await _beat(prepared, session, outcome, stop=stop, budget=budget, terms=terms)
        except StorageError as error:
            outcome.storage = str(error)
        except BaseException:  # a fault of ours: what is durable stands, and nothing is claimed
            await session.close()
            raise
        await session.settle()
        _sum_up(outcome, session, stop, prepared, (before, known))
        await _end(session, run_id, outcome)
    return outcome


async def _beat(
    prepared: Prepared,
    session: Session,
    outcome: Outcome,
    *,
    stop: Stop,
    budget: Budget,
    terms: Terms,
) -> None:
    async with connect(prepared.provider, prepared.out) as (client, trouble):
        hands = Hands(
            client=client,
            session=session,
            store=prepared.store,
            provider=prepared.provider,
            address=prepared.address,
            folder=prepared.loaded.folder,
            out=prepared.out,
            clock=session.clock,
            stop=stop,
            budget=budget,
            claims=Claims(state_root() / "claims"),
            shelf=prepared.shelf,
            trouble=trouble,
            barred=terms.barred,
        )
        delivery = Delivery(session, prepared.shelf, prepared.store, prepared.out)
        board = Board(prepared.loaded.storyboard, prepared.plan, prepared.facts)
        slots = terms.concurrency or prepared.provider.concurrency
        await Heart(hands, board, delivery, outcome, slots).beat()


async def _end(session: Session, run_id: str, outcome: Outcome) -> None:
    try:
        await session.record("run-ended", run=run_id, exit=outcome.exit, **outcome.as_data())
        await session.close()
    except StorageError as error:
        outcome.storage = outcome.storage or str(error)


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


def _sum_up(
    outcome: Outcome,
    session: Session,
    stop: Stop,
    prepared: Prepared,
    before: tuple[Decimal, frozenset[str]],
) -> None:
    tally, (cost, known) = session.tally, before
    outcome.signal = stop.signal
    outcome.cost = tally.committed - cost
    outcome.unpriced = len(tally.unpriced.keys() - known)
    outcome.unknown = tally.unsettled
    for take in tally.in_flight:
        (outcome.in_flight if open_here(take, prepared) else outcome.elsewhere).append(take)
    outcome.lost = [
        take
        for take in tally.takes.values()
        if take.state is State.LOST and take.name in outcome.failed
    ]
