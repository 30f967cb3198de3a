"""What the watch of a render makes of silence, lies, forgetful servers and clocks that jump."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from sorapipe.config_file import Limits
from sorapipe.core.pace import Past
from sorapipe.core.take import Take
from sorapipe.run.hands import GiveUp
from sorapipe.run.look import MISSES, retrieve
from sorapipe.run.lookout import Lookout
from sorapipe.run.resumed import Resumed
from sorapipe.run.watch import watch
from sorapipe.videos.errors import APIConnectionError, APIError, APITimeoutError, status_error
from sorapipe.videos.model import Video, video_of

WHERE = "GET /videos/video_1"
HOUR, YEAR = 3600.0, 31_536_000.0
Answer = APIError | Video


class Clock:
    """A clock that moves on only while somebody sleeps.

    `naps` are what a sleep takes beyond what was asked, by its number; `steps` are what the wall
    clock is set forward by then.
    """

    def __init__(self) -> None:
        self.time = self.wall = 0.0
        self.naps: dict[int, float] = {}
        self.steps: dict[int, float] = {}
        self.slept = 0

    def monotonic(self) -> float:
        """Seconds."""
        return self.time

    def now(self) -> float:
        """Seconds by the wall clock."""
        return 1_800_000_000.0 + self.time + self.wall

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        self.slept += 1
        self.time += seconds + self.naps.get(self.slept, 0.0)
        self.wall += self.steps.get(self.slept, 0.0)


class Run:
    """A watch of one render whose looks are answered by `answer`, from a look's number."""

    def __init__(self, answer: Callable[[int], Answer], **limits: float) -> None:
        self.clock, self.looks = Clock(), 0
        self.events: dict[str, dict[str, Any]] = {}
        self.answer = answer
        profile = SimpleNamespace(
            min_poll_interval=2.0,
            max_poll_interval=20.0,
            failures_free=False,
            retention=None,
            result_urls=(),
        )
        wall = self.clock.now()
        take = Take(fingerprint="f", video="video_1", intent={"wall": wall, "request": {}})
        self.hands: Any = SimpleNamespace(
            clock=self.clock,
            provider=SimpleNamespace(limits=Limits(**limits), profile=profile),  # type: ignore[arg-type]  # seconds
            address="https://example.com/v1",
            client=SimpleNamespace(retrieve=self._retrieve),
            session=SimpleNamespace(
                take=lambda fingerprint: take, tell=lambda name, **fields: None, record=self._record
            ),
            store=SimpleNamespace(record=lambda fingerprint: None),
            backoff=lambda attempt: 5.0,
            foreign=lambda take: False,
            trouble=lambda: None,
            past=Past(),
            resumed=Resumed(),
            lookout=Lookout(self.clock, None, lambda watched, pages: 2.0),
        )

    async def _retrieve(self, video: str) -> Video:
        self.looks += 1
        answer = self.answer(self.looks)
        if isinstance(answer, APITimeoutError):
            self.clock.time += 120.0
        if isinstance(answer, APIError):
            raise answer
        return answer

    async def _record(self, name: str, **fields: Any) -> None:
        self.events[name] = fields

    def watch(self) -> dict[str, dict[str, Any]]:
        """What is recorded until it ends."""
        work: Any = SimpleNamespace(fingerprint="f", name="dawn@1", rendered=None, took=None)
        asyncio.run(watch(self.hands, work))
        return self.events


def told(word: str, progress: float | None = None) -> Video:
    """The render, in that word of the server."""
    return video_of({"status": word, "progress": progress}, "video_1")


def after(looks: int, before: Answer) -> Callable[[int], Answer]:
    """The same answer for so many looks, then it is completed."""
    return lambda number: before if number <= looks else told("completed")


def looked(*answers: APIError | None) -> Video:
    """What comes of one look, tried again, that is answered so; None is a video."""
    left = list(answers)
    run = Run(lambda number: left.pop(0) or Video(id="video_1"))
    run.hands.backoff = lambda attempt: 30.0
    return asyncio.run(retrieve(run.hands, {"take": "dawn@1", "fp": "f", "video": "video_1"}))


def not_found() -> APIError:
    """The server does not know it."""
    return status_error(WHERE, 404, "no such video", spends=False)


def timeout() -> APIError:
    """Two minutes without an answer."""
    return APITimeoutError(WHERE, "no whole answer in time", spent="not_sent")


def away() -> APIError:
    """There is no way to the server."""
    return APIConnectionError(WHERE, "connection refused", spent="not_sent")


def test_one_miss_after_trouble_is_not_the_end() -> None:
    """Looks that failed otherwise do not make a single 404 into a lost render."""
    assert looked(*(timeout() for _ in range(MISSES)), not_found(), None).id == "video_1"


def test_misses_time_after_time_are_the_end() -> None:
    """What was not known in all of some looks, for as long as settling takes, is lost."""
    run = Run(lambda number: not_found())
    assert "does not know it" in run.watch()["lost"]["why"]
    assert run.clock.time >= Limits().settle_timeout


def test_misses_count_only_in_a_row() -> None:
    """Any other answer in between begins the count again."""
    few = MISSES - 1
    answers = (*(not_found() for _ in range(few)), timeout(), *(not_found() for _ in range(few)))
    assert looked(*answers, None).id == "video_1"


