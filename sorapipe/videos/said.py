"""What a caller says, in any of its usual spellings, as it is sent. What can't be is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sorapipe.errors import UsageError
from sorapipe.videos.dialect import Written
from sorapipe.videos.errors import bounded
from sorapipe.videos.profile import Number, nearest

Seconds = Number | str  # 8, "8", "8s", 8.0
Size = str | tuple[int, int]  # "1280x720" or (1280, 720)

_SECONDS = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*s?\s*")
_SIZE = re.compile(r"\s*([1-9]\d{0,4})\s*[xX×]\s*([1-9]\d{0,4})\s*")
_KEY = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_LONGEST = 64  # bits of a seed, its sign included


def fields(operation: str, told: Mapping[str, object], known: type, *required: str) -> None:
    """Check the names that an operation was called with, against a TypedDict of those it knows.

    Python does not, where they come as `**fields`, and a slip would buy what was not asked for.
    """
    names = known.__annotations__
    for name in told:
        if name not in names:
            raise UsageError(operation, f"there is no '{bounded(name)}'", nearest(name, names))
    for name in required:
        if name not in told:
            raise UsageError(operation, f"it has no '{name}'", f"say {name}=...")


def prompt(value: object) -> str:
    """A prompt: a text that is not blank and can be sent."""
    return text("prompt", value, "say what is to be seen")


def model(value: object) -> str:
    """A model's name."""
    return text("model", value, "a model's name, such as 'sora-2'").strip()


def name(value: object) -> str:
    """A character's name: 1 to 80 characters."""
    found = text("name", value, "1 to 80 characters")
    if len(found) > 80:
        raise UsageError("name", f"it has {len(found)} characters", "1 to 80")
    return found


def seconds(value: object, written: Written = "text") -> str | int:
    """A length in seconds as the dialect writes it."""
    found = _SECONDS.fullmatch(value) if isinstance(value, str) else None
    length = found[1] if found else value
    if isinstance(length, bool) or not isinstance(length, int | float | Decimal | str):
        raise _no_length(value)
    try:
        digits = plain(Decimal(length)) if isinstance(length, str) else plain(length)
    except InvalidOperation as error:
        raise _no_length(value) from error
    if Decimal(digits) <= 0:
        raise _no_length(value)
    if written == "integer" and not digits.isdecimal():
        raise UsageError("seconds", f"{digits} is no whole number", "this server takes no other")
    return int(digits) if written == "integer" else digits


def size(value: object) -> str:
    """A size as WIDTHxHEIGHT in pixels."""
    if isinstance(value, tuple | list) and len(value) == 2:
        value = "x".join(map(str, value))
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise UsageError("size", f"'{_shown(value)}' is not a size", "'1280x720' or (1280, 720)")
    return f"{found[1]}x{found[2]}"


def seed(value: object) -> int:
    """A seed: a whole number."""
    if type(value) is not int or value.bit_length() >= _LONGEST:
        raise UsageError("seed", f"'{_shown(value)}' is no seed", "a whole number of 64 bits")
    return value


def ids(value: Iterable[object]) -> list[dict[str, str]]:
    """Characters by their ids."""
    found = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    if not all(isinstance(item, str) and item.strip() for item in found):
        raise UsageError("characters", "it is not a list of ids", "['char_...']")
    return [{"id": text("characters", item, "['char_...']")} for item in found]


def key(value: object) -> str:
    """An idempotency key: what can stand in a header."""
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        fix = "letters, digits and signs of ASCII"
        raise UsageError("idempotency_key", "it can't stand in a header", fix)
    return value


def parameters(value: object) -> Mapping[str, Any]:
    """A server's own parameters: what JSON can carry, by their names."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise UsageError("extra", "it is no mapping of names to values", "{'steps': 30}")
    for name, item in value.items():
        try:
            json.dumps([name, item], ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            what = f"the value of '{bounded(name)}' is nothing that JSON has"
            raise UsageError("extra", what, "texts, finite numbers, lists, mappings") from error
    return value


def plain(number: Number) -> str:
    """A number as decimal digits: "4", "2.5", never "4.0" or "4e+00"."""
    try:
        value = Decimal(str(number))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise UsageError("request", f"{number} is not a number that can be sent", "a finite one")
    digits = f"{value:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def text(where: str, value: object, fix: str) -> str:
    """A text that is not blank and can be sent."""
    if not isinstance(value, str) or not value.strip():
        raise UsageError(where, "it is empty" if value == "" else "it is not a text", fix)
    return unicode(where, value)


def unicode(where: str, value: str) -> str:
    """A text that can be sent, blank or not."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        what = "it has half a character in it"
        raise UsageError(where, what, "text as Unicode has it") from error
    return value


def _no_length(value: object) -> UsageError:
    return UsageError("seconds", f"'{_shown(value)}' is not a length", "8, '8' or '8s'")


def _shown(value: object) -> str:
    return bounded(str(value)[:60])
