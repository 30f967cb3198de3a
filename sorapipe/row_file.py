"""Files of rows: `.csv` with a header, `.jsonl` with an object a line, `.txt` with a prompt a line.

What stands in them is text and stays as it is written: no number is read as one, and nothing is
trimmed but the spaces around a prompt that has a line for itself.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sorapipe.core.rows import MOST, Row, name_fault
from sorapipe.core.wording import shortened
from sorapipe.errors import Problem
from sorapipe.folder import BadFileError, Kind, read

MAX_BYTES = 64 * 2**20
FEW = 3  # problems of one sort are told

_KIND = Kind(
    "list", "row files", "name a .csv, .jsonl or .txt file", "split it into several", MAX_BYTES
)
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # UTF-16 and UTF-32 begin so, or else soon have a NUL
_BOM = b"\xef\xbb\xbf"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_OBJECT = 'write an object a line, such as {"lang": "en"}'
_SCALAR = "a field has text, a number, or true or false"
_QUOTES = {  # what Python's reader of CSV says, and what is meant
    "unexpected end of data": ("a quote is never closed", 'close it with "'),
    "field larger": ("a value has more than 131,072 characters", "shorten it"),
}
_AFTER_QUOTE = ("text stands behind a closing quote", 'a quote inside of quotes is written ""')

# (the line, the row's fields), or what is wrong with it: (line, column, what, fix)
Line = tuple[int, dict[str, str]] | tuple[int, int, str, str]


@dataclass(frozen=True, slots=True)
class RowFile:
    """The rows of a file, what is wrong in it, and the sha256 of its bytes."""

    rows: list[Row]
    problems: list[Problem]
    sha256: str


def read_rows(folder: Path, path: str) -> RowFile:
    """The rows of the file at that path under the folder; what goes far beyond MOST is not read.

    Raises BadFileError where the file can't be read, or its name doesn't say what it is.
    """
    lines_of, advice = _FORMATS.get(PurePosixPath(path).suffix.lower(), (None, ""))
    if lines_of is None:
        what = f"'{shortened(path)}' is no kind of file that rows are read from"
        raise BadFileError(path, what, _KIND.advice)
    raw = read(folder, path, _KIND)
    text, wrong = _text(raw)
    rows: list[Row] = []
    for line in () if wrong else lines_of(text):
        if len(line) == 4:
            wrong.append(line)
        else:
            rows.append(Row(line[1], f"{path}:{line[0]}"))
        if len(rows) > MOST or len(wrong) > MOST:
            break
    if not rows and not wrong:
        wrong.append((0, 0, "there are no rows in it", advice))
    problems = [Problem(str(folder / path), *one) for one in _few(wrong)]
    return RowFile(rows, problems, hashlib.sha256(raw).hexdigest())


def _text(raw: bytes) -> tuple[str, list[tuple[int, int, str, str]]]:
    """The file as text, and what speaks against reading it."""
    fix = "save it as UTF-8"
    if raw.startswith(_WIDE) or b"\x00" in raw[:2]:
        return "", [(0, 0, "this is UTF-16 or UTF-32", fix)]
    raw = raw.removeprefix(_BOM)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        what = f"the byte 0x{raw[error.start]:02x} is not UTF-8"
        return "", [(raw.count(b"\n", 0, error.start) + 1, 1, what, fix)]
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        return "", [(line, 1, f"U+{ord(found[0]):04X} may not stand in rows", "delete it")]
    return text, []


def _few(wrong: list[tuple[int, int, str, str]]) -> Iterator[tuple[int, int, str, str]]:
    """The first few of each sort; the last of them says how many more there are."""
    sorts: dict[str, list[tuple[int, int, str, str]]] = {}
    for one in wrong:
        sorts.setdefault(one[3], []).append(one)
    for alike in sorts.values():
        more = len(alike) - FEW
        yield from alike[: FEW - 1] if more > 0 else alike
        if more > 0:
            line, col, what, fix = alike[FEW - 1]
            lines = "line" if more == 1 else "lines"
            yield line, col, f"{what} (and {more:,} more {lines} like it)", fix


def _prompts(text: str) -> Iterator[Line]:
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        if prompt := line.strip():
            yield number, {"prompt": prompt}


def _objects(text: str) -> Iterator[Line]:
    good: set[str] = set()
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        if not line.strip():
            continue
        try:
            pairs = _DECODE(line)
        except json.JSONDecodeError as error:
            yield number, error.colno, f"this is no JSON: {error.msg.lower()}", _OBJECT
        except ValueError as error:
            yield number, 1, str(error), _SCALAR
        except RecursionError:
            yield number, 1, "lists or objects that have no end", _OBJECT
        else:
            wrong = _object_fault(pairs, good)
            yield (number, 1, *wrong) if wrong else (number, _fields(pairs))


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON, with what it says twice."""


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no value")


