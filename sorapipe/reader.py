"""YAML in, plain data out, with file:line:col for every key and value.

Read as YAML 1.2 core, strictly: what has two meanings, or hides what is meant, is refused with its
place. Nothing in a file can make this raise anything but StoryboardError.
"""

from __future__ import annotations

import hashlib
import os
import stat
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sorapipe.core.wording import Path as DataPath
from sorapipe.errors import Problem, StoryboardError
from sorapipe.yaml_events import BROKEN, Builder, Stop
from sorapipe.yaml_faults import reworded

MAX_BYTES = 64 * 2**20

_WIDE = (b"\xff\xfe", b"\xfe\xff")  # UTF-16 and UTF-32 begin so, or else soon have a NUL
_AS_UTF8 = "save it as UTF-8"
_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Document:
    """A YAML file as plain data (dict, list, str, int, float, bool, None).

    `file` is its name as the user gave it, `digest` the sha256 of its bytes. Where `problems` is
    not empty, a value that could not be read is `BROKEN`, and `merged` are the ids of the mappings
    that lack something for that reason. Containers under an alias are shared: don't change them.
    """

    file: str
    digest: str
    data: Any
    problems: list[Problem]
    merged: set[int]
    _lines: array[int]
    _cols: array[int]
    _spelled: dict[int, str]
    _aliases: set[int]
    _entries: dict[int, dict[str | int, int]] | None = None

    def place(self, path: DataPath, key: bool = False) -> tuple[int, int]:
        """(line, column), from 1, of the value at that path, or of its key.

        Of what is not there, the place of the nearest thing above it that is; (0, 0) for an empty
        document.
        """
        entry, whole = self._entry(path)
        if not self._lines:
            return 0, 0
        # a key stands just before its value; an element of a list and the root have none
        if key and whole and path and isinstance(path[-1], str):
            entry -= 1
        return self._lines[entry] + 1, self._cols[entry] + 1

    def text(self, path: DataPath) -> str:
        """A scalar as it is written in the file: `010`, `1.10`, `True`."""
        value = self.data
        for step in path:
            value = value[step]
        return self._spelled.get(self._entry(path)[0], str(value))

    def problem(self, path: DataPath, what: str, fix: str = "", *, key: bool = False) -> Problem:
        """A problem of the value (or the key) at that path."""
        return Problem(self.file, *self.place(path, key), what, fix)

    def _entry(self, path: DataPath) -> tuple[int, bool]:
        """The number of the value at that path, or of the nearest above it; which of the two."""
        if self._entries is None:
            self._entries = self._index()
        value, entry = self.data, 0
        for step in path:
            entries = self._entries.get(id(value), {})
            if step not in entries:
                return entry, False
            value, entry = value[step], entries[step]
        return entry, True

    def _index(self) -> dict[int, dict[str | int, int]]:
        """For each container, by id, the number of each of its values; made once, when needed."""
        index: dict[int, dict[str | int, int]] = {}
        number = 0
        waiting: list[Iterator[tuple[str | int, Any]]] = []
        containers: list[Any] = []

        def enter(value: Any) -> None:
            if isinstance(value, (dict, list)) and number not in self._aliases:
                waiting.append(iter(value.items() if isinstance(value, dict) else enumerate(value)))
                containers.append(value)
                index[id(value)] = {}

        enter(self.data)
        while waiting:
            for step, value in waiting[-1]:
                number += 2 if isinstance(step, str) else 1
                index[id(containers[-1])][step] = number
                before = len(waiting)
                enter(value)
                if len(waiting) > before:
                    break
            else:
                waiting.pop()
                containers.pop()
        return index


def read(path: Path | str) -> Document:
    """Read a YAML file. Raises StoryboardError with all of its problems."""
    document = examine(path)
    if document.problems:
        raise StoryboardError(document.problems)
    return document


def examine(path: Path | str) -> Document:
    """Read a YAML file as far as it can be read; what was wrong stands in `problems`."""
    file = str(path)
    return parse(_bytes(file), file)


def parse(raw: bytes, file: str) -> Document:
    """Like `examine`, of bytes that are there already."""
    builder = Builder()
    fault = _build(raw, builder)
    if fault is not None:
        builder.faults.append(fault)
        builder.data = BROKEN
    elif not builder.lines:
        fix = "a storyboard has 'shots:'; `sorapipe init` writes a first one"
        builder.faults.append((-1, -1, "the file is empty", fix))
    return Document(
        file=file,
        digest=hashlib.sha256(raw).hexdigest(),
        data=builder.data,
        problems=[
            Problem(file, line + 1, col + 1, what, fix) for line, col, what, fix in builder.faults
        ],
        merged=builder.merged,
        _lines=builder.lines,
        _cols=builder.cols,
        _spelled=builder.spelled,
        _aliases=builder.aliases,
    )


def _build(raw: bytes, builder: Builder) -> tuple[int, int, str, str] | None:
    """Let the builder read the bytes; what stopped it, as (line, column, what, fix), from 0."""
    if raw.startswith(_WIDE) or b"\x00" in raw[:2]:
        return -1, -1, "this is UTF-16 or UTF-32", _AS_UTF8
    raw = raw.removeprefix(_BOM)
    text = ""
    try:
        text = raw.decode()
        builder.build(text)
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        col = len(before.rpartition(b"\n")[2].decode(errors="replace"))
        what = f"the byte 0x{raw[error.start]:02x} is not UTF-8"
        return before.count(b"\n"), col, what, _AS_UTF8
    except Stop as stop:
        return stop.fault
    except yaml.YAMLError as error:
        return reworded(error, text)
    except (ValueError, OverflowError):  # the pure parser's way of refusing "\UFFFFFFFF"
        return -1, -1, "an escape in double quotes that is no character", "correct it"
    return None


def _bytes(file: str) -> bytes:
    """The bytes of a regular file; a FIFO or a device is refused without waiting for it."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _unreadable(file, (error.strerror or "can't be opened").lower()) from None
    except ValueError:
        raise _unreadable(file, "no file has a NUL in its name") from None
    try:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            raise _unreadable(file, "is a folder", "name the storyboard in it")
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable(file, "is not a regular file", "a storyboard is a file on disk")
        with os.fdopen(handle, "rb", closefd=False) as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(file, (error.strerror or "can't be read").lower()) from None
    finally:
        os.close(handle)
    if len(raw) > MAX_BYTES:
        raise _unreadable(file, "is larger than 64 MiB", "split it into several storyboards")
    return raw


def _unreadable(file: str, what: str, fix: str = "") -> StoryboardError:
    return StoryboardError([Problem(file, 0, 0, what, fix)])
