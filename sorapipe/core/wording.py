"""Words for faults: what is said of a document, and the nearest good name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]

_FEW = 300  # names that difflib can weigh one by one without making a bad file slow


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a document at a path in its data; with `key`, the fault is the key's own.

    `meant` is the path of what a misspelt key was probably meant to be: it isn't missed then.
    `first` is the path of the earlier thing that this one clashes with. Where many share the path,
    `which` and `first_which` name the one of them (`row 17 of 'each'`), and `alike` is equal for
    faults of one sort, if their `fix` is not: they are told together (`core.gather`).
    """

    path: Path
    what: str
    fix: str = ""
    key: bool = False
    warning: bool = False
    meant: Path | None = None
    first: Path | None = None
    which: str = ""
    first_which: str = ""
    alike: str = ""


class Names:
    """Known names, to be asked for the nearest one to a name that is not among them.

    Few names are weighed one by one. Of many, only those one slip away are found (a letter more,
    less, other, or two swapped), by an index, so that 10,000 wrong ids in a file of 10,000 shots
    are told in a second and not in an hour.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self.known = tuple(dict.fromkeys(known))
        self._slips: dict[str, str] | None = None
        self._found: dict[str, str | None] = {}

    def nearest(self, name: str) -> str | None:
        """The known name that was probably meant, if any is near."""
        if name not in self._found:
            self._found[name] = self._nearest(name)
        return self._found[name]

    def _nearest(self, name: str) -> str | None:
        if len(self.known) > _FEW:
            return self._one_slip_away(name)
        folded: dict[str, str] = {}
        for known in self.known:
            folded.setdefault(_fold(known), known)
        close = difflib.get_close_matches(_fold(name), folded, n=1, cutoff=0.6)
        return folded[close[0]] if close else None

    def advice(self, name: str, otherwise: str = "") -> str:
        """`did you mean 'x'?`, or what is said where no name is near."""
        near = self.nearest(name)
        return f"did you mean {near!r}?" if near is not None else otherwise

    def _one_slip_away(self, name: str) -> str | None:
        if self._slips is None:
            self._slips = {}
            for known in self.known:
                for variant in _variants(_fold(known)):
                    self._slips.setdefault(variant, known)
        for variant in _variants(_fold(name)):
            if variant in self._slips:
                return self._slips[variant]
        return None


def _fold(name: str) -> str:
    return name.casefold().replace("_", "-")


def _variants(name: str) -> Iterable[str]:
    """The name itself, and the name with any one letter left out."""
    yield name
    for at in range(min(len(name), 64)):
        yield name[:at] + name[at + 1 :]


def either(names: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def shortened(text: str, most: int = 60) -> str:
    """The text for a message: a long one loses its end."""
    return text if len(text) <= most else text[: most - 1] + "…"


def owner(data: Any, path: Path) -> str:
    """What the path is in: `shot 'dawn'`, `'defaults'`, `the storyboard`."""
    if path[:1] != ("shots",) or len(path) < 2:
        return f"'{path[0]}'" if len(path) > 0 else "the storyboard"
    number = int(path[1])
    shot = data["shots"][number]
    name = shot.get("id") if isinstance(shot, dict) else None
    return f"shot '{shortened(name)}'" if isinstance(name, str) and name else f"shot {number + 1}"


def subject(data: Any, path: Path) -> str:
    """The thing itself: `'seconds' of shot 'dawn'`, `'budget'`, `shot 3`."""
    depth = 2 if path[:1] == ("shots",) else 1
    if len(path) <= depth:
        return owner(data, path)
    steps = (str(step + 1) if isinstance(step, int) else step for step in path[depth:])
    return f"'{'.'.join(steps)}' of {owner(data, path[:depth])}"
