"""The studio's life: what survives it, who may open it twice, how quickly it ends."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sorapipe.errors import HeldElsewhere, StorageError
from sorapipe.studio.studio import Studio

SMALL = {"prompt": "a wave", "size": "64x36", "seconds": "1", "seed": 5}


def instant(animatic: Any, target: Path, **_: Any) -> None:
    """A renderer that takes no time."""
    target.write_bytes(repr((animatic.prompt, animatic.seed, animatic.reference)).encode())


class Endless:
    """A renderer that never ends by itself, and says when it has begun and when it was stopped."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.stopped = threading.Event()

    def __call__(
        self, animatic: Any, target: Path, *, progress: Any, cancelled: Callable[[], bool]
    ) -> None:
        """Write half a file and wait to be cancelled."""
        target.write_bytes(b"half")
        self.begun.set()
        while not cancelled():
            time.sleep(0.002)
        self.stopped.set()
        raise RuntimeError("cancelled")


def opened(state: Path | None, render: Any = instant, workers: int = 1) -> Studio:
    """A lenient studio on that folder."""
    return Studio(state, strict=False, workers=workers, render=render)


def wire(studio: Studio) -> httpx.AsyncClient:
    """A client of it."""
    transport = httpx.ASGITransport(app=studio.app)
    return httpx.AsyncClient(transport=transport, base_url="http://studio/v1")


async def completed(client: httpx.AsyncClient, video_id: str) -> dict[str, Any]:
    """That Video once it has ended, which must be well."""
    while True:
        video: dict[str, Any] = (await client.get(f"/videos/{video_id}")).json()
        if video["status"] not in ("queued", "in_progress"):
            assert video["status"] == "completed"
            return video
        await asyncio.sleep(0.002)  # a client of this API can only ask again


def test_everything_survives_the_process(tmp_path: Path) -> None:
    """A studio opened again has the same videos, content and idempotency keys."""

    async def scenario() -> None:
        head = {"Idempotency-Key": "k"}
        async with opened(tmp_path) as studio, wire(studio) as client:
            made = (await client.post("/videos", json=SMALL, headers=head)).json()
            before = await completed(client, made["id"])
            content = (await client.get(f"/videos/{made['id']}/content")).content
        async with opened(tmp_path) as studio, wire(studio) as client:
            assert (await client.get("/videos")).json()["data"] == [before]
            assert (await client.get(f"/videos/{made['id']}/content")).content == content
            again = (await client.post("/videos", json=SMALL, headers=head)).json()
            assert again["id"] == made["id"]

    asyncio.run(scenario())


def test_renders_under_way_begin_again_in_the_next_studio(tmp_path: Path) -> None:
    """Closing stops renders; the next studio removes half files and renders from the start."""

    async def scenario() -> None:
        endless = Endless()
        async with opened(tmp_path, endless) as studio, wire(studio) as client:
            ids = [(await client.post("/videos", json=SMALL)).json()["id"] for _ in range(3)]
            await asyncio.to_thread(endless.begun.wait, 10)
        assert endless.stopped.is_set()
        half = tmp_path / "videos" / f"{ids[0]}.part.mp4"
        assert not half.exists()
        half.write_bytes(b"left by a kill")
        async with opened(tmp_path) as studio, wire(studio) as client:
            assert not half.exists()
            for video_id in ids:
                await completed(client, video_id)
        names = {path.name for path in (tmp_path / "videos").iterdir()}
        assert names == {f"{video_id}.mp4" for video_id in ids}
        assert not list((tmp_path / "inputs").iterdir())

    asyncio.run(scenario())


def test_files_that_are_not_the_studios_are_left_alone(tmp_path: Path) -> None:
    """A folder that has videos of somebody else's keeps them."""
    (tmp_path / "videos").mkdir()
    theirs = [tmp_path / "videos" / name for name in ("holiday.mp4", "video_1.mp4", "video_x")]
    for path in theirs:
        path.write_bytes(b"theirs")

    async def scenario() -> None:
        async with opened(tmp_path):
            pass

    asyncio.run(scenario())
    assert all(path.read_bytes() == b"theirs" for path in theirs)


def test_one_studio_at_a_time_may_use_a_folder(tmp_path: Path) -> None:
    """The second is told who holds it; when the first has ended the folder is free."""

    async def scenario() -> None:
        async with opened(tmp_path):
            with pytest.raises(HeldElsewhere, match=r"another studio \(pid \d+\)"):
                await opened(tmp_path).start()
        async with opened(tmp_path):
            pass

    asyncio.run(scenario())


def test_a_folder_that_cannot_be_used_is_told_in_one_line(tmp_path: Path) -> None:
    """A file in its place, a damaged state and one of another version are errors of storage."""

    async def refused(path: Path, what: str) -> None:
        studio = opened(path)
        with pytest.raises(StorageError, match=what) as caught:
            await studio.start()
        assert "\n" not in str(caught.value)
        await studio.close()

    (tmp_path / "file").write_text("x")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "studio.sqlite3").write_text("no database " * 100)
    (tmp_path / "newer").mkdir()
    newer = sqlite3.connect(tmp_path / "newer" / "studio.sqlite3")
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    asyncio.run(refused(tmp_path / "file", "cannot keep"))
    asyncio.run(refused(tmp_path / "damaged", "cannot be used"))
    asyncio.run(refused(tmp_path / "newer", "another sorapipe"))


def test_without_a_folder_nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A studio without a state folder keeps a temporary one, and removes it at its end."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def found() -> list[Path]:
        return list(tmp_path.glob("*/videos/*.mp4"))

    async def scenario() -> None:
        async with opened(None) as studio, wire(studio) as client:
            made = (await client.post("/videos", json=SMALL)).json()
            await completed(client, made["id"])
            seen.extend(await asyncio.to_thread(found))

    seen: list[Path] = []
    asyncio.run(scenario())
    assert len(seen) == 1
    assert list(tmp_path.iterdir()) == []


def test_rendering_never_blocks_the_answers(tmp_path: Path) -> None:
    """While every worker is busy the studio still answers, and the rest waits its turn."""

    async def scenario() -> None:
        endless = Endless()
        async with opened(tmp_path, endless, workers=2) as studio, wire(studio) as client:
            for _ in range(4):
                await client.post("/videos", json=SMALL)
            await asyncio.to_thread(endless.begun.wait, 10)
            while True:
                videos = (await client.get("/videos?order=asc")).json()["data"]
                states = [video["status"] for video in videos]
                if states == ["in_progress"] * 2 + ["queued"] * 2:
                    return
                await asyncio.sleep(0.002)  # a client of this API can only ask again

    asyncio.run(asyncio.wait_for(scenario(), 10))


def test_a_studio_that_is_not_open_says_so() -> None:
    """Asking before `start` is a mistake of the program's, told as one."""

    async def scenario() -> None:
        studio = opened(None)
        async with wire(studio) as client:
            with pytest.raises(RuntimeError, match="async with"):
                await client.get("/videos")

    asyncio.run(scenario())
