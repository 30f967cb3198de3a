"""The lines of a ledger: how an event is written, and whether a line is one.

A line is a JSON object of UTF-8 that begins with `v`, `seq` (1, 2, 3 ... without a gap), `at` (ISO
8601 in UTC) and `event`, and ends with `crc`: CRC-32, eight hex digits, of the bytes before
`,"crc":`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any
from zlib import crc32

Event = dict[str, Any]

VERSION = 1
_CRC = b',"crc":"'
_PARSE_LINES = 1000
_PLAIN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_ESCAPED = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def is_torn(last: bytes) -> bool:
    """Whether it was never finished: not if a byte, but the 0 of a power cut, is its newline."""
    return not (last.endswith(b"\n") or _sealed(last) or (_sealed(last[:-1]) and last[-1]))


def decode_all(lines: Iterable[bytes]) -> Iterator[tuple[bytes, Event | None]]:
    """Every line with its `decode`; many in one parse is twice as fast, and they share keys."""
    rest = iter(lines)
    while part := list(islice(rest, _PARSE_LINES)):
        events: list[Event | None] = []
        if all(map(_sealed, part)):
            with suppress(ValueError, RecursionError):
                events = json.loads(b"[" + b",".join(part) + b"]")
        yield from zip(part, events if len(events) == len(part) else map(decode, part), strict=True)


def _sealed(line: bytes) -> bool:
    body, _, seal = line.rpartition(_CRC)
    return seal == b'%08x"}\n' % crc32(body) or seal == b'%08x"}' % crc32(body)


def decode(line: bytes) -> Event | None:
    """The event of one line, with or without its newline; None unless every byte is right."""
    if not _sealed(line):
        return None
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):  # sealed, but by nobody of ours
        return None
    return event if isinstance(event, dict) else None


def encode(event: Event) -> tuple[bytes, Event]:
    """The line of an event, with its newline, and the event as a reader of it will see it.

    Raises ValueError, TypeError for what is not JSON.
    """
    try:
        body = _PLAIN.encode(event)[:-1].encode()
        seen = _plain(event)
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8; as an escape it comes back
        body = _ESCAPED.encode(event)[:-1].encode()
        seen = json.loads(body + b"}")  # in which two of them may have become one character
    seal = f"{crc32(body):08x}"
    return b'%b%b%b"}\n' % (body, _CRC, seal.encode()), {**seen, "crc": seal}


def _plain(value: Any) -> Any:
    """The value as JSON gives it back; its texts stay the giver's own: they are not kept twice."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def fault_of(event: Event | None, line: int) -> str:
    """What is wrong with the event that stands in that line; nothing is the empty string."""
    if event is not None and event.get("seq") == line and event.get("v") == VERSION:
        return ""
    if event is None:
        return "this line of the ledger is damaged"
    if event.get("v") != VERSION:
        return f"written by another sorapipe (ledger version {event.get('v')}, not {VERSION})"
    return f"event {line} is missing; this line holds event {event.get('seq')}"