_DECODE: Callable[[str], Any] = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_int=str, parse_float=str, parse_constant=_no_number
).decode


def _fields(pairs: _Pairs) -> dict[str, str]:
    """The object with its truth values as they are written; numbers were never read as such."""
    words = {True: "true", False: "false"}
    return {key: words[value] if type(value) is bool else value for key, value in pairs}


def _object_fault(pairs: Any, good: set[str]) -> tuple[str, str] | None:
    """(what is wrong, what would be right) with the object of a line, if anything.

    `good` are the names that were looked at before.
    """
    if not isinstance(pairs, _Pairs):
        return "the line is no object", _OBJECT
    if not pairs:
        return "the object is empty", "give it a field, or remove the line"
    seen: set[str] = set()
    for key, value in pairs:
        if key not in good and (wrong := name_fault(key)):
            return wrong
        good.add(key)
        if key in seen:
            return f"'{shortened(key)}' is said twice", "keep one of them"
        seen.add(key)
        if wrong := _value_fault(f"'{shortened(key)}'", value):
            return wrong
    return None


def _value_fault(shown: str, value: Any) -> tuple[str, str] | None:
    if value is None:
        return f"{shown} has no value", 'write "" for an empty one, or leave it out'
    if isinstance(value, list):
        return f"{shown} is {'an object' if isinstance(value, _Pairs) else 'a list'}", _SCALAR
    try:
        str(value).encode()
    except UnicodeEncodeError:
        return f"{shown} has half of a surrogate pair", "write the character itself"
    return None


def _columns(text: str) -> Iterator[Line]:
    """The rows under the header; a row of several lines counts by its first one."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            if not cells:  # a blank line
                pass
            elif not header:
                header = cells
                if wrong := _header_fault(header):
                    yield (line, 1, *wrong)
                    return
            elif len(cells) == len(header):
                yield line, dict(zip(header, cells, strict=True))
            else:
                values = "1 value" if len(cells) == 1 else f"{len(cells)} values"
                what = f"{values} where there are {len(header)} columns"
                yield line, 1, what, 'a value with a comma or a line break in it goes in "quotes"'
            line = reader.line_num + 1
    except csv.Error as error:
        said = next((words for key, words in _QUOTES.items() if str(error).startswith(key)), None)
        yield (line, 1, *(said or _AFTER_QUOTE))


def _header_fault(header: list[str]) -> tuple[str, str] | None:
    """(what is wrong, what would be right) with the names of the columns, if anything."""
    if len(header) == 1 and any(sign in header[0] for sign in ";\t"):
        return f"there is one column, '{shortened(header[0])}'", "separate columns with commas"
    for number, name in enumerate(header):
        if not name:
            return f"column {number + 1} has no name", "the first line names the columns"
        if wrong := name_fault(name):
            return wrong
        if name in header[:number]:
            return f"two columns have the name '{name}'", "rename one"
    return None


# how the lines of a kind of file are read, and what to write where there are none
_FORMATS: dict[str, tuple[Callable[[str], Iterator[Line]], str]] = {
    ".csv": (_columns, "write a row for each shot under the line that names the columns"),
    ".jsonl": (_objects, _OBJECT),
    ".txt": (_prompts, "write a prompt a line"),
}
