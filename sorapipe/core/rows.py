"""Rows that stand in the storyboard itself: all combinations of lists, or one by one.

A row is text by field. Which rows stand in a file is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from sorapipe.core.wording import Fault, Names, Path

MOST = 100_000  # shots in all: more is a slip, and would fill the memory before anybody saw it
BESIDE = ("include", "exclude")  # what may stand among lists and is none to combine
TAKEN = frozenset(("take", "take0", "index", "index0"))

_NAME = re.compile(r"[^\W\d]\w*")

Text = Callable[[Path], str]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its fields, all text, and where it stands, for words."""

    fields: Mapping[str, str]
    where: str


def name_fault(name: str) -> tuple[str, str] | None:
    """(what is wrong, what would be right) with a field's name, if anything."""
    if name in TAKEN:
        return f"'{name}' is a name that sorapipe gives itself", "choose another name"
    if not _NAME.fullmatch(name):
        fix = "use letters, digits and '_', beginning with no digit"
        return f"'{name}' can't be a field's name", fix
    return None


def written(each: Any, path: Path, name: str, text: Text) -> tuple[list[Row], list[Fault]]:
    """The rows of a mapping of lists or of a list of rows, and what is wrong with them.

    `path` is where `each` stands and `name` what it is called in a message; `text` gives a scalar
    at a path as it is written. No rows at all is a fault, an exclusion of nothing a warning.
    """
    if isinstance(each, list):
        return _numbered(_listed(each, path, text)), []
    axes = {
        key: [_as_text(value, (*path, key, at), text) for at, value in enumerate(values)]
        for key, values in each.items()
        if key not in BESIDE
    }
    count = prod(map(len, axes.values())) if axes else 0
    if count > MOST:
        return [], [Fault(path, f"{name} has {count:,} combinations", f"at most {MOST:,} are read")]
    out = _Exclusion(_listed(each.get("exclude", []), (*path, "exclude"), text))
    combined = (dict(zip(axes, values, strict=True)) for values in product(*axes.values()))
    rows = [row for row in combined if not out.drops(row)] if axes else []
    rows += _listed(each.get("include", []), (*path, "include"), text)
    faults = [_drops_nothing(out, number, axes, path) for number in out.unused()]
    if not rows:
        faults.append(Fault(path, f"{name} has no rows", "give it lists, or exclude less"))
    return _numbered(rows), faults


def _listed(rows: Any, path: Path, text: Text) -> list[dict[str, str]]:
    return [
        {key: _as_text(value, (*path, at, key), text) for key, value in row.items()}
        for at, row in enumerate(rows)
    ]


def _as_text(value: Any, path: Path, text: Text) -> str:
    return value if type(value) is str else text(path)


def _numbered(rows: list[dict[str, str]]) -> list[Row]:
    return [Row(row, f"row {number} of 'each'") for number, row in enumerate(rows, 1)]


def _drops_nothing(out: _Exclusion, number: int, axes: Mapping[str, Any], path: Path) -> Fault:
    """The warning about one exclusion; a field that there is not is probably misspelt."""
    fix = "remove it, or correct it"
    for key in out.rows[number]:
        if key not in axes:
            fix = Names(axes).advice(key, f"there is no list '{key}' beside it")
            break
    what = f"'exclude' number {number + 1} matches no combination"
    return Fault((*path, "exclude", number), what, fix, warning=True)


class _Exclusion:
    """Which combinations are dropped: asked once for each, whatever the number of exclusions."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self.rows = rows
        self._used: set[int] = set()
        # by the fields that they name, and by the values that these must have
        self._wanted: dict[tuple[str, ...], dict[tuple[str | None, ...], list[int]]] = {}
        for number, row in enumerate(rows):
            names = tuple(sorted(row))
            values = tuple(row[name] for name in names)
            self._wanted.setdefault(names, {}).setdefault(values, []).append(number)

    def drops(self, row: Mapping[str, str]) -> bool:
        """Whether any exclusion matches the row in all of its fields."""
        found: list[int] = []
        for names, wanted in self._wanted.items():
            found += wanted.get(tuple(row.get(name) for name in names), ())
        self._used.update(found)
        return bool(found)

    def unused(self) -> list[int]:
        """The numbers of those that matched nothing so far."""
        return [number for number in range(len(self.rows)) if number not in self._used]
