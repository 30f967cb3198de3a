"""Buying a render: connect, intent, one POST, id. The only place that spends money.

The order is the guarantee. The intent is durable before the first byte leaves; the id is durable
before anything else is done with the answer; what is ambiguous is never sent again from here.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Any

from tenacity import RetryCallState, retry_if_exception

from sorapipe.core.backoff import bounded
from sorapipe.core.price import ZERO, as_number, told
from sorapipe.core.take import State, Take
from sorapipe.run.again import Again
from sorapipe.run.connect import engine
from sorapipe.run.hands import CONNECTING, REFUSED, GiveUp, Hands, Refused, Unaffordable
from sorapipe.run.reconcile import reconcile
from sorapipe.run.send import accept, send
from sorapipe.run.stop import Stopping
from sorapipe.run.work import Work, made_of, observable, picture
from sorapipe.videos.errors import APIError, APIStatusError, RateLimitError
from sorapipe.videos.model import Video

THROTTLES = 30  # times in a row that a server may say "later", after it was left alone as it asked
QUOTA = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached"}
)  # 429s that waiting won't end
NO_ROUTE = frozenset({404, 405})  # what servers say of a path that they do not have
_LOOK = 0.2  # seconds between two looks at a twin that is being settled
_PAUSE = 1.0  # seconds before a request that was intended and not sent is tried again


async def create(hands: Hands, work: Work) -> None:
    """Send the request once, and settle it if its answer is lost.

    Leaves the take accepted, rejected, unknown, or wanted again. Two requests that a list cannot
    tell apart are never open together, unless the server can tell them by their keys.

    Raises:
        GiveUp: nothing more can be sent for it in this run.
        StorageError: an event could not be made durable; the run must stop.
    """
    hands.check()
    image = await picture(work, hands.folder, hands.shelf)
    engine(hands.provider)  # loads what draws: in the first take's turn it would hurry the second
    by_key = hands.provider.profile.idempotency == "replay"
    while True:
        async with nullcontext() if by_key else hands.mutexes.of(work.observable):
            twin = None if by_key else _twin(hands, work)
            if twin is None:
                await _buy(hands, work, image)
                return
        if twin.fingerprint not in hands.settling:
            raise GiveUp(f"{twin.name} asks for the same, and its payment is unknown")
        await hands.clock.sleep(_LOOK)
        hands.stop.check()


def _twin(hands: Hands, work: Work) -> Take | None:
    """A take whose lost answer could not be told from this one's."""
    mine = observable(hands.session.redacted(work.request.as_data()))
    others = (take for take in hands.session.tally.unsettled if not hands.foreign(take))
    for other in others:
        if other.fingerprint != work.fingerprint and observable(other.intent["request"]) == mine:
            return other
    return None


async def _buy(hands: Hands, work: Work, image: bytes | None) -> None:
    async with hands.gate.turn(work.fingerprint, hands.check):
        price = work.price if work.price is not None else ZERO
        if not hands.budget.reserve(work.name, price, hands.session.tally.committed):
            more = f"{told(price)} more would pass the budget"
            raise Unaffordable(more if price else "what was free has cost, past the budget")
        try:
            await _attempt(hands, work, image)
        finally:
            work.posting = False
            hands.budget.release(work.name)
    hands.stop.check()
    if (trouble := hands.trouble()) is not None:
        raise trouble
    if hands.session.take(work.fingerprint).state is State.AMBIGUOUS:
        await reconcile(hands, work)


async def _attempt(hands: Hands, work: Work, image: bytes | None) -> None:
    render = uuid.uuid4().hex
    name = {"fp": work.fingerprint, "take": work.name, "render": render}
    sent_at = 0.0

    async def intend() -> None:
        nonlocal sent_at
        hands.check()
        work.posting = True  # from here on a stop waits for the answer
        await hands.session.record("intent", **name, **_intent(hands, work))
        if hands.stop.asked:
            await hands.session.record("not-sent", **name, why="stopped before it was sent")
            raise Stopping
        sent_at = hands.clock.monotonic()

    again = Again(
        retry=retry_if_exception(lambda error: _unsent(error) and not _intended(hands, name)),
        stop=hands.until(CONNECTING),
        wait=lambda state: _wait(hands, work, state),
        sleep=_sleeper(hands),
        reraise=True,
    )
    try:
        video: Video = await again(send, hands, work, image, render, intend)
    except APIError as error:
        await _settle(hands, work, name, error, sent_at)
    else:
        hands.gate.took(sent_at)
        await accept(hands, work, render, video, "accepted")


