"""Watching a render until it has come to its end on the server. Nothing here can spend."""

from __future__ import annotations

from typing import Any

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from sorapipe.core.backoff import bounded, next_poll
from sorapipe.core.price import as_number
from sorapipe.run.hands import CONNECTING, GiveUp, Hands, Refused
from sorapipe.run.shelf import STUDIO
from sorapipe.run.work import Work
from sorapipe.videos.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    NotFoundError,
    RateLimitError,
)
from sorapipe.videos.model import Video, epoch

QUIET_TRIES = 3  # failed looks in a row before anybody is told
MISSES = 5  # looks in which a server may not know an id before it counts as lost


async def watch(hands: Hands, work: Work) -> None:
    """Poll until the take is rendered, failed or lost.

    Raises:
        GiveUp: nothing changed for too long, or the server stays away; a later run goes on.
        Stopping: the run is being stopped.
    """
    take = hands.session.take(work.fingerprint)
    assert take.video is not None
    name = {"fp": work.fingerprint, "take": work.name, "video": take.video}
    begun = changed = hands.clock.monotonic()
    seen: tuple[str, float | None] | None = None
    while True:
        try:
            video = await retrieve(hands, name)
        except NotFoundError as error:
            if hands.foreign(take):
                there = take.intent["address"]
                raise GiveUp(f"{take.video} is unknown here; {there} accepted it") from error
            if hands.store.record(work.fingerprint) is not None:  # fetched before; see `fetch`
                await hands.session.record("rendered", **name)
                return
            why = f"the server does not know it any more: {error.what}"
            await hands.session.record("lost", **name, why=why)
            return
        if await _ended(hands, name, video):
            work.rendered = video
            return
        if (trouble := hands.trouble()) is not None:
            raise trouble
        state, now = (video.status, video.progress), hands.clock.monotonic()
        if state != seen:
            if video.status == "in_progress" and (seen is None or seen[0] != "in_progress"):
                await hands.session.record("started", **name)
            hands.session.tell("progress", **name, progress=video.progress, status=video.status)
            seen, changed = state, now
        elif now - changed > hands.provider.limits.render_timeout:
            raise GiveUp(
                f"no change in {video.id} for {now - changed:.0f} s; run again to go on waiting"
            )
        await hands.clock.sleep(_pause(hands, video, now - begun))


def _pause(hands: Hands, video: Video, elapsed: float) -> float:
    limits, profile = hands.provider.limits, hands.provider.profile
    if limits.poll_interval is not None:
        return limits.poll_interval
    asked = bounded(video.poll_after, cap=limits.backoff_cap)
    if asked is not None:
        return max(asked, profile.min_poll_interval)
    return next_poll(
        elapsed, video.progress, floor=profile.min_poll_interval, cap=profile.max_poll_interval
    )


async def _ended(hands: Hands, name: dict[str, Any], video: Video) -> bool:
    """Record the end of the render if the answer says so."""
    if video.status == "completed":
        expires = epoch(video.expires_at)
        cost = {} if video.cost is None else {"told_cost": as_number(video.cost)}
        await hands.session.record("rendered", **name, expires_at=expires, **cost)
        return True
    if video.status == "failed":
        code, why = (video.error.code, video.error.message) if video.error else (None, video.word)
        free = {"cost": 0.0} if hands.provider.profile.failures_free else {}
        await hands.session.record("failed", **name, why=why, code=code, **free)
        return True
    return False


async def retrieve(hands: Hands, name: dict[str, Any]) -> Video:
    """One look, repeated through what passes: 5xx, resets, 429, and 404s of forgetful balancers.

    Raises:
        NotFoundError: it was not known time after time.
        GiveUp: the server stays away; Refused where it refuses our credentials.
    """
    begun, limits = hands.clock.monotonic(), hands.provider.limits
    # In process nothing stands between us and the studio: what it does not know is not there.
    patience = 0.0 if hands.address == STUDIO else limits.settle_timeout
    misses: list[float] = []  # when it was not known, since it was last answered otherwise

    def enough(state: RetryCallState) -> bool:
        error, now = _error(state), hands.clock.monotonic()
        passed = now - begun
        if isinstance(error, NotFoundError):
            misses.append(now)
            return now - misses[0] >= patience and (len(misses) >= MISSES or not patience)
        misses.clear()
        if isinstance(error, APIStatusError) and error.status in (401, 402, 403):
            return True
        away = isinstance(error, APIConnectionError) and not isinstance(error, APITimeoutError)
        return passed >= (CONNECTING if away else limits.render_timeout)

    def pause(state: RetryCallState) -> float:
        error = _error(state)
        asked = error.retry_after if isinstance(error, RateLimitError) else None
        told = bounded(asked, cap=limits.backoff_cap)
        if state.attempt_number == QUIET_TRIES:
            hands.session.tell("unreached", **name, why=f"{error}; going on to ask")
        return max(told or 0.0, hands.backoff(state.attempt_number))

    again = AsyncRetrying(
        retry=retry_if_exception(lambda error: isinstance(error, APIError)),
        stop=enough,
        wait=pause,
        sleep=hands.clock.sleep,
        reraise=True,
    )
    try:
        return await again(hands.client.retrieve, name["video"])
    except NotFoundError:
        raise
    except APIError as error:
        if isinstance(error, APIStatusError) and error.status in (401, 402, 403):
            raise Refused(str(error)) from error
        raise GiveUp(str(error)) from error


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
