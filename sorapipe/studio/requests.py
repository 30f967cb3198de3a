"""From the bytes of a request to its fields, JSON or multipart, brackets and files included.

A field's value is what JSON has (text, number, boolean, object, array) or a `File`. Fields that are
null are not there. Raises Refusal for what cannot be read.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from sorapipe.studio.refusal import Refusal

BODY = 64 << 20  # bytes
PARTS = 200
DEPTH = 8

# What the parser finds wrong is told to the client; to stderr it is nobody's business.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

Fields = dict[str, Any]
_Reader = Callable[[bytes, bytes], Fields]  # of a body and its boundary

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


@dataclass(frozen=True, slots=True)
class File:
    """A file that came in a multipart request."""

    data: bytes


async def read_fields(request: Request) -> Fields:
    """The fields of a POST."""
    return await _read(request, {b"application/json": _json, b"multipart/form-data": _multipart})


async def read_form(request: Request) -> Fields:
    """The fields of a POST that has to be multipart."""
    return await _read(request, {b"multipart/form-data": _multipart})


async def _read(request: Request, readers: Mapping[bytes, _Reader]) -> Fields:
    body = await read_body(request)
    given = request.headers.get("content-type", "application/json")
    kind, options = parse_options_header(given)
    if kind not in readers:
        taken = " and ".join(f"'{kind.decode()}'" for kind in readers)
        raise Refusal(
            f"Unsupported content type: '{given[:100]}'. This method takes {taken}.",
            code="unsupported_content_type",
        )
    return readers[kind](body, options.get(b"boundary", b""))


async def read_body(request: Request) -> bytes:
    """The body, at most BODY bytes of it.

    What is too long is read on for a while and thrown away, because a client that is still sending
    would lose the answer with its connection.
    """
    kept, length = bytearray(), 0
    try:
        async for chunk in request.stream():
            length += len(chunk)
            if length <= BODY:
                kept += chunk
            elif length > 4 * BODY:
                break
    except ClientDisconnect:
        raise Refusal("The client went away while it was sending the request.") from None
    if length > BODY:
        limit = f"{BODY >> 20} MiB"
        raise Refusal(f"The request is larger than {limit}.", status=413, code="request_too_large")
    return bytes(kept)


def _json(body: bytes, _: bytes = b"") -> Fields:
    try:
        document = json.loads(body.decode(), parse_constant=_no_such_number)
        if b"\\u" in body:
            json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Refusal(
            "We could not parse the JSON body of your request: expected one JSON object in UTF-8."
        )
    return {name: value for name, value in document.items() if value is not None}


def _no_such_number(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are Python's, not JSON's


@dataclass(slots=True)
class _Part:
    headers: dict[bytes, bytes] = field(default_factory=dict)
    header: bytes = b""
    value: bytes = b""
    data: bytearray = field(default_factory=bytearray)


class _Parts:
    """Collects the parts of a multipart body from the parser's callbacks."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.whole = False

    def on_part_begin(self) -> None:
        if len(self.parts) == PARTS:
            raise Refusal(f"The request has more than {PARTS} parts.")
        self.parts.append(_Part())

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].value += data[start:end]

    def on_header_end(self) -> None:
        part = self.parts[-1]
        part.headers[part.header.lower()] = part.value
        part.header = part.value = b""

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].data += data[start:end]

    def on_end(self) -> None:
        self.whole = True


_EVENTS = ("part_begin", "header_field", "header_value", "header_end", "part_data", "end")


def _multipart(body: bytes, boundary: bytes) -> Fields:
    if boundary and body.strip() == b"--" + boundary + b"--":
        return {}  # what clients send for no fields at all, and not every parser takes
    found = _Parts()
    callbacks: Any = {f"on_{event}": getattr(found, f"on_{event}") for event in _EVENTS}
    try:
        parser = MultipartParser(boundary, callbacks)
        parser.write(body)
        parser.finalize()
    except FormParserError:
        found.whole = False
    if not found.whole:
        raise Refusal("We could not parse the multipart body of your request.")
    return _nested(_named(part) for part in found.parts)


def _named(part: _Part) -> tuple[str, str | File]:
    """A part's name and value: a file where it has a file's name, or is not text."""
    _, options = parse_options_header(part.headers.get(b"content-disposition", b""))
    try:
        name = options[b"name"].decode()
    except (KeyError, UnicodeDecodeError):
        raise Refusal("A part of your multipart request has no readable name.") from None
    data = bytes(part.data)
    if b"filename" in options:
        return name, File(data)
    try:
        return name, data.decode()
    except UnicodeDecodeError:
        return name, File(data)


def _nested(items: Iterable[tuple[str, str | File]]) -> Fields:
    """`a[b]` becomes an object, `a[]`, `a[][b]` and `a[0][b]` an array."""
    top: Fields = {}
    for name, value in items:
        match = _NAME.fullmatch(name)
        keys = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])] if match else []
        if not 1 <= len(keys) <= DEPTH or not _put(top, keys, value):
            raise Refusal(f"Duplicate or malformed parameter: '{name[:100]}'.", param=name[:100])
    return {name: _listed(value) for name, value in top.items()}


def _put(place: Any, keys: list[str], value: str | File) -> bool:
    """Put the value where the keys lead; False where something else is there."""
    key, *rest = keys
    if key == "":
        return isinstance(place, list) and _append(place, rest, value)
    if not isinstance(place, dict) or (not rest and key in place):
        return False
    if rest:
        return _put(place.setdefault(key, _empty(rest)), rest, value)
    place[key] = value
    return True


def _append(items: list[Any], rest: list[str], value: str | File) -> bool:
    """Put the value into the last item, or into a new one where that has the key already."""
    if not rest:
        items.append(value)
        return True
    if items and _put(items[-1], rest, value):
        return True
    items.append(_empty(rest))
    return _put(items[-1], rest, value)


def _empty(keys: list[str]) -> Any:
    return [] if keys[0] == "" else {}


def _listed(value: Any) -> Any:
    """Objects whose keys count from 0 as the arrays that they are."""
    if isinstance(value, list):
        return [_listed(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(item) for key, item in value.items()}
    counted = [str(number) for number in range(len(inner))]
    return [inner[key] for key in counted] if set(inner) == set(counted) else inner
