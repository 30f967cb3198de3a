"""Waiting for a render: politely, through what passes, and without ever losing its id."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sorapipe.errors import UsageError
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.errors import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    GenerationFailed,
    GenerationTimeout,
    InternalServerError,
    ModerationBlocked,
)
from sorapipe.videos.model import Video
from sorapipe.videos.sync import Videos
from tests.unit.clocks import Hand

URL = "https://api.example.com/v1"
Answer = httpx.Response | Exception


def told(status: str, progress: int | None = None, **more: Any) -> httpx.Response:
    """An answer about the one video of these tests."""
    headers = more.pop("headers", None)
    body = {"id": "video_1", "object": "video", "status": status, "progress": progress, **more}
    return httpx.Response(200, json=body, headers=headers)


class Server:
    """It gives one answer after the other, the last one for ever, and knows what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        if request.method == "POST":
            return told("queued", 0)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def _wait(server: Callable[..., Any], clock: Hand, scene: Any) -> Any:
    async def run() -> Any:
        transport = httpx.MockTransport(server)
        async with AsyncVideos(URL, profile="generic", transport=transport, clock=clock) as videos:
            return await scene(videos)

    return asyncio.run(run())


def test_every_change_is_told_once_and_the_end_is_given_back() -> None:
    """`on_progress` sees first what the create answered, then each other status or progress."""
    seen: list[tuple[str, float | None]] = []
    server = Server(told("queued", 0), told("in_progress", 0), told("in_progress", 50))
    server.answers += [told("in_progress", 50), told("completed", 100)]

    async def scene(videos: AsyncVideos) -> Video:
        return await videos.create_and_poll(
            prompt="a", on_progress=lambda video: seen.append((video.status, video.progress))
        )

    assert _wait(server, Hand(), scene).status == "completed"
    assert seen == [("queued", 0), ("in_progress", 0), ("in_progress", 50), ("completed", 100)]
    assert server.asked == ["POST /v1/videos"] + ["GET /v1/videos/video_1"] * 5


def test_a_callback_may_be_a_coroutine_function() -> None:
    """What it awaits is awaited, and what it raises ends the wait."""

    async def seen(video: Video) -> None:
        await asyncio.sleep(0)
        raise LookupError(video.id)

    with pytest.raises(LookupError, match="video_1"):
        _wait(Server(told("queued")), Hand(), lambda v: v.wait("video_1", on_progress=seen))


def test_what_is_completed_already_is_not_asked_for() -> None:
    """Waiting for a video that has come to its end costs no request."""
    server, done = Server(told("completed")), Video(id="v", status="completed", word="completed")
    assert _wait(server, Hand(), lambda videos: videos.wait(done)) is done
    assert server.asked == []


def test_pauses_grow_within_the_profiles_bounds() -> None:
    """The first looks are two seconds apart, later ones an eighth of the time that has passed."""
    clock = Hand()
    _wait(Server(*[told("queued")] * 40, told("completed")), clock, lambda v: v.wait("video_1"))
    assert clock.slept[:8] == [2.0] * 8
    assert clock.slept[8:] == sorted(clock.slept[8:])
    assert clock.slept[-1] == 20.0


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"openai-poll-after-ms": "7000"}, 7.0),
        ({"retry-after": "5"}, 5.0),
        ({"openai-poll-after-ms": "1"}, 2.0),
        ({"retry-after": "86400"}, 60.0),
    ],
    ids=["its own header", "retry-after", "too soon", "too late"],
)
def test_the_servers_own_word_counts_within_reason(headers: dict[str, str], pause: float) -> None:
    """Nobody is asked more often than the profile says, or left alone for a day."""
    clock = Hand()
    server = Server(told("queued", headers=headers), told("completed"))
    _wait(server, clock, lambda videos: videos.wait("video_1"))
    assert clock.slept == [pause]


def test_an_interval_that_was_said_is_kept() -> None:
    """`poll_interval` stands above the server's word and the profile's."""
    clock = Hand()
    server = Server(
        told("queued", headers={"retry-after": "30"}), told("queued"), told("completed")
    )
    _wait(server, clock, lambda videos: videos.wait("video_1", poll_interval=0.25))
    assert clock.slept == [0.25, 0.25]


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ConnectError("refused"),
        httpx.ReadError("reset"),
        httpx.ReadTimeout("slow"),
        httpx.Response(408),
        httpx.Response(429, headers={"retry-after": "3"}),
        httpx.Response(502, text="<html>bad gateway</html>"),
        httpx.Response(200, text="<html>log in to this network</html>"),
    ],
    ids=lambda fault: str(getattr(fault, "status_code", fault)),
)
def test_what_passes_is_waited_out(fault: Answer) -> None:
    """A look that goes wrong is repeated; the create before it is not."""
    server, clock = Server(fault, fault, told("completed")), Hand()
    video = _wait(server, clock, lambda videos: videos.create_and_poll(prompt="a"))
    assert video.status == "completed"
    assert server.asked.count("POST /v1/videos") == 1
    assert len(clock.slept) == 2
    if isinstance(fault, httpx.Response) and fault.status_code == 429:
        assert min(clock.slept) >= 3


