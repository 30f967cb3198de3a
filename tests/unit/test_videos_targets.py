"""Where a download may be written to, and what a picture may be read from."""

from __future__ import annotations

import asyncio
import os
from io import BytesIO, RawIOBase, StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from sorapipe.errors import StorageError, UsageError
from sorapipe.videos import pictures
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.reference import Image
from tests.unit.films import film

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 9


@pytest.fixture(scope="module")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A real film."""
    return film(tmp_path_factory.mktemp("film") / "film.mp4").read_bytes()


def _write(data: bytes, target: Any) -> int:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=data, headers={"content-type": "video/mp4"})

    async def run() -> int:
        transport = httpx.MockTransport(handle)
        async with AsyncVideos("http://studio/v1", transport=transport) as videos:
            return await videos.download_content("v").write_to(target)

    return asyncio.run(run())


class Sip(RawIOBase):
    """A file without a buffer, which takes a hundred bytes at once."""

    def __init__(self) -> None:
        self.taken = b""

    def writable(self) -> bool:
        """As it says."""
        return True

    def write(self, data: Any) -> int:
        """Take some."""
        self.taken += bytes(data)[:100]
        return min(len(data), 100)


class Drops:
    """A file as of a network: it gives a few bytes at once."""

    def __init__(self, data: bytes) -> None:
        self._data = BytesIO(data)

    def read(self, most: int) -> bytes:
        """Give some."""
        return self._data.read(min(most, 10))


def test_a_pipe_or_a_device_is_never_replaced_by_a_file(mp4: bytes, tmp_path: Path) -> None:
    """A rename would put a film in the place of /dev/null."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StorageError, match="a device or a pipe stands there"):
        _write(mp4, tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_a_file_that_takes_little_at_once_gets_all(mp4: bytes) -> None:
    """One without a buffer says by a number alone how much it took."""
    target = Sip()
    assert _write(mp4, target) == len(mp4)
    assert target.taken == mp4


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
@pytest.mark.parametrize("buffering", [0, 1 << 20])
def test_an_open_file_on_a_full_disk_is_told(mp4: bytes, buffering: int) -> None:
    """Also where the bytes were only waiting in its buffer."""
    file = open("/dev/full", "wb", buffering=buffering)  # noqa: SIM115 - closing it fails
    with pytest.raises(StorageError, match="No space left"):
        _write(mp4, file)
    with pytest.raises(OSError, match="No space left") if buffering else file:
        file.close()


@pytest.mark.parametrize("target", [StringIO(), None, 5, b"film.mp4"])
def test_what_takes_no_bytes_is_refused(mp4: bytes, target: Any) -> None:
    """It is the caller's error, told before anything is asked for."""
    with pytest.raises(UsageError, match="bytes can't be written to that"):
        _write(mp4, target)


def test_a_closed_file_and_one_open_for_reading_are_refused(mp4: bytes, tmp_path: Path) -> None:
    """As any other that takes no bytes."""
    path = tmp_path / "film.mp4"
    path.write_bytes(b"before")
    with path.open("rb") as file, pytest.raises(UsageError, match="bytes can't be written"):
        _write(mp4, file)
    with pytest.raises(UsageError, match="bytes can't be written"):
        _write(mp4, file)
    assert path.read_bytes() == b"before"


def test_a_picture_that_comes_in_pieces_is_read_to_its_end() -> None:
    """Else half a picture would be sent, and paid for."""
    found = asyncio.run(pictures.picture(Drops(PNG)))  # type: ignore[arg-type] # a file's part
    assert isinstance(found, Image)
    assert found.data == PNG


def test_a_picture_whose_name_is_no_text_is_sent(tmp_path: Path) -> None:
    """Linux has names that are only bytes; a form's part has a name that is text."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png"))
    path.write_bytes(PNG)
    found = asyncio.run(pictures.picture(path))
    assert isinstance(found, Image)
    assert found.name == "?.png"


def test_a_file_whose_reading_gives_no_bytes_is_refused() -> None:
    """An asynchronous file's `read` gives a coroutine, which nobody would await."""

    class Later:
        async def read(self, most: int) -> bytes:
            return PNG

    with pytest.raises(UsageError, match="reading it gives no bytes"):
        asyncio.run(pictures.picture(Later()))  # type: ignore[arg-type] # that is the point
