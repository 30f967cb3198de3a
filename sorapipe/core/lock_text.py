"""The lock as text: JSON with a take a line, so that git can merge what two people rendered. Pure.

Everything that `schemas/lock.schema.json` allows is written; what a later version may add to a take
is read over.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from sorapipe.core.lock import Lock, LockedTake
from sorapipe.core.price import as_number, usd

VERSION = 1
_DEAREST = 10**12  # USD: no take costs that

_MARKER = re.compile(r"(<{7}|\|{7}|={7}|>{7})( |$)")
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,63})@([1-9][0-9]{0,5})")
_HEX = re.compile(r"[0-9a-f]{64}")
_ANEW = "restore it, as from git, or write it anew with 'sorapipe run --lock'"


class BadLock(ValueError):
    """The text is no lock: in which line (0 where that is not known), what, and what is right."""

    def __init__(self, line: int, what: str, fix: str = "") -> None:
        super().__init__(line, what, fix)
        self.line = line
        self.what = what
        self.fix = fix


def text_of(lock: Lock) -> str:
    """The lock's text: equal locks have equal texts."""
    takes = sorted(lock.takes.values(), key=lambda take: (take.shot, take.number))
    lines = [f"    {_json(take.name)}: {_json(_as_data(take))}" for take in takes]
    inner = "{\n" + ",\n".join(lines) + "\n  }" if lines else "{}"
    provider = _json(lock.provider)
    return f'{{\n  "version": {VERSION},\n  "provider": {provider},\n  "takes": {inner}\n}}\n'


def parse(text: str) -> Lock:
    """The lock of that text.

    Raises:
        BadLock: it is none, or of a version to come.
    """
    _unmerged(text)
    try:
        data = json.loads(text, object_pairs_hook=lambda pairs: _once(pairs, text))
    except BadLock:
        raise
    except json.JSONDecodeError as error:
        raise BadLock(error.lineno, f"is no JSON: {error.msg.lower()}", _ANEW) from None
    except (ValueError, RecursionError):  # digits or brackets without an end
        raise BadLock(0, "is no lock", _ANEW) from None
    if not isinstance(data, dict):
        raise BadLock(1, "is no lock: it is no mapping", _ANEW)
    version = data.get("version")
    if version != VERSION or isinstance(version, bool):
        later = isinstance(version, int) and version > VERSION
        fix = "a newer sorapipe wrote it: use that" if later else f"say {VERSION}"
        raise BadLock(_line(text, "version"), f"its version is not {VERSION}", fix)
    provider, takes = data.get("provider"), data.get("takes")
    if not isinstance(provider, str) or not provider:
        raise BadLock(_line(text, "provider"), "its 'provider' is no name", _ANEW)
    if not isinstance(takes, dict):
        raise BadLock(_line(text, "takes"), "its 'takes' are no mapping", _ANEW)
    lock = Lock(provider, {name: _take(name, said, text) for name, said in takes.items()})
    picked: dict[str, str] = {}
    for take in lock.takes.values():
        if take.pick and picked.setdefault(take.shot, take.name) != take.name:
            what = f"shot '{take.shot}' has two picks, {picked[take.shot]} and {take.name}"
            raise BadLock(_line(text, take.name), what, "leave it one")
    return lock


def _as_data(take: LockedTake) -> dict[str, Any]:
    data = {
        "fingerprint": take.fingerprint,
        "sha256": take.sha256,
        "bytes": take.bytes,
        "model": take.model,
        "video": take.video,
        "price": as_number(take.price),
        "date": take.date,
    }
    if take.engine is not None:
        data["engine"] = take.engine
    return data | ({"pick": True} if take.pick else {})


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def _unmerged(text: str) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        if _MARKER.match(line):
            fix = "take one side of it, or write it anew with 'sorapipe run --lock'"
            raise BadLock(number, "a merge left its conflict here", fix)


def _once(pairs: list[tuple[str, Any]], text: str) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        name = next(name for name, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise BadLock(_line(text, name, nth=2), f"'{name}' stands here again", "leave one of them")
    return found


def _line(text: str, key: str, nth: int = 1) -> int:
    """The line in which that key stands for the nth time, 0 where it doesn't."""
    for number, line in enumerate(text.splitlines(), start=1):
        nth -= line.lstrip().startswith(f"{_json(key)}:")
        if not nth:
            return number
    return 0


def _take(name: str, said: Any, text: str) -> LockedTake:
    match = _NAME.fullmatch(name)
    if match is None:
        raise BadLock(_line(text, name), f"'{name}' names no take", "names are such as dawn@1")
    if not isinstance(said, dict):
        raise BadLock(_line(text, name), f"{name} is no mapping", _ANEW)
    for field, (is_right, right) in _FIELDS.items():
        if not is_right(said.get(field)):
            raise BadLock(_line(text, name), f"'{field}' of {name} is wrong", f"it is {right}")
    price = said.get("price")
    return LockedTake(
        shot=match[1],
        number=int(match[2]),
        fingerprint=said["fingerprint"],
        sha256=said["sha256"],
        bytes=said["bytes"],
        model=said["model"],
        date=said["date"],
        price=None if price is None else usd(price),
        video=said.get("video"),
        engine=said.get("engine"),
        pick=said.get("pick", False),
    )


def _hex(value: Any) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _text_or_none(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _length(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _amount(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is None or (number and 0 <= value <= _DEAREST)


_FIELDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "fingerprint": (_hex, "64 hex digits"),
    "sha256": (_hex, "64 hex digits"),
    "bytes": (_length, "a whole number from 1"),
    "model": (_text, "a text"),
    "date": (_text, "a text"),
    "price": (_amount, "an amount in USD, or null"),
    "video": (_text_or_none, "a text, or null"),
    "engine": (_text_or_none, "a text"),
    "pick": (lambda value: value is None or isinstance(value, bool), "true or false"),
}
