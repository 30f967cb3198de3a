"""Pictures and clips as people have them (paths, files, bytes, addresses), read for sending."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from inspect import iscoroutine
from pathlib import Path
from typing import IO, TypeVar

from sorapipe.errors import UsageError
from sorapipe.videos.errors import bounded
from sorapipe.videos.reference import File, FileId, Image, ImageUrl, Reference, image_of, url_of

Bytes = bytes | bytearray | memoryview
Readable = str | os.PathLike[str] | Bytes | IO[bytes] | IO[str]
Picture = Reference | Readable
Film = File | Readable

MIB = 1 << 20
LARGEST_PICTURE = 20 * MIB
LARGEST_FILM = 200 * MIB

_ADDRESS = re.compile(r"(?:https?://|data:)", re.IGNORECASE)
_FILE_ID = re.compile(r"file[-_][\w-]+")
T = TypeVar("T")


async def picture(value: Picture | None) -> Reference | None:
    """The picture as the wire takes it.

    A text is an address where it begins as one (`https://`, `http://`, `data:`), else a path. A
    file is read from where it stands. Raises UsageError for what is no PNG, JPEG or WebP of at most
    20 MiB, and for a file that can't be read.
    """
    if value is None or isinstance(value, Image | ImageUrl | FileId):
        return value
    if isinstance(value, str) and _ADDRESS.match(value):
        return url_of(value)
    read = _reader("input_reference", value, LARGEST_PICTURE)
    return await asyncio.to_thread(_understood, read, image_of)


async def film(value: Film) -> File:
    """The film as the wire takes it. Raises UsageError for what is no MP4 of at most 200 MiB."""
    if isinstance(value, File):
        return value
    read = _reader("video", value, LARGEST_FILM)
    return await asyncio.to_thread(_understood, read, _mp4)


def _understood(read: Callable[[], tuple[str, bytes]], into: Callable[[bytes, str], T]) -> T:
    name, data = read()
    return into(data, name)


def _mp4(data: bytes, name: str) -> File:
    if data[4:8] != b"ftyp":
        raise UsageError(name or "video", "it is no MP4", "a video in an MP4 file")
    return File(name or "clip.mp4", "video/mp4", data)


def _reader(where: str, value: Readable, most: int) -> Callable[[], tuple[str, bytes]]:
    """What gives the name (empty where there is none) and the bytes of that."""
    if isinstance(value, str | os.PathLike):
        return lambda: _of_path(where, Path(value), most)
    if isinstance(value, bytes | bytearray | memoryview):
        return lambda: ("", _bounded(where, bytes(value), most))
    if hasattr(value, "read"):
        return lambda: _of_file(where, value, most)
    what = f"a {type(value).__name__} can't be sent"
    raise UsageError(where, what, "give a path, an open file, bytes, a URL or a FileId")


def _of_path(where: str, path: Path, most: int) -> tuple[str, bytes]:
    try:
        if not path.is_file():  # a pipe would wait for ever, a device give for ever
            raise UsageError(where, f"'{bounded(str(path))}' {_absence(path)}", _fix(path))
        with path.open("rb") as file:
            return _sendable(path), _bounded(path.name, file.read(most + 1), most)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(where, f"'{bounded(str(path))}' can't be read: {why}", "") from error


def _absence(path: Path) -> str:
    return "is not a file" if path.exists() else "is not there"


def _fix(path: Path) -> str:
    if _FILE_ID.fullmatch(str(path)):
        return f"for a file that the server has, say FileId('{path}')"
    return "give a path, an open file, bytes, a URL or a FileId"


def _of_file(where: str, file: IO[bytes] | IO[str], most: int) -> tuple[str, bytes]:
    named = getattr(file, "name", "")  # a number where it was opened by its descriptor
    name = _sendable(Path(named)) if isinstance(named, str) else ""
    try:
        data = _all_of(where, file, most + 1)
    except (OSError, ValueError) as error:
        raise UsageError(where, f"the file can't be read: {error}", "give an open file") from error
    return name, _bounded(name or where, data, most)


def _all_of(where: str, file: IO[bytes] | IO[str], most: int) -> bytes:
    """What is left of the file: one without a buffer, or of a network, gives it in pieces."""
    data = b""
    while len(data) < most:
        piece = file.read(most - len(data))
        if isinstance(piece, str):
            raise UsageError(where, "the file is open as text", "open it with mode 'rb'")
        if not isinstance(piece, bytes | bytearray | memoryview):
            if iscoroutine(piece):
                piece.close()
            raise UsageError(where, "reading it gives no bytes", "a file open with mode 'rb'")
        if not piece:
            break
        data += piece
    return data


def _sendable(path: Path) -> str:
    """The file's name, also where it is no text."""
    return path.name.encode(errors="replace").decode()


def _bounded(where: str, data: bytes, most: int) -> bytes:
    if len(data) > most:
        raise UsageError(where, f"it is over {most // MIB} MiB", "give a smaller file")
    if not data:
        raise UsageError(where, "it is empty", "is the file at its end already?")
    return data
