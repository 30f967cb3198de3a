"""Checking a table of a TOML file key by key: each check gives the value, or says what is wrong."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sorapipe.errors import UsageError

Check = Callable[[str, object], Any]  # a place as errors name it, and what stands there

MOST = 10**9  # what is more is a slip of the finger


def nearest(word: str, known: Iterable[str]) -> str:
    """The advice for an unknown word: the nearest known one, or all of them."""
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, n=1)
    if close:
        return f"did you mean '{close[0]}'?"
    return "known: " + ", ".join(choices) if choices else ""


def read(where: str, table: object, checks: Mapping[str, Check]) -> dict[str, Any]:
    """The table's values by the names that Python has for its keys. Raises UsageError."""
    known = rows(where, table)
    for key in known:
        if key not in checks:
            raise UsageError(f"{where}.{key}", "there is no such key", nearest(key, checks))
    return {
        key.replace("-", "_"): checks[key](f"{where}.{key}", value) for key, value in known.items()
    }


def rows(where: str, value: object) -> dict[str, Any]:
    """A table."""
    if not isinstance(value, dict):
        raise UsageError(where, "it is not a table", f"[{where.rpartition(': ')[2]}]")
    return value


def text(where: str, value: object) -> str:
    """A text, which may be empty."""
    if not isinstance(value, str) or not value.isprintable():
        raise UsageError(where, "it is not a text on one line", '"..."')
    return value


def word(where: str, value: object) -> str:
    """A text without spaces, or an empty one: the name of a field or of a header."""
    found = text(where, value)
    if " " in found:
        raise UsageError(where, f"'{found}' is not a name", "a name without spaces")
    return found


def flag(where: str, value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise UsageError(where, f"{value!r} is neither", "true or false")
    return value


def count(where: str, value: object) -> int:
    """A whole number from 1."""
    if type(value) is not int or not 1 <= value <= MOST:
        raise UsageError(where, f"{value!r} is no count", "a whole number from 1")
    return value


def number(where: str, value: object) -> Decimal:
    """A number above 0."""
    found = amount(where, value)
    if not found:
        raise UsageError(where, "0 is not possible", "a number above 0")
    return found


def amount(where: str, value: object) -> Decimal:
    """A number from 0."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        raise UsageError(where, f"{value!r} is not a number", "a number from 0")
    found = Decimal(str(value))
    if not found.is_finite() or not 0 <= found <= MOST:
        raise UsageError(where, f"{value} is not possible", "a number from 0")
    return found


def interval(where: str, value: object) -> float:
    """Seconds between two looks."""
    return float(number(where, value))


def day(where: str, value: object) -> date:
    """A date."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise UsageError(where, f"{value!s} is not a date", "a date such as 2026-09-30, unquoted")
    return value


def one_of(*choices: str) -> Check:
    """A check for one of these words."""

    def check(where: str, value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise UsageError(where, f"{value!r} is not possible", "one of " + ", ".join(choices))
        return value

    return check


def texts(where: str, value: object) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list):
        raise UsageError(where, "it is not a list", '["...", "..."]')
    return tuple(text(where, item) for item in value)


def each(check: Check) -> Check:
    """A check for a table whose keys are anybody's: every value passes this one."""

    def checked(where: str, value: object) -> dict[str, Any]:
        return {key: check(f"{where}.{key}", item) for key, item in rows(where, value).items()}

    return checked
