"""Numbers and yes or no as FastAPI and pydantic read them, from JSON or from a form's text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,19}\s*")
_NUMBER = re.compile(
    r"\s*[+-]?([0-9]{1,19}(\.[0-9]{0,19})?|\.[0-9]{1,19})(e[+-]?[0-9]{1,2})?\s*", re.I
)
_LARGEST = 1 << 64  # of what JSON may say: more is no number of anything here
_TRUE, _FALSE = ("true", "1", "on", "yes", "t", "y"), ("false", "0", "off", "no", "f", "n")


class Invalid(Exception):
    """A field that is not what it must be: where it is, what it must be, and what came."""

    def __init__(self, name: str, kind: str, message: str, given: Any) -> None:
        super().__init__(message)
        self.name = name
        self.kind = kind
        self.message = message
        self.given = given


@dataclass(frozen=True, slots=True)
class Range:
    """A number from `least` to `most`, or without that bound; `whole` for an integer."""

    whole: bool
    least: float | None = None
    most: float | None = None


def read(
    fields: Mapping[str, Any], numbers: Mapping[str, Range], flags: Iterable[str]
) -> dict[str, Any]:
    """Those of `fields` that `numbers` and `flags` name, as numbers and booleans; raises Invalid.

    An empty text stands for a field that is not there.
    """
    given = {name: value for name, value in fields.items() if value != ""}
    found = {name: _number(name, given[name], numbers[name]) for name in numbers if name in given}
    return found | {name: _flag(name, given[name]) for name in flags if name in given}


def _number(name: str, given: Any, bounds: Range) -> int | float:
    number: int | float
    if bounds.whole:
        number = _integer(name, given)
    elif _NUMBER.fullmatch(given) if isinstance(given, str) else _sized(given):
        number = float(given)
    else:
        raise Invalid(name, "float_parsing", "Input should be a valid number", given)
    if bounds.least is not None and number < bounds.least:
        what = f"Input should be greater than or equal to {bounds.least:g}"
        raise Invalid(name, "greater_than_equal", what, given)
    if bounds.most is not None and number > bounds.most:
        what = f"Input should be less than or equal to {bounds.most:g}"
        raise Invalid(name, "less_than_equal", what, given)
    return number


def _integer(name: str, given: Any) -> int:
    if _WHOLE.fullmatch(given) if isinstance(given, str) else _sized(given) and given % 1 == 0:
        return int(given)
    raise Invalid(name, "int_parsing", "Input should be a valid integer", given)


def _sized(given: Any) -> bool:
    return isinstance(given, int | float) and abs(given) <= _LARGEST


def _flag(name: str, given: Any) -> bool:
    word = str(given).lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise Invalid(name, "bool_parsing", "Input should be a valid boolean", given)
