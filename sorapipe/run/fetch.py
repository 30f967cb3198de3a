"""Bringing a finished video home: streamed, hashed and checked as it passes, never half kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from math import inf
from typing import Any

from sorapipe.config_file import Limits
from sorapipe.core.price import as_number
from sorapipe.core.take import Take
from sorapipe.run.connect import engine
from sorapipe.run.hands import REFUSED, GiveUp, Hands, Refused
from sorapipe.run.look import retrieve
from sorapipe.run.work import Work
from sorapipe.store import Kept, Store
from sorapipe.videos.boxes import Boxes, BrokenVideo
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.errors import APIError, APIStatusError, NotFoundError
from sorapipe.videos.model import Video
from sorapipe.videos.patience import Patience


async def fetch(hands: Hands, work: Work) -> None:
    """Leave the take kept, or lost where the server says that it is gone.

    Raises:
        GiveUp: it could not be fetched in this run; the render is never repeated for that.
        StorageError: this machine could not keep it.
    """
    take = hands.session.take(work.fingerprint)
    name = {"fp": work.fingerprint, "take": take.name}
    if await _fetched_before(hands, work, take):
        return
    if take.video is None:
        await hands.session.record("lost", **name, why="the server's id for it is not known")
        return
    async with hands.fetches.turn(inf if take.expires_at is None else take.expires_at):
        try:
            got = await _bytes(hands, work, take, take.video)
        except APIStatusError as error:
            if not hands.foreign(take) and await _gone(hands, error, take):
                why = f"gone from the server before it was fetched: {error.what}"
                await hands.session.record("lost", **name, why=why)
                return
            raise GiveUp(str(error)) from error
        except (APIError, BrokenVideo) as error:
            raise GiveUp(str(error)) from error
    await keep(hands, work, *got)


async def keep(hands: Hands, work: Work, kept: Kept, boxes: Boxes) -> None:
    """Name the bytes in the store by their fingerprint, and record the take as kept."""
    take = hands.session.take(work.fingerprint)
    facts: dict[str, Any] = {
        "sha256": kept.sha256,
        "bytes": kept.bytes,
        "video": take.video,
        "seconds": boxes.seconds,
        "size": f"{boxes.width}x{boxes.height}",
        "expires_at": take.expires_at,
        "address": take.intent.get("address", hands.address),
    }
    more = {"provider": hands.provider.name, "price": as_number(take.held or take.spent)}
    if work.took is not None:
        facts["took"] = round(work.took, 3)
    drawn_by = take.intent.get("engine")
    if drawn_by is not None and drawn_by == engine(hands.provider):  # none came between the two
        facts["engine"] = drawn_by
    record = {**facts, **more, "request": take.intent.get("request")}
    await asyncio.to_thread(hands.store.name, work.fingerprint, record)
    await hands.session.record(
        "kept",
        fp=work.fingerprint,
        take=take.name,
        flags=_flags(take.intent, boxes),
        cost=as_number(take.held),
        **facts,
    )


def _flags(intent: Any, boxes: Boxes) -> list[str]:
    """What is not as asked: kept all the same, since it was paid for."""
    request = intent.get("request")
    if request is None:
        return []
    flags = []
    size = f"{boxes.width}x{boxes.height}"
    if size != request["size"]:
        flags.append(f"size {size}, asked {request['size']}")
    if (
        request["operation"] == "create"
        and boxes.seconds
        and abs(boxes.seconds - request["seconds"]) > 0.25
    ):
        flags.append(f"{boxes.seconds:.2f} s, asked {request['seconds']:g}")
    return flags


async def patiently(
    hands: Hands,
    attempt: Callable[[Patience], Awaitable[tuple[Kept, Boxes]]],
    enough: Callable[[APIError | BrokenVideo], bool] = lambda _: False,
) -> tuple[Kept, Boxes]:
    """Attempt with one patience for all tries, those that go on where one broke too.

    `enough` is asked of each error whether it is the last. Raises what the last try raised.
    """
    first, longest = hands.provider.profile.min_poll_interval, hands.provider.limits.backoff_cap
    patience = Patience(lambda failed: hands.backoff(failed, first=first), longest=longest)
    while True:
        try:
            return await attempt(patience)
        except (APIError, BrokenVideo) as error:
            seconds = patience.after(error)
            if seconds is None or enough(error):
                raise
        await hands.clock.sleep(seconds)


async def _bytes(hands: Hands, work: Work, take: Take, video: str) -> tuple[Kept, Boxes]:
    def enough(error: APIError | BrokenVideo) -> bool:
        hands.resumed.done(work.fingerprint)  # or has failed once
        return _expired(hands, error, take)

    return await patiently(hands, lambda patience: _download(hands, work, video, patience), enough)


async def _download(hands: Hands, work: Work, video: str, patience: Patience) -> tuple[Kept, Boxes]:
    if work.rendered is None:  # where its bytes lie may be a signed address, and is not kept
        work.rendered = await _look(hands, video)
    try:
        limits = hands.provider.limits
        return await download(hands.client, work.rendered, hands.store, limits, patience)
    except APIStatusError:
        work.rendered = None  # a signed address may have run out: ask for a new one
        raise


async def _look(hands: Hands, video: str) -> Video:
    try:
        return await hands.client.retrieve(video)
    except APIStatusError as error:
        if error.status in REFUSED:
            raise Refused(str(error)) from error
        raise


async def _fetched_before(hands: Hands, work: Work, take: Take) -> bool:
    """Take the bytes from the store, if an earlier run got as far as naming them there."""
    record = hands.store.record(work.fingerprint)
    if record is None or record.get("video") != take.video:
        return False  # or of another render: this one is still to be fetched
    if not await asyncio.to_thread(hands.store.verify, record.get("sha256", "")):
        return False
    known = ("sha256", "bytes", "video", "seconds", "size", "expires_at", "address", "engine")
    facts = {key: record[key] for key in known if key in record}
    cost = as_number(take.held)
    name = {"fp": work.fingerprint, "take": take.name}
    await hands.session.record("kept", **name, flags=[], cost=cost, **facts)
    return True


async def download(
    client: AsyncVideos, video: Video, store: Store, limits: Limits, patience: Patience
) -> tuple[Kept, Boxes]:
    """Stream a finished video into the store, hashing and checking it as it passes.

    Raises:
        APIError: the server or the network failed.
        BrokenVideo: what came is not a whole MP4.
        StorageError: the store could not take it.
    """
    content = client.download_content(video)
    with store.incoming(max_bytes=limits.max_video_bytes) as incoming:
        async with aclosing(content.chunks(patience)) as chunks:
            async for chunk in chunks:
                incoming.write(chunk)
        assert content.boxes is not None
        return await asyncio.to_thread(incoming.finish), content.boxes


def _expired(hands: Hands, error: APIError | BrokenVideo, take: Take) -> bool:
    """Whether it is refused for good: not there, and past the time that the server gave it."""
    if not isinstance(error, APIStatusError) or not _is_missing(error):
        return False
    return _over(hands, error.server_date, take)


def _is_missing(error: APIStatusError) -> bool:
    return isinstance(error, NotFoundError) or error.status == 410


async def _gone(hands: Hands, error: APIStatusError, take: Take) -> bool:
    """Whether a refused download means that the video is there no more, not just not now."""
    if not _is_missing(error) or take.video is None:
        return False
    if error.status == 410:
        return True
    try:
        video = await retrieve(
            hands, {"fp": take.fingerprint, "take": take.name, "video": take.video}
        )
    except NotFoundError:
        return True
    if video.status != "completed":
        return video.status == "failed"  # that it goes on again is the word of one that lags
    return _over(hands, video.server_date, take)


def _over(hands: Hands, told: float | None, take: Take) -> bool:
    """Whether the time has come that the server gave it, by the server's own clock if it tells."""
    now = hands.server_time(told)
    return take.expires_at is not None and now is not None and now >= take.expires_at
