"""Reading loose JSON: each function takes whatever a server wrote and gives a value or nothing.

None of them raises, whatever it is given: a strange field is no reason to lose a paid render.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

_LONGEST_ID = 1024
_LONGEST_INTEGER = 600  # digits: below the least limit that Python can be set to
_MOST = Decimal(10**9)  # USD; no render costs that, and arithmetic stays exact
_MILLISECONDS = 1e11  # as seconds that is the year 5138, so the server means milliseconds
_LAST_YEAR = 253402300799.0  # the end of 9999, where calendars stop

_QUOTE = re.compile(r"(?:\A| - )\s*(?=\{)")
_DECODER = json.JSONDecoder()


def parse(body: bytes) -> object:
    """The JSON value in a body, or None where there is none."""
    try:
        # One bad byte, or a number beyond all sense, is no reason to lose the id beside it.
        whole = body.decode(json.detect_encoding(body), "replace")
        value: object = _SHORT_INTEGERS.decode(whole)
        if b"\\ud" in body or b"\\uD" in body:
            # Half a surrogate pair is legal JSON and can't be written down anywhere later.
            text = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass")
            value = json.loads(text.decode("utf-16", "replace"))
    except (ValueError, RecursionError):
        return None
    return value


def _integer(digits: str) -> int | float:
    """A JSON integer; Python refuses to read one of thousands of digits, so that is a float."""
    return int(digits) if len(digits) < _LONGEST_INTEGER else float(digits)


_SHORT_INTEGERS = json.JSONDecoder(parse_int=_integer)


def text(value: object) -> str | None:
    """A text that is not blank; numbers are written out."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return str(value)
        except ValueError:  # Python refuses to write integers of thousands of digits
            return None
    return None


def identifier(value: object) -> str | None:
    """A text that can be an id: it has to survive being a part of a path."""
    word = text(value)
    if word is None or len(word) > _LONGEST_ID or word in {".", ".."} or not word.isprintable():
        return None
    # What was no character when it came can't be said back to the server; a space is the only
    # white space that is printable.
    return None if " " in word or "\ufffd" in word else word


def number(value: object) -> float | None:
    """A finite number, also out of "8", "8s", "8.0 sec" or "45%"."""
    if isinstance(value, str):
        found = re.match(r"\s*([+-]?\d{1,18}(?:\.\d{1,18})?)\s*(?:s|sec|seconds|%)?\s*$", value)
        return float(found[1]) if found else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value) if math.isfinite(value) else None
        except OverflowError:
            return None
    return None


def flag(value: object) -> bool | None:
    """True or false, also as a text, or as 1 or 0."""
    if isinstance(value, bool):
        return value
    word = (text(value) or "").strip().lower()
    return {"true": True, "1": True, "false": False, "0": False}.get(word)


def moment(value: object) -> float | None:
    """Seconds since the epoch, out of a number (also in milliseconds) or an ISO 8601 text."""
    seconds = number(value)
    if seconds is None and isinstance(value, str):
        try:
            when = datetime.fromisoformat(value.strip())
            seconds = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    if seconds is not None and seconds > _MILLISECONDS:
        seconds /= 1000
    return seconds if seconds is not None and 0 <= seconds <= _LAST_YEAR else None


def money(value: object) -> Decimal | None:
    """US dollars, not below nothing."""
    word = text(value)
    if word is None or len(word) > 40:
        return None
    try:
        amount = Decimal(word.strip().removeprefix("$"))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount <= _MOST else None


def pixels(raw: Mapping[str, Any]) -> str | None:
    """The size as "WIDTHxHEIGHT", out of `size` or out of `width` and `height`."""
    word = text(raw.get("size"))
    if word is None:
        word = f"{text(raw.get('width'))}x{text(raw.get('height'))}"
    found = re.fullmatch(r"\s*(\d{1,5})\s*[xX*×]\s*(\d{1,5})\s*", word)
    return f"{int(found[1])}x{int(found[2])}" if found else None


def address(raw: Mapping[str, Any], places: tuple[str, ...] = ()) -> str | None:
    """Where the result lies: at the first of those dotted names, else where any server puts it."""
    for place in places:
        if found := text(_at(raw, place)):
            return found
    for name in ("url", "video_url"):
        if found := text(raw.get(name)):
            return found
    for name in ("urls", "unsigned_urls"):
        several = raw.get(name)
        if isinstance(several, list) and several and (found := text(several[0])):
            return found
    for name in ("video", "metadata", "meta_data", "outputs"):
        inner = raw.get(name)
        if isinstance(inner, Mapping):
            for key in ("url", "video_url"):
                if found := text(inner.get(key)):
                    return found
    return None


def _at(raw: object, place: str) -> object:
    """What stands at a dotted name; a number counts into a list."""
    for step in place.split("."):
        if isinstance(raw, Mapping):
            raw = raw.get(step)
        elif isinstance(raw, list) and step.isdecimal() and int(step) < len(raw):
            raw = raw[int(step)]
        else:
            return None
    return raw


def complaint(value: object) -> tuple[str, str]:
    """Code and message of an error, told as an object, a text, or FastAPI's list of details.

    Where a gateway quotes the error of the server behind it, they are that server's.
    """
    code, message = _outer(_innermost(value))
    return code or _outer(value)[0], message


def details(value: object) -> Mapping[str, Any]:
    """The object that `complaint` reads, for what else it has; an empty one where it is none."""
    whole = _innermost(value)
    found = whole.get("error") if isinstance(whole, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def quoted(value: object) -> Mapping[str, Any]:
    """What a gateway got and passes on in the message of its own error; an empty one if nothing.

    It is JSON, whole, at the start of the message or behind a dash.
    """
    message = _outer(value)[1]
    place = _QUOTE.search(message)
    if place is None:
        return {}
    try:
        _, end = _DECODER.raw_decode(message, place.end())
    except (ValueError, RecursionError):
        return {}
    found = parse(message[place.end() : end].encode("utf-8", "replace"))
    return found if isinstance(found, Mapping) else {}


def _innermost(value: object) -> object:
    """The error that is quoted in that one, if it says what is wrong, else that one."""
    inner = quoted(value)
    told = ("error" in inner or "detail" in inner) and _outer(inner)[1]
    return inner if told else value


def _outer(value: object) -> tuple[str, str]:
    """`complaint`, of what is told and not of what is quoted in it."""
    if isinstance(value, Mapping):
        inner = value.get("error") or value.get("detail")
        if inner and not value.get("message"):
            return _inner(inner)
        message = text(value.get("message")) or text(value.get("msg")) or ""
        return text(value.get("code")) or "", message
    if isinstance(value, list):
        return "", "; ".join(filter(None, (_detail(item) for item in value[:5])))
    return "", text(value) or ""


def _inner(value: object) -> tuple[str, str]:
    """`_outer` of what stands inside an envelope: one level, however deep the server nests."""
    if isinstance(value, Mapping):
        message = text(value.get("message")) or text(value.get("msg")) or text(value.get("error"))
        return text(value.get("code")) or "", message or ""
    return _outer(value)


def _detail(item: object) -> str:
    """One of FastAPI's details: where in the request, and what is wrong."""
    if not isinstance(item, Mapping):
        return text(item) or ""
    place = item.get("loc")
    where = ".".join(filter(None, map(text, place))) if isinstance(place, list) else ""
    message = text(item.get("msg")) or text(item.get("message")) or ""
    return f"{where}: {message}" if where and message else message
