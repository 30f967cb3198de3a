"""When a server that does not know an id any more is believed."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from sorapipe.config_file import Limits
from sorapipe.run.watch import MISSES, retrieve
from sorapipe.videos.errors import APIError, APITimeoutError, NotFoundError, status_error
from sorapipe.videos.model import Video

WHERE = "GET /videos/video_1"


class Clock:
    """A clock that moves on only while somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        self.time += seconds


def looked(*answers: APIError | None) -> Video:
    """What comes of looks that are answered so, one after the other; None is a video."""
    clock, left = Clock(), list(answers)

    async def answer(video: str) -> Video:
        one = left.pop(0)
        if isinstance(one, APITimeoutError):
            clock.time += 120.0
        if one is not None:
            raise one
        return Video(id=video)

    hands: Any = SimpleNamespace(
        clock=clock,
        provider=SimpleNamespace(limits=Limits()),
        address="https://example.com/v1",
        client=SimpleNamespace(retrieve=answer),
        session=SimpleNamespace(tell=lambda name, **fields: None),
        backoff=lambda attempt: 30.0,
    )
    return asyncio.run(retrieve(hands, {"take": "dawn@1", "fp": "f", "video": "video_1"}))


def not_found() -> APIError:
    """The server does not know it."""
    return status_error(WHERE, 404, "no such video", spends=False)


def timeout() -> APIError:
    """Two minutes without an answer."""
    return APITimeoutError(WHERE, "no whole answer in time", spent="not_sent")


def test_one_miss_after_trouble_is_not_the_end() -> None:
    """Looks that failed otherwise do not make a single 404 into a lost render."""
    assert looked(*(timeout() for _ in range(MISSES)), not_found(), None).id == "video_1"


def test_misses_time_after_time_are_the_end() -> None:
    """What was not known in all of some looks, for as long as settling takes, is lost."""
    with pytest.raises(NotFoundError):
        looked(*(not_found() for _ in range(MISSES)))


def test_misses_count_only_in_a_row() -> None:
    """Any other answer in between begins the count again."""
    few = MISSES - 1
    answers = (*(not_found() for _ in range(few)), timeout(), *(not_found() for _ in range(few)))
    assert looked(*answers, None).id == "video_1"
