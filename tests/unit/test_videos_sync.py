"""Videos: blocking calls over one loop in a thread, from any thread, until it is closed."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sorapipe.errors import UsageError
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.errors import APIConnectionError, APITimeoutError
from sorapipe.videos.sync import Videos
from tests.unit.raw_server import Handler, RawServer, Talk, raw_server

VIDEO = {"id": "video_1", "object": "video", "status": "queued"}


async def _answer(talk: Talk) -> None:
    await talk.answer(200, VIDEO)


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Ctrl-C raises, also where the tests run in the background of a shell, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def serving(handler: Handler = _answer) -> Iterator[RawServer]:
    """A raw server in a thread of its own."""
    ready, loops, servers = threading.Event(), [], []

    async def live() -> None:
        loops.append((asyncio.get_running_loop(), done := asyncio.Event()))
        async with raw_server(handler) as server:
            servers.append(server)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=asyncio.run, args=(live(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield servers[0]
    finally:
        loop, done = loops[0]
        loop.call_soon_threadsafe(done.set)
        thread.join()


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "videos"]


def test_the_thread_begins_with_the_first_call_and_ends_with_the_client() -> None:
    """A client that is only made costs nothing, and one that is closed leaves nothing."""
    with serving() as server, Videos(server.base_url) as videos:
        assert _threads() == []
        assert videos.retrieve("video_1").id == "video_1"
        assert len(_threads()) == 1
    assert _threads() == []
    for _ in range(2):
        videos.close()
    with pytest.raises(UsageError, match="this client is closed"):
        videos.retrieve("video_1")


def test_several_threads_share_one_client() -> None:
    """Their calls are under way at once, over one loop."""
    together = asyncio.Barrier(8)

    async def meet(talk: Talk) -> None:
        await together.wait()
        await talk.answer(200, VIDEO)

    with serving(meet) as server, Videos(server.base_url) as videos:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(videos.retrieve, [f"v{number}" for number in range(8)]))
        assert [video.id for video in found] == [f"v{number}" for number in range(8)]
        assert len(_threads()) == 1


def test_it_works_where_a_loop_is_running_already() -> None:
    """A notebook has a loop in the thread in which its cells run."""

    async def cell() -> str:
        with serving() as server, Videos(server.base_url) as videos:
            return videos.retrieve("video_1").id

    assert asyncio.run(cell()) == "video_1"


async def _hang(talk: Talk) -> None:
    await asyncio.Event().wait()


def test_a_deadline_holds_for_the_whole_call() -> None:
    """A byte now and then does not keep a call alive for ever, as in `AsyncVideos`."""

    async def drip(talk: Talk) -> None:
        await talk.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while True:
            await talk.write(b" ")
            await asyncio.sleep(0.01)

    with serving(drip) as server, Videos(server.base_url, read_timeout=0.2) as videos:
        with pytest.raises(APITimeoutError, match="no whole answer in time") as caught:
            videos.create(prompt="a")
        assert caught.value.spent == "ambiguous"


def test_ctrl_c_cancels_the_call_and_leaves_the_client_usable() -> None:
    """The interrupt comes out at once, the connection is closed, and the next call works."""

    async def interrupt(talk: Talk) -> None:
        if len(server.talks) > 1:
            await talk.answer(200, VIDEO)
            return
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    with serving(interrupt) as server, Videos(server.base_url) as videos:
        with pytest.raises(KeyboardInterrupt) as caught:
            videos.create(prompt="a")
        assert caught.value.__notes__ == ["a render may have been accepted: look with list()"]
        assert videos.retrieve("video_1").id == "video_1"
        assert [talk.line for talk in server.talks] == ["POST /v1/videos", "GET /v1/videos/video_1"]
        assert server.connections == 2


def test_ctrl_c_before_anything_was_sent_says_nothing_of_a_render() -> None:
    """Until before_send has returned no byte has left, so nothing can have been accepted."""
    leaving = threading.Event()

    def interrupt() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        leaving.wait(10)

    with serving() as server, Videos(server.base_url) as videos:
        with pytest.raises(KeyboardInterrupt) as caught:
            videos.create(prompt="a", before_send=interrupt)
        leaving.set()
        assert server.talks == []
    assert not hasattr(caught.value, "__notes__")


@pytest.mark.parametrize("listener", [None, lambda received, total: None], ids=["", "listening"])
def test_ctrl_c_in_a_download_leaves_no_part_of_a_file(tmp_path: Path, listener: Any) -> None:
    """When the interrupt is told, what was half written is gone already."""

    async def interrupt(talk: Talk) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: 100000\r\n\r\n"
        await talk.write(head + b"\0\0\0\x10ftypisom\0\0\0\0")
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    with serving(interrupt) as server, Videos(server.base_url) as videos:
        target = tmp_path / "film.mp4"
        with pytest.raises(KeyboardInterrupt):
            videos.download_content("video_1").write_to(target, on_progress=listener)
        assert list(tmp_path.iterdir()) == []


def test_closing_ends_what_is_under_way_in_other_threads() -> None:
    """They are told that it was closed, and none waits for an answer that nobody reads."""
    with serving(_hang) as server:
        videos = Videos(server.base_url)
        with ThreadPoolExecutor(1) as pool:
            call = pool.submit(videos.retrieve, "video_1")
            asyncio.run(asyncio.wait_for(asyncio.to_thread(_connected, server), 30))
            videos.close()
            with pytest.raises(UsageError, match="closed during the call"):
                call.result(30)


def _connected(server: RawServer) -> None:
    while not server.talks:
        threading.Event().wait(0.01)  # the server tells it in a loop of another thread


def test_before_send_is_called_in_a_thread_and_may_use_the_client() -> None:
    """What it raises aborts the request and comes out unchanged; the loop goes on meanwhile."""
    with serving() as server, Videos(server.base_url) as videos:
        told: list[Any] = []

        def before() -> None:
            told.append(threading.current_thread())
            told.append(videos.retrieve("other").id)

        def refuse() -> None:
            raise LookupError("no")

        assert videos.create(prompt="a", before_send=before).id == "video_1"
        assert told[0] not in (threading.current_thread(), *_threads())
        assert told[1] == "other"
        asked = len(server.talks)
        with pytest.raises(LookupError, match="no"):
            videos.create(prompt="a", before_send=refuse)
        assert len(server.talks) == asked


def test_progress_is_told_in_the_callers_own_thread() -> None:
    """A callback may use the client, and what it raises comes out where it was called."""

    async def done(talk: Talk) -> None:
        await talk.answer(200, {**VIDEO, "status": "completed"})

    with serving(done) as server, Videos(server.base_url) as videos:
        told: list[Any] = []

        def tell(video: Any) -> None:
            told.append((threading.current_thread(), videos.retrieve("other").id))

        videos.wait("video_1", on_progress=tell)
        assert told == [(threading.current_thread(), "other")]


def test_a_call_from_its_own_loop_is_refused_instead_of_waiting_for_ever() -> None:
    """A transport that calls back would wait for itself."""

    def again(request: httpx.Request) -> httpx.Response:
        videos.retrieve("inner")
        raise AssertionError

    with (
        Videos("http://studio/v1", transport=httpx.MockTransport(again)) as videos,
        pytest.raises(APIConnectionError, match="would wait for itself"),
    ):
        videos.retrieve("outer")


def test_one_that_is_forgotten_closes_itself() -> None:
    """The garbage collector ends the thread, and so does the end of the program."""
    with serving() as server:
        videos = Videos(server.base_url)
        videos.retrieve("video_1")
        (thread,) = _threads()
        del videos
        gc.collect()
        thread.join(10)
        assert not thread.is_alive()
        script = (
            "from sorapipe.videos import Videos\n"
            f"videos = Videos({server.base_url!r})\n"
            "print(videos.retrieve('video_1').id)\n"
        )
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "video_1\n", "")


def test_a_page_and_a_content_keep_their_client_open() -> None:
    """`Videos().list()` in one line works, and so does what is read of it later."""

    async def listed(talk: Talk) -> None:
        await talk.answer(200, {"data": [VIDEO], "has_more": "after" not in talk.line})

    with serving(listed) as server:
        page = Videos(server.base_url).list()
        gc.collect()
        assert [video.id for video in page] == ["video_1"]
        (thread,) = _threads()
        del page
        gc.collect()
        thread.join(10)
        assert not thread.is_alive()


def test_in_a_fork_it_is_closed() -> None:
    """The loop's thread stays in the parent: a call in the child is an error and no standstill."""
    script = (
        "import os, warnings\n"
        "warnings.simplefilter('ignore')  # of threads and fork, which is what is tried here\n"
        "from sorapipe.videos import UsageError, Videos\n"
        "import httpx\n"
        "answer = lambda request: httpx.Response(200, json={'id': 'v'})\n"
        "videos = Videos('http://studio/v1', transport=httpx.MockTransport(answer))\n"
        "videos.retrieve('v')\n"
        "if os.fork() == 0:\n"
        "    try:\n"
        "        videos.retrieve('v')\n"
        "    except UsageError as error:\n"
        "        print(error, flush=True)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "print(videos.retrieve('v').id)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.stdout == "videos: this client is closed; make another one\nv\n", ran.stderr


def test_a_coroutine_function_for_before_send_is_refused() -> None:
    """Its call would do nothing, and the request would go out unannounced."""

    async def before() -> None:
        raise AssertionError

    with serving() as server, Videos(server.base_url) as videos:
        with pytest.raises(UsageError, match="before_send is a coroutine function"):
            videos.create(prompt="a", before_send=before)
        assert server.talks == []


def test_closing_leaves_no_call_behind_that_never_began() -> None:
    """Calls that race with it end with an error of ours, and none of them hangs."""
    ends: list[str] = []
    with serving() as server:
        for _ in range(20):
            videos, go = Videos(server.base_url), threading.Barrier(5)

            def call(videos: Videos = videos, go: threading.Barrier = go) -> None:
                go.wait()
                try:
                    ends.append(videos.retrieve("video_1").id)
                except UsageError as error:
                    ends.append(error.what)

            with ThreadPoolExecutor(4) as pool:
                for _ in range(4):
                    pool.submit(call)
                go.wait()
                videos.close()
    gc.collect()  # a coroutine that was never awaited would warn here
    assert len(ends) == 80
    assert set(ends) <= {
        "video_1",
        "this client is closed",
        "this client was closed during the call",
    }


@pytest.mark.parametrize("wrong", [{"timeout": -1}, {"poll_interval": 0}])
def test_a_wait_that_cannot_be_is_refused_before_it_is_paid_for(wrong: Any) -> None:
    """create_and_poll looks at how it is to wait before it sends anything."""

    async def alike(base_url: str) -> None:
        async with AsyncVideos(base_url) as videos:
            await videos.create_and_poll(prompt="a", **wrong)

    with serving() as server, Videos(server.base_url) as videos:
        with pytest.raises(UsageError, match="is not possible"):
            videos.create_and_poll(prompt="a", **wrong)
        with pytest.raises(UsageError, match="is not possible"):
            asyncio.run(alike(server.base_url))
        assert server.talks == []


def test_whatever_ends_the_waiting_the_id_is_told() -> None:
    """An exception of a listener, or Ctrl-C, has it in a note."""

    def listener(video: object) -> None:
        raise KeyboardInterrupt

    with (
        serving() as server,
        Videos(server.base_url) as videos,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        videos.create_and_poll(prompt="a", on_progress=listener)
    assert caught.value.__notes__ == ["video 'video_1' was accepted, and goes on"]
