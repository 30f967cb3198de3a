"""A quick look at a storyboard: it lets through only what the schema would, and most of that.

jsonschema takes a hundred times longer, and a tenth of a second to import: it is asked only
about what is held back. A property test keeps this one the stricter of the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_SIZE = re.compile(r"[1-9][0-9]{1,3}x[1-9][0-9]{1,3}")
_INHERITED = ("model", "size", "seconds")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_PROVIDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TAKEN = frozenset(("id", "prompt", "take", "take0", "index", "index0"))
_COUNTED = frozenset(("take", "take0", "index", "index0"))
_NOT_DEFAULTS = frozenset(("id", "each", "file", "reference", "remix-of", "edit-of", "extend-of"))


def passes_head(storyboard: Any) -> bool:
    """Whether all of the storyboard but what is in its shots is surely good."""
    if type(storyboard) is not dict or "shots" not in storyboard:
        return False
    rules = ((_HEAD.get(key), value) for key, value in storyboard.items())
    return all(rule is not None and rule(value) for rule, value in rules)


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
    if "reference" in shot:
        return not parents
    if "fit" in shot:
        return False
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


def _reference(value: Any) -> bool:
    if type(value) is not dict:
        return _parent(value)
    return (
        value.keys() == {"shot", "frame"} and _parent(value["shot"]) and _is_frame(value["frame"])
    )


def _is_frame(value: Any) -> bool:
    return type(value) is str and value in {"first", "last"}


def _fit(value: Any) -> bool:
    return type(value) is str and value in {"exact", "cover", "contain"}


def _scalar(value: Any) -> bool:
    return type(value) in (str, int, float, bool)


def _variables(value: Any) -> bool:
    return type(value) is dict and all(
        _NAME.fullmatch(name) and name not in _TAKEN and _scalar(said)
        for name, said in value.items()
    )


def _each(value: Any) -> bool:
    if type(value) is not dict:
        return _rows(value) or _parent(value)
    return len(value) > 0 and all(
        _rows(said) if name in ("include", "exclude") else _field(name) and _values(said)
        for name, said in value.items()
    )


def _rows(value: Any) -> bool:
    return type(value) is list and len(value) > 0 and all(map(_row, value))


def _row(value: Any) -> bool:
    return (
        type(value) is dict
        and len(value) > 0
        and all(_field(name) and _scalar(said) for name, said in value.items())
    )


def _field(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name not in _COUNTED


def _values(value: Any) -> bool:
    return type(value) is list and len(value) > 0 and all(map(_scalar, value))


def _defaults(value: Any) -> bool:
    return type(value) is dict and all(
        key in _RULES and key not in _NOT_DEFAULTS and _RULES[key](said)
        for key, said in value.items()
    )


_RULES: dict[str, Callable[[Any], bool]] = {
    "id": _text(1000),
    "each": _each,
    "prompt": _text(32_000),
    "model": _text(200),
    "seconds": _whole(1, 3600),
    "size": _size,
    "takes": _whole(1, 1000),
    "seed": _whole(0, 2**31 - 1),
    "tags": _tags,
    "file": _text(1000),
    "reference": _reference,
    "fit": _fit,
    "remix-of": _parent,
    "edit-of": _parent,
    "extend-of": _parent,
}
_HEAD: dict[str, Callable[[Any], bool]] = {
    "version": lambda value: type(value) is int and value == 1,
    "title": lambda value: type(value) is str and len(value) <= 1000,
    "provider": lambda value: type(value) is str and _PROVIDER.fullmatch(value) is not None,
    "budget": lambda value: type(value) in (int, float) and 0 <= value <= 1_000_000_000,
    "on-ambiguous": lambda value: value in ("settle", "hold"),
    "vars": _variables,
    "defaults": _defaults,
    "shots": lambda value: type(value) is list and len(value) > 0,
}
