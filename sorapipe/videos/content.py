"""A video's bytes, to be written to a path or an open file, read, or iterated over."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, closing, contextmanager, suppress
from io import BytesIO, TextIOBase
from pathlib import Path
from typing import IO, BinaryIO

from sorapipe.errors import StorageError, UsageError
from sorapipe.videos.boxes import Boxes, BrokenVideo
from sorapipe.videos.errors import APIError, passing
from sorapipe.videos.patience import Patience
from sorapipe.videos.portal import Portal
from sorapipe.videos.transfer import Source, Transfer
from sorapipe.videos.waiting import tell

Target = str | os.PathLike[str] | IO[bytes]
OnBytes = Callable[[int, int | None], object]  # bytes so far, and in all where that is known


class AsyncContent:
    """The bytes of a video, or of its thumbnail or spritesheet. Nothing is asked until it is used.

    Each use is a download of its own. One that breaks off is gone on with where it broke off, if
    the server can do that (`ETag` or `Last-Modified`, and ranges). Length, type and the boxes of an
    MP4 are checked as they pass.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._transfer: Transfer | None = None

    @property
    def media_type(self) -> str:
        """What the server calls it (`video/mp4`, `image/webp` ...); empty until it has answered."""
        return self._transfer.media_type if self._transfer else ""

    @property
    def boxes(self) -> Boxes | None:
        """What a video that has come as a whole says of itself; None for pictures."""
        return self._transfer.boxes if self._transfer else None

    async def write_to(self, target: Target, *, on_progress: OnBytes | None = None) -> int:
        """Write it to a path, or to a file that is open for writing bytes; say how many they are.

        Under the path there is the whole file or what was there before. A download that can't be
        gone on with is begun again, unless an open file has some of it already. `on_progress` is
        told the bytes so far and in all (None where nobody knows); it may be a coroutine function.

        Raises APIError; BrokenVideo where what came is not a whole MP4; StorageError where this
        machine can't keep it.
        """
        received = 0
        async with aclosing(self.saving(target)) as steps:
            async for received, total in steps:
                await tell(on_progress, received, total)
        return received

    async def read(self) -> bytes:
        """All of it, in memory. Raises APIError, BrokenVideo."""
        memory = BytesIO()
        async with aclosing(self.filling(memory)) as steps:
            async for _ in steps:
                pass
        return memory.getvalue()

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        """The bytes as they come; only when they have ended is the whole known to be good.

        Raises APIError, BrokenVideo: what came before is then the beginning of the file.
        """
        async with aclosing(self.chunks(Patience())) as chunks:
            async for chunk in chunks:
                yield chunk

    async def chunks(self, patience: Patience) -> AsyncGenerator[bytes, None]:
        """The bytes as they come, with a patience that the caller may go on with."""
        self._transfer = Transfer(self._source, patience)
        async with aclosing(self._transfer.chunks()) as chunks:
            async for chunk in chunks:
                yield chunk

    async def saving(self, target: Target) -> AsyncGenerator[tuple[int, int | None], None]:
        """`write_to`, step by step: after each, the bytes so far and in all."""
        if isinstance(target, str | os.PathLike):
            with _whole(Path(target)) as file:
                async with aclosing(self.filling(file)) as steps:
                    async for step in steps:
                        yield step
                await asyncio.to_thread(_settle, file)
        else:
            with _given(target):
                async with aclosing(self.filling(target, anew=False)) as steps:
                    async for step in steps:
                        yield step

    async def filling(
        self, file: IO[bytes], *, anew: bool = True
    ) -> AsyncGenerator[tuple[int, int | None], None]:
        """Write it to an open file, step by step; `anew` lets it go back to that file's start."""
        self._transfer = transfer = Transfer(self._source, Patience())
        while True:
            received = 0
            try:
                async with aclosing(transfer.chunks()) as chunks:
                    async for chunk in chunks:
                        _put(file, chunk)
                        received += len(chunk)
                        yield received, transfer.total
                return
            except (APIError, BrokenVideo) as error:
                mends = isinstance(error, BrokenVideo) or passing(error)
                kept = received and not anew
                if kept or not mends or not await transfer.again(error):
                    raise
                if received:
                    file.seek(0)
                    file.truncate()


