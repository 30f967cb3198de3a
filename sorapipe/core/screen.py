"""A quick look at a shot: it lets through only what the schema would, and most of that.

jsonschema takes a hundred times longer, so it is asked only about the shots that are held back.
A property test keeps this one the stricter of the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_SIZE = re.compile(r"[1-9][0-9]{1,3}x[1-9][0-9]{1,3}")
_INHERITED = ("model", "size", "seconds")


def passes(shot: Any) -> bool:
    """Whether the shot is surely good; False says nothing."""
    if type(shot) is not dict or "id" not in shot:
        return False
    parents = 0
    for key, value in shot.items():
        rule = _RULES.get(key)
        if rule is None or not rule(value):
            return False
        parents += rule is _parent
    return not parents or (parents == 1 and not any(key in shot for key in _INHERITED))


def _text(most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is str and 0 < len(value) <= most


def _whole(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


def _parent(value: Any) -> bool:
    return type(value) is str and value != ""


def _tags(value: Any) -> bool:
    return type(value) is list and all(map(_text(200), value))


def _size(value: Any) -> bool:
    return type(value) is str and _SIZE.fullmatch(value) is not None


_RULES: dict[str, Callable[[Any], bool]] = {
    "id": _text(1000),
    "prompt": _text(32_000),
    "model": _text(200),
    "seconds": _whole(1, 3600),
    "size": _size,
    "takes": _whole(1, 1000),
    "seed": _whole(0, 2**31 - 1),
    "tags": _tags,
    "file": _text(1000),
    "remix-of": _parent,
    "edit-of": _parent,
    "extend-of": _parent,
}
