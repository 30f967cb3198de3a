"""Waiting for a render: looks at a pace that suits its server, and through what passes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import isawaitable
from math import inf
from typing import TYPE_CHECKING

from sorapipe.clock import Clock
from sorapipe.errors import UsageError
from sorapipe.videos.errors import (
    APIError,
    APIStatusError,
    passing,
    render_failed,
    render_late,
)
from sorapipe.videos.model import Video
from sorapipe.videos.profile import Profile

if TYPE_CHECKING:
    from tenacity import RetryCallState

WAIT_TIMEOUT = 3600.0  # seconds for a render, unless said; content is gone after an hour at some
AWAY = 300.0  # seconds for which one look is tried again
LONGEST_PAUSE = 60.0  # seconds; what a server asks for beyond is not obeyed

Look = Callable[[float], Awaitable[Video]]  # it is told how many seconds it has


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between two looks (`interval`, or from `floor` to `cap`), and `timeout` in all."""

    timeout: float
    floor: float
    cap: float
    interval: float | None = None

    def pause(self, video: Video, elapsed: float) -> float:
        """Seconds until the next look: as was said, as the server asks, or an eighth of the wait.

        An eighth is never late by more than that, while doubling idles longest at the very end.
        """
        if self.interval is not None:
            return self.interval
        if video.poll_after is not None:
            return max(min(video.poll_after, LONGEST_PAUSE), self.floor)
        return min(max(elapsed / 8, self.floor), self.cap)


def pace(profile: Profile, timeout: float | None, interval: float | None) -> Pace:
    """The pace for that profile's server; without a timeout it waits for ever.

    Raises UsageError for numbers below nothing, and for looks without a pause.
    """
    if timeout is not None and not timeout >= 0:
        raise UsageError("timeout", f"{timeout} is not possible", "seconds, or None for ever")
    if interval is not None and not interval > 0:
        raise UsageError("poll_interval", f"{interval} is not possible", "seconds above 0")
    return Pace(
        timeout=inf if timeout is None else timeout,
        floor=profile.min_poll_interval,
        cap=profile.max_poll_interval,
        interval=interval,
    )


async def watch(video: Video, look: Look, pace: Pace, clock: Clock) -> AsyncGenerator[Video, None]:
    """The video whenever its status or its progress is another one, until it has its end.

    The first is what was told already. Raises what `look` raises and does not pass, and
    GenerationTimeout.
    """
    begun, seen = clock.monotonic(), None
    if video.word:  # of an answer, and not only an id
        seen = video.word, video.progress
        yield video
    while not video.ended:
        left = pace.timeout - (clock.monotonic() - begun)
        try:
            video = await _patiently(look, max(left, 1.0), clock)
        except APIError as error:
            error.video = video
            if passing(error) and clock.monotonic() - begun >= pace.timeout:
                raise render_late(video, pace.timeout) from error
            raise
        if (video.word, video.progress) != seen:
            seen = video.word, video.progress
            yield video
        elapsed = clock.monotonic() - begun
        if video.ended:
            return
        if elapsed >= pace.timeout:
            raise render_late(video, elapsed)
        await clock.sleep(min(pace.pause(video, elapsed), pace.timeout - elapsed))


async def tell(listener: Callable[..., object] | None, *facts: object) -> None:
    """Call the listener, if there is one, and await it where it is a coroutine function."""
    told = None if listener is None else listener(*facts)
    if isawaitable(told):
        await told


def ended(video: Video) -> Video:
    """The video, completed. Raises GenerationFailed or ModerationBlocked where it failed."""
    if video.status == "failed":
        raise render_failed(video)
    return video


@contextmanager
def accepted(video: Video) -> Iterator[None]:
    """Within, an error has the id of what was accepted, and never says that nothing was sent.

    Every other exception, Ctrl-C too, has the id in a note.
    """
    try:
        yield
    except APIError as error:
        error.video = error.video or video
        error.spent = "ambiguous"
        raise
    except BaseException as error:
        error.add_note(f"video '{video.id}' was accepted, and goes on")
        raise


async def _patiently(look: Look, left: float, clock: Clock) -> Video:
    """One look, repeated through what passes, for as long as there is time."""
    from tenacity import AsyncRetrying, retry_if_exception, wait_random_exponential

    begun, backoff = clock.monotonic(), wait_random_exponential(multiplier=0.5, max=30)
    until = min(left, AWAY)

    def passed() -> float:
        return clock.monotonic() - begun

    def pause(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, APIStatusError) else None
        return min(max(backoff(state), min(asked or 0.0, LONGEST_PAUSE)), max(until - passed(), 0))

    async def once() -> Video:
        return await look(max(left - passed(), 1.0))

    again = AsyncRetrying(
        retry=retry_if_exception(passing),
        stop=lambda _: passed() >= until,
        wait=pause,
        sleep=clock.sleep,
        reraise=True,
    )
    return await again(once)
