"""Reference pictures on disk: opened so that nothing outside the storyboard's folder is ever read.

A storyboard may come from a stranger. Every part of a path is opened on its own and without
following links, and what is opened is looked at before a byte is read, so that no link, no device
and no change between look and use leads anywhere else.
"""

from __future__ import annotations

import hashlib
import os
import stat
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

from sorapipe.core.wording import shortened
from sorapipe.errors import SorapipeError

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 64 * 10**6  # what fitting it later may take of memory is bounded here

Format = Literal["jpeg", "png", "webp"]

_NO_WAIT = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW


class BadReferenceError(SorapipeError):
    """A reference picture is missing, is none, or lies where it may not be read."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A reference picture: the digest of its bytes, how many they are, and its size in pixels."""

    path: Path
    sha256: str
    bytes: int
    width: int
    height: int
    format: Format

    @property
    def size(self) -> str:
        """`WIDTHxHEIGHT`."""
        return f"{self.width}x{self.height}"


def measure(folder: Path, path: str) -> Measured:
    """Look at the picture at that path under the folder. Raises BadReferenceError."""
    return picture(folder, path)[0]


def picture(folder: Path, path: str) -> tuple[Measured, bytes]:
    """The same with the very bytes that were measured: the file is read once."""
    raw = _read(folder, path)
    kind = _format(raw)
    if kind is None:
        what = "is no picture" if raw else "is empty"
        raise BadReferenceError(path, f"'{shortened(path)}' {what}", "JPEG, PNG and WebP are read")
    size = _size(raw, kind)
    if size is None:
        raise BadReferenceError(
            path, f"'{shortened(path)}' is a damaged {kind.upper()}", "save it anew"
        )
    if size[0] * size[1] > MAX_PIXELS:
        what = f"'{shortened(path)}' is {size[0]}x{size[1]}"
        raise BadReferenceError(path, what, "pictures of up to 64 megapixels are read")
    digest = hashlib.sha256(raw).hexdigest()
    return Measured(folder / path, digest, len(raw), *size, kind), raw


def _parts(path: str) -> list[str]:
    """The steps from the folder to the file."""
    shown = f"'{shortened(path)}'"
    fix = "references stay under the storyboard's folder"
    if "://" in path:
        raise BadReferenceError(
            path, f"{shown} is an address", "save the picture as a file, and name that"
        )
    if path.startswith(("/", "~")):
        raise BadReferenceError(path, f"{shown} does not begin in the storyboard's folder", fix)
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BadReferenceError(path, f"{shown} leaves the storyboard's folder", fix)
    if not parts or path.endswith("/") or "\0" in path:
        raise BadReferenceError(path, f"{shown} names no file", "name a JPEG, PNG or WebP file")
    return parts


def _read(folder: Path, path: str) -> bytes:
    parts = _parts(path)
    try:
        at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        what = f"the storyboard's folder '{folder}' can't be opened"
        raise BadReferenceError(path, what, (error.strerror or "").lower()) from None
    try:
        for part in parts[:-1]:
            inner = _open(path, part, at, _NO_WAIT | os.O_DIRECTORY)
            os.close(at)
            at = inner
        handle = _open(path, parts[-1], at, _NO_WAIT)
    finally:
        os.close(at)
    try:
        return _regular(handle, path)
    finally:
        os.close(handle)


def _open(path: str, part: str, folder: int, flags: int) -> int:
    """Open one step of the path, which is no link."""
    shown = f"'{shortened(path)}'"
    try:
        status = os.stat(part, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            what = f"{shown} is a link" if path.endswith(part) else f"{shown} leads through a link"
            raise BadReferenceError(
                path, what, "put the picture itself under the storyboard's folder"
            )
        return os.open(part, flags, dir_fd=folder)
    except FileNotFoundError:
        fix = "paths are relative to the storyboard"
        raise BadReferenceError(path, f"there is no file {shown}", fix) from None
    except (OSError, UnicodeError) as error:
        reason = (getattr(error, "strerror", "") or "no such name can be").lower()
        raise BadReferenceError(path, f"{shown} can't be opened", reason) from None


def _regular(handle: int, path: str) -> bytes:
    status = os.fstat(handle)
    shown = f"'{shortened(path)}'"
    if stat.S_ISDIR(status.st_mode):
        raise BadReferenceError(path, f"{shown} is a folder", "name a JPEG, PNG or WebP file in it")
    if not stat.S_ISREG(status.st_mode):
        raise BadReferenceError(
            path, f"{shown} is not a regular file", "name a JPEG, PNG or WebP file"
        )
    with os.fdopen(handle, "rb", closefd=False) as stream:
        raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise BadReferenceError(path, f"{shown} is larger than 20 MiB", "save it smaller")
    return raw


def _format(raw: bytes) -> Format | None:
    """What the first bytes say; the name of a file proves nothing."""
    if raw.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    return "webp" if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP" else None


def _size(raw: bytes, kind: Format) -> tuple[int, int] | None:
    """Width and height from the header, without decoding; None where it is damaged."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nothing is decoded; the caller bounds the size
            with Image.open(BytesIO(raw), formats=[kind.upper()]) as image:
                return image.size
    except Exception:
        # Pillow's readers raise whatever a damaged header makes them stumble over
        return None
