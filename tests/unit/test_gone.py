"""When a video that cannot be fetched counts as gone: by the server's word and its own clock."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from sorapipe.core.take import Take
from sorapipe.run import fetch
from sorapipe.run.hands import Hands
from sorapipe.videos.errors import APIStatusError, NotFoundError, status_error
from sorapipe.videos.model import Video

NOW, HOUR, YEAR = 1_800_000_000.0, 3600.0, 31_536_000.0


def refused(status: int, date: float | None = None) -> APIStatusError:
    """A download that was refused so."""
    error = status_error("GET /videos/v/content", status, "no", spends=False)
    error.server_date = date
    return error


def gone(
    error: APIStatusError, told: Video | None, *, set_by: float = 0.0, passed: float = 2 * HOUR
) -> bool:
    """Whether a video that expires an hour from now counts as gone after that time.

    `told` is what the server says of it (None: it does not know it), `set_by` how far our wall
    clock was set meanwhile.
    """
    hands: Any = SimpleNamespace(
        born=(NOW, 50.0),
        clock=SimpleNamespace(now=lambda: NOW + passed + set_by, monotonic=lambda: 50.0 + passed),
    )
    hands.server_time = lambda date: Hands.server_time(hands, date)

    async def retrieve(*_: object) -> Video:
        if told is None:
            raise NotFoundError("GET /videos/v", "404")
        return told

    take = Take(fingerprint="f", video="v", expires_at=NOW + HOUR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "retrieve", retrieve)
        return asyncio.run(fetch._gone(hands, error, take))


def there(status: str, date: float | None = None) -> Video:
    """What the server says of it."""
    return Video(id="v", status=status, server_date=date)  # type: ignore[arg-type]  # one of four


@pytest.mark.parametrize(
    ("told", "is_gone"),
    [
        (None, True),
        (there("failed"), True),  # expired, deleted
        (there("completed", NOW + 2 * HOUR), True),
        (there("completed", NOW + 60), False),  # not yet, by its own clock
        (there("completed"), True),  # ours tells, where it does not
        (there("in_progress", NOW + 2 * HOUR), False),  # the word of one that lags
        (there("queued"), False),
    ],
)
def test_only_the_server_says_that_a_video_is_gone(told: Video | None, is_gone: bool) -> None:
    """A refused download alone does not, nor does a look that is behind."""
    assert gone(refused(404), told) is is_gone


@pytest.mark.parametrize("status", [403, 409, 425, 429, 500, 503])
def test_other_refusals_say_nothing(status: int) -> None:
    """It may be had later."""
    assert not gone(refused(status), None)


def test_gone_is_gone() -> None:
    """A server that says 410 knows."""
    assert gone(refused(410), there("completed"))


@pytest.mark.parametrize("set_by", [YEAR, -YEAR, 60.0])
def test_a_wall_clock_that_was_set_tells_nothing(set_by: float) -> None:
    """Where the server has no date, nothing counts as expired by a clock that jumped."""
    assert not gone(refused(404), there("completed"), set_by=set_by)
    assert not gone(refused(404), there("completed"), set_by=set_by, passed=60.0)
    assert gone(refused(404), there("completed", NOW + 2 * HOUR), set_by=set_by)