def test_what_does_not_pass_ends_the_wait_and_keeps_the_id() -> None:
    """After an accepted create no error says that nothing was sent, and each one has the video."""
    for fault in (httpx.Response(401), httpx.Response(404)):
        server, clock = Server(fault), Hand()
        with pytest.raises(APIError) as caught:
            _wait(server, clock, lambda videos: videos.create_and_poll(prompt="a"))
        assert caught.value.video is not None
        assert (caught.value.video.id, caught.value.spent) == ("video_1", "ambiguous")
        assert clock.slept == []


def test_a_server_that_stays_away_is_given_up_after_five_minutes() -> None:
    """A wait without a timeout ends all the same where nobody answers."""
    clock = Hand()
    with pytest.raises(InternalServerError):
        _wait(Server(httpx.Response(503)), clock, lambda v: v.wait("video_1", timeout=None))
    assert 300 <= clock.time - 1000 < 340


def test_a_create_that_failed_is_not_repeated_and_not_waited_for() -> None:
    """Its error comes out as it is, with what it says about money."""

    def broken(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return httpx.Response(500)

    asked: list[str] = []
    with pytest.raises(InternalServerError) as caught:
        _wait(broken, Hand(), lambda videos: videos.create_and_poll(prompt="a"))
    assert (asked, caught.value.spent, caught.value.video) == (["POST"], "ambiguous", None)


def test_a_render_that_takes_too_long_is_late_and_not_lost() -> None:
    """The error has the video, whose id can be waited for again; the last look is at the end."""
    clock = Hand()
    with pytest.raises(GenerationTimeout) as caught:
        _wait(
            Server(told("in_progress", 42)),
            clock,
            lambda videos: videos.create_and_poll(prompt="a", timeout=30),
        )
    assert (caught.value.video.id, caught.value.spent) == ("video_1", "ambiguous")
    assert str(caught.value) == (
        "video 'video_1': it is still in_progress at 42 % after 30 s; go on waiting for that id"
    )
    assert clock.time == 1030


def test_a_server_that_is_away_at_the_deadline_makes_it_late_too() -> None:
    """The timeout's error stands above the last fault, which is its cause."""
    with pytest.raises(GenerationTimeout) as caught:
        _wait(
            Server(httpx.ConnectError("refused")), Hand(), lambda v: v.wait("video_1", timeout=10)
        )
    assert caught.value.video.id == "video_1"
    assert isinstance(caught.value.__cause__, APIConnectionError)


def test_a_word_that_nobody_knows_keeps_waiting() -> None:
    """A paid render is not called failed for a status that is new."""
    server = Server(told("dreaming"), told("polishing"), told("completed"))
    assert _wait(server, Hand(), lambda videos: videos.wait("video_1")).status == "completed"


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        ({"code": "server_error", "message": "it broke"}, GenerationFailed, "it broke"),
        ({"code": "moderation_blocked", "message": "no"}, ModerationBlocked, "no"),
        ({"code": "content_policy_violation", "message": ""}, ModerationBlocked, ""),
        ("out of memory", GenerationFailed, "out of memory"),
        (None, GenerationFailed, ""),
    ],
    ids=str,
)
def test_a_failed_render_is_an_error_that_has_it(error: Any, kind: Any, message: str) -> None:
    """Its code and its words are the server's; moderation is a class of its own."""
    seen: list[str] = []
    with pytest.raises(GenerationFailed) as caught:
        _wait(
            Server(told("failed", error=error)),
            Hand(),
            lambda videos: videos.wait("video_1", on_progress=lambda v: seen.append(v.status)),
        )
    assert type(caught.value) is kind
    assert (caught.value.message, caught.value.video.id) == (message, "video_1")
    assert str(caught.value).startswith("video 'video_1': the render failed: ")
    assert seen == ["failed"]


@pytest.mark.parametrize(
    "wrong", [{"timeout": -1}, {"timeout": float("nan")}, {"poll_interval": 0}]
)
def test_impossible_numbers_are_refused(wrong: dict[str, Any]) -> None:
    """A wait that would never look, or never pause, is a mistake."""
    with pytest.raises(UsageError, match="is not possible"):
        _wait(Server(told("queued")), Hand(), lambda videos: videos.wait("video_1", **wrong))


def test_it_is_the_same_without_an_event_loop() -> None:
    """`Videos` waits, tells and raises as `AsyncVideos` does."""
    server = Server(told("in_progress", 5), told("completed", 100))
    seen: list[float | None] = []
    with Videos(URL, transport=httpx.MockTransport(server), clock=Hand()) as videos:
        done = videos.create_and_poll(prompt="a", on_progress=lambda v: seen.append(v.progress))
        assert (done.status, seen) == ("completed", [0, 5, 100])
        server.answers = [told("queued"), httpx.Response(401)]
        with pytest.raises(AuthenticationError) as caught:
            videos.create_and_poll(prompt="a")
        assert caught.value.video is not None
        assert caught.value.spent == "ambiguous"
        server.answers = [told("failed", error={"code": "content_filter", "message": "no"})]
        with pytest.raises(ModerationBlocked):
            videos.wait("video_1")
        server.answers = [told("in_progress", 5), told("completed", 100)]
        assert [video.progress for video in videos.watch("video_1")] == [5, 100]