class Content:
    """The bytes of a video, or of its thumbnail or spritesheet. Nothing is asked until it is used.

    Each use is a download of its own. One that breaks off is gone on with where it broke off, if
    the server can do that. Length, type and the boxes of an MP4 are checked as they pass.
    """

    def __init__(self, content: AsyncContent, portal: Portal) -> None:
        self._async = content
        self._portal = portal

    @property
    def media_type(self) -> str:
        """What the server calls it (`video/mp4`, `image/webp` ...); empty until it has answered."""
        return self._async.media_type

    @property
    def boxes(self) -> Boxes | None:
        """What a video that has come as a whole says of itself; None for pictures."""
        return self._async.boxes

    def write_to(self, target: Target, *, on_progress: OnBytes | None = None) -> int:
        """Write it to a path, or to a file that is open for writing bytes; say how many they are.

        Under the path there is the whole file or what was there before. A download that can't be
        gone on with is begun again, unless an open file has some of it already. `on_progress` is
        told the bytes so far and in all (None where nobody knows).

        Raises APIError; BrokenVideo where what came is not a whole MP4; StorageError where this
        machine can't keep it.
        """
        if on_progress is None:  # one change of threads, and not one for each piece
            return self._portal.run(self._async.write_to(target))
        received = 0
        with closing(self._portal.each(self._async.saving(target))) as steps:
            for received, total in steps:
                on_progress(received, total)
        return received

    def read(self) -> bytes:
        """All of it, in memory. Raises APIError, BrokenVideo."""
        return self._portal.run(self._async.read())

    def __iter__(self) -> Iterator[bytes]:
        """The bytes as they come; only when they have ended is the whole known to be good.

        Raises APIError, BrokenVideo: what came before is then the beginning of the file.
        """
        with closing(self._portal.each(aiter(self._async))) as chunks:
            yield from chunks


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """A file that has that path when the block has ended well, and is gone otherwise."""
    part = path.parent / f".sorapipe-{secrets.token_hex(6)}.part"
    try:
        if path.is_dir():
            raise IsADirectoryError(0, "a folder stands there")
        if path.exists() and not path.is_file():  # the rename would replace /dev/null itself
            raise OSError(0, "a device or a pipe stands there")
        with part.open("xb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        fix = "give a file in a folder that is there and can be written"
        raise StorageError(str(path), f"it can't be written: {error.strerror}", fix) from error
    finally:
        with suppress(OSError):
            part.unlink()


@contextmanager
def _given(file: IO[bytes]) -> Iterator[None]:
    """The open file of a caller, to be written to in the block; at its end nothing waits in it."""
    try:
        # A closed file raises a ValueError when it is asked.
        fit = not isinstance(file, TextIOBase) and getattr(file, "writable", lambda: True)()
    except ValueError:
        fit = False
    if not fit or not hasattr(file, "write"):
        fix = "a path, or a file that is open with mode 'wb'"
        raise UsageError("write_to", "bytes can't be written to that", fix)
    try:
        yield
        if hasattr(file, "flush"):
            file.flush()
    except OSError as error:
        what = f"it can't be written: {error.strerror or error}"
        raise StorageError(str(getattr(file, "name", "file")), what, "") from error


def _put(file: IO[bytes], data: bytes) -> None:
    """Write all of it: a file without a buffer may take less, and says so by a number alone."""
    while data:
        taken = file.write(data)
        if taken is None:  # some that are only like a file say nothing
            return
        if not taken:
            raise OSError(0, "it takes no more")
        data = data[taken:]


def _settle(file: BinaryIO) -> None:
    """Make the bytes durable before they get their name: a rename may outlive a power cut."""
    file.flush()
    os.fsync(file.fileno())
