"""Carrying a plan out: from the open ledger to the last event."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sorapipe import __version__
from sorapipe.claims import Claims
from sorapipe.clock import Clock
from sorapipe.core.plan import Decision
from sorapipe.core.price import Budget, as_number
from sorapipe.core.take import Event, State
from sorapipe.core.tempo import Tempo
from sorapipe.errors import StorageError
from sorapipe.ledger import Ledger
from sorapipe.run.board import Board
from sorapipe.run.connect import connect
from sorapipe.run.deliver import Delivery
from sorapipe.run.gate import Gate
from sorapipe.run.hands import PAUSE, Hands
from sorapipe.run.heart import Heart
from sorapipe.run.late import enter, leave, look_late
from sorapipe.run.leave import leave_lock
from sorapipe.run.outcome import Outcome
from sorapipe.run.prepare import Prepared, open_here, state_root
from sorapipe.run.session import Listener, Session
from sorapipe.run.stop import Stop
from sorapipe.store_locks import Leases


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the owner grants a run.

    `life` and `run` are caps in USD, `barred` is a reason to buy nothing at all. `concurrency` is
    renders in flight, where the provider's own number is not wanted. `offline` forbids all talk
    with the server. `lock` says whether the storyboard's lock is kept up to date (`news`), written
    in any case (`anew`), or left alone (`no`).
    """

    life: Decimal | None = None
    run: Decimal | None = None
    barred: str | None = None
    concurrency: int | None = None
    offline: bool = False
    lock: Literal["no", "news", "anew"] = "news"


async def carry_out(
    prepared: Prepared, ledger: Ledger, clock: Clock, listener: Listener, terms: Terms
) -> Outcome:
    """Carry the plan out as far as it goes; what happens stands in ledger and outcome."""
    stop, outcome = Stop(), Outcome(wanted=len(prepared.plan.takes), out=str(prepared.out))
    before, run_id = prepared.tally.committed, uuid.uuid4().hex
    known, told = frozenset(prepared.tally.unpriced), dict(prepared.tally.duplicates)
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
        outcome.late = [
            event
            for video, event in session.tally.duplicates.items()
            if event["event"] == "duplicate" or told.get(video) != event
        ]
        _leave(prepared, terms, outcome)
        await _end(session, run_id, outcome)
    return outcome


def _leave(prepared: Prepared, terms: Terms, outcome: Outcome) -> None:
    """Write the lock before the run counts as ended: one that was killed here has not."""
    if terms.lock == "no" or outcome.storage is not None:
        return
    try:
        outcome.notes = leave_lock(prepared, anew=terms.lock == "anew")
    except StorageError as error:
        outcome.storage = str(error)


async def look_first(prepared: Prepared, ledger: Ledger, clock: Clock, listener: Listener) -> None:
    """Look for what was held or given up, before anything is planned; nothing is sent.

    Raises:
        StorageError: what was found could not be made durable.
    """
    tally, key = prepared.tally, prepared.provider.api_key
    session, terms = Session(ledger, tally, clock, listener, key), Terms()
    budget = Budget(life=None, run=None, before=tally.committed)
    async with _hands(prepared, session, stop=Stop(), budget=budget, terms=terms) as hands:
        await look_late(hands)
    await session.settle()


async def _beat(
    prepared: Prepared,
    session: Session,
    outcome: Outcome,
    *,
    stop: Stop,
    budget: Budget,
    terms: Terms,
) -> None:
    async with _hands(prepared, session, stop=stop, budget=budget, terms=terms) as hands:
        if not terms.offline:
            enter(hands)
        delivery = Delivery(session, prepared.shelf, prepared.store, prepared.out)
        board = Board(prepared.loaded.storyboard, prepared.plan, prepared.facts)
        await Heart(hands, board, delivery, outcome, hands.gate.tempo.most).beat()
        if not terms.offline:
            leave(hands)


@asynccontextmanager
async def _hands(
    prepared: Prepared, session: Session, *, stop: Stop, budget: Budget, terms: Terms
) -> AsyncIterator[Hands]:
    slots = terms.concurrency or prepared.provider.concurrency
    longest = min(PAUSE, prepared.provider.limits.backoff_cap)
    tempo = Tempo(slots, prepared.provider.requests_per_minute, longest=longest)
    with closing(Leases(prepared.store.root)) as leases:
        way = connect(prepared.provider, prepared.out, offline=terms.offline)
        async with way as (client, trouble):
            yield Hands(
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
                leases=leases,
                gate=Gate(tempo, session.clock),
                trouble=trouble,
                barred=terms.barred,
                offline=terms.offline,
                hold=prepared.loaded.storyboard.on_ambiguous == "hold",
            )


async def _end(session: Session, run_id: str, outcome: Outcome) -> None:
    try:
        await session.record("run-ended", run=run_id, exit=outcome.exit, **outcome.as_data())
    except StorageError as error:
        outcome.storage = outcome.storage or str(error)
        session.tell("run-ended", run=run_id, exit=outcome.exit, **outcome.as_data())
    await session.close()


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
