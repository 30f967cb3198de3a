"""Buying a render: connect, intent, one POST, id. The only place that spends money.

The order is the guarantee. The intent is durable before the first byte leaves; the id is durable
before anything else is done with the answer; what is ambiguous is never sent again from here.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay

from sorapipe.core.backoff import bounded, delay
from sorapipe.core.price import as_number, told
from sorapipe.core.request import seed_for
from sorapipe.errors import StorageError
from sorapipe.files import write_atomically
from sorapipe.run.hands import GiveUp, Hands, Refused, Unaffordable
from sorapipe.run.work import Work, picture
from sorapipe.videos.errors import APIError, APIStatusError, RateLimitError
from sorapipe.videos.model import Video
from sorapipe.videos.wire import FileId, Image

CONNECTING = 60.0  # seconds in all that reaching a server is tried (design, section 6)
THROTTLES = 30  # refusals in a row, without one acceptance between, after which a run gives up


async def create(hands: Hands, work: Work) -> None:
    """Send the request once; leave the take accepted, rejected, ambiguous or wanted again.

    Raises:
        GiveUp: nothing more can be sent for it in this run.
        StorageError: an event could not be made durable; the run must stop.
    """
    image = await picture(work, hands.folder, hands.shelf)
    async with hands.mutexes[work.observable]:
        _hold_twins(hands, work)
        await hands.gate()
        hands.stop.check()
        if hands.refused:
            raise Refused(hands.refused)
        if hands.unreachable:
            raise GiveUp(hands.unreachable)
        if not hands.budget.reserve(work.name, work.price, hands.session.tally.committed):
            raise Unaffordable(f"{told(work.price)} more would pass the budget")
        try:
            await _attempt(hands, work, image)
        finally:
            work.posting = False
            hands.budget.release(work.name)


def _hold_twins(hands: Hands, work: Work) -> None:
    """Send nothing that a list could not tell from a render whose fate nobody knows."""
    for other in hands.session.tally.unknown:
        request = other.intent.get("request", {})
        if (
            work.request
            and request == work.request.as_data()
            and other.fingerprint != work.fingerprint
        ):
            raise GiveUp(
                f"{other.name} asks for the same and its payment is unknown; settle that first"
            )


async def _attempt(hands: Hands, work: Work, image: bytes | None) -> None:
    render = uuid.uuid4().hex

    async def intend() -> None:
        hands.stop.check()
        work.posting = True  # from here on a stop waits for the answer
        await hands.session.record(
            "intent", fp=work.fingerprint, take=work.name, **_intent(hands, work, render)
        )
        hands.budget.release(work.name)

    again = AsyncRetrying(
        retry=retry_if_exception(
            lambda error: _unsent(error) and not _intended(hands, work, render)
        ),
        stop=stop_after_delay(CONNECTING),
        wait=lambda state: delay(state.attempt_number, hands.chance.random(), cap=10.0),
        sleep=_sleeper(hands),
        reraise=True,
    )
    try:
        video: Video = await again(send, hands, work, image, render, intend)
    except APIError as error:
        await _settle(hands, work, render, error)
    else:
        hands.throttles = 0
        await accept(hands, work, render, video, "accepted")


async def send(
    hands: Hands,
    work: Work,
    image: bytes | None,
    render: str,
    before: Callable[[], Awaitable[None]] | None,
) -> Video:
    """One request on the wire, whatever the operation."""
    wanted, client = work.request, hands.client
    assert wanted is not None
    seed = seed_for(wanted, work.number) if hands.provider.profile.seed else None
    common: dict[str, Any] = {
        "prompt": wanted.prompt,
        "seed": seed,
        "extra": wanted.extra,
        "idempotency_key": render,
        "before_send": before,
    }
    if wanted.operation == "create":
        reference = FileId(wanted.file_id) if wanted.file_id else _image(image)
        return await client.create(
            model=wanted.model,
            seconds=wanted.seconds,
            size=wanted.size,
            reference=reference,
            **common,
        )
    assert work.parent is not None
    assert work.parent.video is not None
    if wanted.operation == "extend":
        return await client.extend(work.parent.video, seconds=wanted.seconds, **common)
    derive = client.remix if wanted.operation == "remix" else client.edit
    return await derive(work.parent.video, **common)


def _image(data: bytes | None) -> Image | None:
    if data is None:
        return None
    kind = "png" if data.startswith(b"\x89PNG") else "webp" if data.startswith(b"RIFF") else "jpeg"
    return Image(f"reference.{kind}", f"image/{kind}", data)


async def accept(
    hands: Hands, work: Work, render: str, video: Video, event: str, **fields: object
) -> None:
    """Make the id durable: in the ledger, or, where the disk refuses, beside it and on stderr."""
    try:
        await hands.session.record(
            event,
            fp=work.fingerprint,
            take=work.name,
            render=render,
            video=video.id,
            expires_at=video.expires_at,
            **fields,
        )
    except StorageError:
        _save_elsewhere(hands, work, video)
        raise
    hands.claims.claim(hands.address, video.id, hands.out)


def _intent(hands: Hands, work: Work, render: str) -> dict[str, object]:
    request = work.request
    assert request is not None
    return {
        "render": render,
        "price": as_number(work.price),
        "provider": hands.provider.name,
        "address": hands.address,
        "number": work.number,
        "request": request.as_data(),
        "source": work.source.as_data() if work.source else None,
        "parent": work.parent.video if work.parent and request.operation != "create" else None,
        "wall": hands.clock.now(),
    }


def _unsent(error: BaseException) -> bool:
    return isinstance(error, APIError) and error.spent == "not_sent"


def _intended(hands: Hands, work: Work, render: str) -> bool:
    return hands.session.take(work.fingerprint).render == render


def _sleeper(hands: Hands) -> Callable[[float], Awaitable[None]]:
    async def sleep(seconds: float) -> None:
        await hands.clock.sleep(seconds)
        hands.stop.check()

    return sleep


async def _settle(hands: Hands, work: Work, render: str, error: APIError) -> None:
    """Record what became of the request, and tell the run what follows from it."""
    if not _intended(hands, work, render):
        hands.unreachable = str(error)
        raise GiveUp(hands.unreachable) from error
    record, name = (
        hands.session.record,
        {"fp": work.fingerprint, "take": work.name, "render": render},
    )
    if error.spent == "not_sent":
        await record("not-sent", **name, why=str(error))
    elif error.spent == "throttled":
        await _throttled(hands, name, error)
    elif error.spent == "rejected":
        await record("rejected", **name, why=str(error), status=getattr(error, "status", None))
        if isinstance(error, APIStatusError) and error.status in (401, 402, 403):
            hands.refused = str(error)
            raise Refused(hands.refused) from error
    else:
        await record("ambiguous", **name, why=str(error))


async def _throttled(hands: Hands, name: dict[str, str], error: APIError) -> None:
    cap = hands.provider.limits.backoff_cap
    asked = bounded(error.retry_after if isinstance(error, RateLimitError) else None, cap=cap)
    await hands.session.record("throttled", **name, why=str(error), retry_after=asked)
    hands.throttles += 1
    if isinstance(error, APIStatusError) and error.code in (
        "insufficient_quota",
        "billing_hard_limit_reached",
    ):
        hands.refused = str(error)
        raise Refused(hands.refused) from error
    if hands.throttles > THROTTLES:
        hands.unreachable = str(error)
        raise GiveUp(hands.unreachable) from error
    hands.close_gate(
        asked if asked is not None else delay(hands.throttles, hands.chance.random(), cap=cap)
    )


def _save_elsewhere(hands: Hands, work: Work, video: Video) -> None:
    """The disk refused a paid id: tell it to people, and try a second file."""
    line = (
        f"{work.name} was accepted as {video.id} by {hands.address}; fingerprint {work.fingerprint}"
    )
    sys.stderr.write(f"sorapipe: {line}\n")
    sys.stderr.flush()
    spare = hands.claims.root.parent / "rescued" / f"{video.id.replace('/', '_')[:120]}.txt"
    try:
        write_atomically(spare, (line + "\n").encode())
    except StorageError as error:
        sys.stderr.write(f"sorapipe: {error}\n")
