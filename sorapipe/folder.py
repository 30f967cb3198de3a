"""Files that a storyboard names: opened so that nothing outside its folder is ever read.

A storyboard may come from a stranger. Every part of a path is opened on its own and without
following links, and what is opened is looked at before a byte is read, so that no link, no device
and no change between look and use leads anywhere else.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from sorapipe.core.wording import shortened
from sorapipe.errors import SorapipeError

_NO_WAIT = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW


class BadFileError(SorapipeError):
    """A file that a storyboard names is missing, is none, or lies where it may not be read."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What kind of file is looked for: the words for it, and the most that it may have.

    `noun` is one of them, `plural` what storyboards call them, `advice` what to name instead, and
    `smaller` what helps where it has more than `most` bytes, a whole number of MiB.
    """

    noun: str
    plural: str
    advice: str
    smaller: str
    most: int


def read(folder: Path, path: str, kind: Kind) -> bytes:
    """The bytes of the regular file at that path under the folder. Raises BadFileError."""
    parts = _parts(path, kind)
    try:
        at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        what = f"the storyboard's folder '{folder}' can't be opened"
        raise BadFileError(path, what, (error.strerror or "").lower()) from None
    try:
        for part in parts[:-1]:
            inner = _open(path, part, at, _NO_WAIT | os.O_DIRECTORY, kind)
            os.close(at)
            at = inner
        handle = _open(path, parts[-1], at, _NO_WAIT, kind)
    finally:
        os.close(at)
    try:
        return _regular(handle, path, kind)
    finally:
        os.close(handle)


def _parts(path: str, kind: Kind) -> list[str]:
    """The steps from the folder to the file."""
    shown = f"'{shortened(path)}'"
    fix = f"{kind.plural} stay under the storyboard's folder"
    if "://" in path:
        raise BadFileError(
            path, f"{shown} is an address", f"save the {kind.noun} as a file, and name that"
        )
    if path.startswith(("/", "~")):
        raise BadFileError(path, f"{shown} does not begin in the storyboard's folder", fix)
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BadFileError(path, f"{shown} leaves the storyboard's folder", fix)
    if not parts or path.endswith("/") or "\0" in path:
        raise BadFileError(path, f"{shown} names no file", kind.advice)
    return parts


def _open(path: str, part: str, folder: int, flags: int, kind: Kind) -> int:
    """Open one step of the path, which is no link."""
    shown = f"'{shortened(path)}'"
    try:
        status = os.stat(part, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            what = f"{shown} is a link" if path.endswith(part) else f"{shown} leads through a link"
            fix = f"put the {kind.noun} itself under the storyboard's folder"
            raise BadFileError(path, what, fix)
        return os.open(part, flags, dir_fd=folder)
    except FileNotFoundError:
        fix = "paths are relative to the storyboard"
        raise BadFileError(path, f"there is no file {shown}", fix) from None
    except (OSError, UnicodeError) as error:
        reason = (getattr(error, "strerror", "") or "no such name can be").lower()
        raise BadFileError(path, f"{shown} can't be opened", reason) from None


def _regular(handle: int, path: str, kind: Kind) -> bytes:
    status = os.fstat(handle)
    shown = f"'{shortened(path)}'"
    if stat.S_ISDIR(status.st_mode):
        raise BadFileError(path, f"{shown} is a folder", f"{kind.advice} in it")
    if not stat.S_ISREG(status.st_mode):
        raise BadFileError(path, f"{shown} is not a regular file", kind.advice)
    with os.fdopen(handle, "rb", closefd=False) as stream:
        raw = stream.read(kind.most + 1)
    if len(raw) > kind.most:
        what = f"{shown} is larger than {kind.most // 2**20} MiB"
        raise BadFileError(path, what, kind.smaller)
    return raw


def ignores_case(path: Path) -> bool:
    """Whether the file system there can't tell names apart that differ only by case.

    Looked at without writing: the nearest folder on the way that is there is asked for by its name
    in the other case. A folder without letters tells nothing, and the one above it is asked.
    """
    for folder in (path.absolute(), *path.absolute().parents):
        other = folder.with_name(folder.name.swapcase()) if folder.name else folder
        if other != folder and folder.exists():
            try:
                return other.samefile(folder)
            except OSError:
                return False
    return False