def test_misses_on_both_sides_of_a_sleep_are_not_in_a_row() -> None:
    """A laptop that slept between them meets other servers, other networks, other pages."""
    run = Run(after(MISSES + 1, not_found()))
    run.clock.naps = {MISSES - 1: 8 * HOUR}
    assert set(run.watch()) == {"rendered"}


@pytest.mark.parametrize("still", [told("in_progress", 40.0), told("pondering"), told("queued")])
def test_a_render_that_does_not_move_is_left_to_a_later_run(still: Video) -> None:
    """After render-timeout without a change the watch ends, and nothing is recorded as its end."""
    run = Run(lambda number: still, render_timeout=600.0)
    with pytest.raises(GiveUp, match=rf"no change in video_1 for .*\(it says '{still.word}'"):
        run.watch()
    assert 600 < run.clock.time < 700
    assert set(run.events) <= {"started"}


def test_a_list_that_tells_otherwise_does_not_move_a_render() -> None:
    """That the list and its own answer differ, for ever, is no change of either."""
    run = Run(lambda number: told("in_progress", 40.0), render_timeout=600.0)
    listed = told("in_progress")  # many lists leave the progress out

    async def wait(video: str, seconds: float) -> tuple[Video | None, float]:
        await run.clock.sleep(seconds)
        return listed, seconds

    run.hands.lookout.wait = wait
    with pytest.raises(GiveUp, match="no change in video_1"):
        run.watch()
    assert 600 < run.clock.time < 1000
    assert run.events == {"started": run.events["started"]}


@pytest.mark.parametrize("nap", [40.0, HOUR, 8 * HOUR, YEAR])
@pytest.mark.parametrize("at", [1, 2, 5])
def test_a_machine_that_slept_waits_on(nap: float, at: int) -> None:
    """What was slept through is no time without a change, and the render is simply found."""
    run = Run(after(6, told("in_progress", 40.0)), render_timeout=600.0)
    run.clock.naps = {at: nap}
    assert set(run.watch()) == {"started", "rendered"}


def test_a_network_that_comes_back_after_a_sleep_is_waited_for() -> None:
    """An hour's sleep in the middle of a look that fails does not use up its patience."""
    run = Run(lambda number: away() if 1 < number <= 8 else after(9, told("queued"))(number))
    run.clock.naps = {3: HOUR}
    assert set(run.watch()) == {"rendered"}


def test_a_server_that_stays_away_is_left_to_a_later_run() -> None:
    """A minute without a connection ends the watch, and not the render."""
    run = Run(lambda number: away())
    with pytest.raises(GiveUp, match="connection refused"):
        run.watch()
    assert run.events == {}


@pytest.mark.parametrize("step", [YEAR, -YEAR, HOUR, -HOUR, 40.0])
@pytest.mark.parametrize("at", [1, 3])
def test_a_wall_clock_that_is_set_changes_nothing(step: float, at: int) -> None:
    """Forward or back, the render is watched as before."""
    run = Run(after(8, told("in_progress", 40.0)), render_timeout=600.0)
    run.clock.steps = {at: step}
    assert set(run.watch()) == {"started", "rendered"}
    assert run.clock.time < 600


def test_a_word_that_nobody_knows_means_that_it_goes_on() -> None:
    """The render is watched on, and its end is found."""
    assert set(Run(after(5, told("marinating"))).watch()) == {"started", "rendered"}


def test_the_servers_word_on_when_to_ask_is_obeyed_within_bounds() -> None:
    """Its seconds count above ours, the profile's floor and the owner's cap above both."""
    asked = iter((7.0, 0.01, 1e9))
    run = Run(
        lambda number: (
            Video(id="video_1", poll_after=next(asked)) if number < 4 else told("completed")
        )
    )
    waits: list[float] = []
    real = run.hands.lookout.wait

    async def wait(video: str, seconds: float) -> tuple[Video | None, float]:
        waits.append(seconds)
        return await real(video, seconds)  # type: ignore[no-any-return]

    run.hands.lookout.wait = wait
    run.watch()
    assert waits == [7.0, 2.0, 120.0]


def test_a_busy_server_is_asked_again_when_it_says() -> None:
    """Retry-After counts for 503 as for 429."""
    busy = status_error(WHERE, 503, "busy", spends=False)
    busy.retry_after = 44.0
    run = Run(after(1, busy))
    run.watch()
    assert run.clock.time == 44.0


def test_an_interval_of_ones_own_is_kept() -> None:
    """`poll-interval` stands above the server's word, what was learned and the profile's bounds."""
    run = Run(after(4, Video(id="video_1", poll_after=9.0)), poll_interval=0.5)
    run.watch()
    assert run.clock.time == 2.5


def test_a_failure_is_recorded_with_the_servers_words() -> None:
    """Failed is failed, with its reason."""
    raw = {"status": "failed", "error": {"code": "moderation_blocked", "message": "no"}}
    events = Run(lambda number: video_of(raw, "video_1")).watch()
    assert (events["failed"]["code"], events["failed"]["why"]) == ("moderation_blocked", "no")