def _intent(hands: Hands, work: Work) -> dict[str, object]:
    remote = work.parent is not None and work.request.operation != "create"
    drawn_by = engine(hands.provider)
    return {
        **made_of(work, hands.provider.name),
        "price": as_number(work.price),
        "address": hands.address,
        "parent": work.parent.video if work.parent and remote else None,
        "wall": hands.clock.now(),
        "offset": hands.clock_offset,
        **({"engine": drawn_by} if drawn_by is not None else {}),
    }


def _wait(hands: Hands, work: Work, state: RetryCallState) -> float:
    if state.attempt_number == 1 and state.outcome is not None:
        why = f"{state.outcome.exception()}; trying for {CONNECTING:.0f} s"
        hands.session.tell("unreached", take=work.name, why=why)
    return hands.backoff(state.attempt_number)


def _unsent(error: BaseException) -> bool:
    return isinstance(error, APIError) and error.spent == "not_sent"


def _intended(hands: Hands, name: dict[str, str]) -> bool:
    return hands.session.take(name["fp"]).render == name["render"]


def _sleeper(hands: Hands) -> Callable[[float], Awaitable[None]]:
    async def sleep(seconds: float) -> None:
        await hands.clock.sleep(seconds)
        hands.check()

    return sleep


async def _settle(
    hands: Hands, work: Work, name: dict[str, str], error: APIError, sent_at: float
) -> None:
    """Record what became of the request, and tell the run what follows from it."""
    if not _intended(hands, name):
        hands.unreachable = str(error)
        raise GiveUp(hands.unreachable) from error
    if error.spent == "not_sent":
        await hands.session.record("not-sent", **name, why=str(error))
        hands.gate.close(_PAUSE)
    elif error.spent == "throttled":
        await _throttled(hands, name, error, sent_at)
    elif error.spent == "rejected":
        await _rejected(hands, work, name, error)
    else:
        await hands.session.record("ambiguous", **name, why=str(error))


async def _rejected(hands: Hands, work: Work, name: dict[str, str], error: APIError) -> None:
    status = error.status if isinstance(error, APIStatusError) else None
    why = str(error)
    if status in NO_ROUTE and work.request.operation != "create":
        why += _way_out(work.request.operation)
    await hands.session.record("rejected", **name, why=why, status=status)
    if status in REFUSED:
        hands.refused = str(error)
        raise Refused(hands.refused) from error


def _way_out(operation: str) -> str:
    """What helps where that operation may not be there at all."""
    hint = f"; does this server have {operation}? 'sorapipe providers check' tells: choose its"
    fallback = " --profile, and the shot's fallback is taken where the profile lacks it"
    return hint + (fallback if operation == "remix" else " --profile")


async def _throttled(hands: Hands, name: dict[str, Any], error: APIError, sent_at: float) -> None:
    cap = hands.provider.limits.backoff_cap
    asked = bounded(error.retry_after if isinstance(error, RateLimitError) else None, cap=cap)
    await hands.session.record("throttled", **name, why=str(error), retry_after=asked)
    if isinstance(error, APIStatusError) and error.code in QUOTA:
        hands.refused = str(error)
        raise Refused(hands.refused) from error
    hands.gate.refused(sent_at, named=bool(asked))
    if hands.gate.in_a_row > THROTTLES:
        hands.unreachable = str(error)
        raise GiveUp(hands.unreachable) from error
    # A server that goes on to refuse after the time that it named is left alone for longer.
    hands.gate.close(max(asked or 0.0, hands.backoff(max(hands.gate.in_a_row, 1))))
