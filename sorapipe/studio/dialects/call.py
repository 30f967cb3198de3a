"""One request in a dialect, and what it asks the studio for in the studio's own tongue."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sorapipe.studio.refusal import Refusal
from sorapipe.studio.requests import Fields, File

Query = Mapping[str, Any]

# What is the dialect's own business and not the studio's. No other server honours the last one.
_OWN = {b"content-type", b"content-length", b"transfer-encoding", b"idempotency-key"}
_OF_THE_ANSWER = {"content-type", "content-length"}


@dataclass(frozen=True, slots=True)
class Call:
    """A `request` in a dialect; `ids` are the parts of its path that vary."""

    studio: ASGIApp
    request: Request
    ids: dict[str, str]

    async def ask(
        self, method: str, path: str, fields: Fields | None = None, *, query: Query | None = None
    ) -> Any:
        """The document that the studio answers `/v1` + `path` with; raises Refusal."""
        kind, body = _encoded(fields)
        told = _Told()
        await self.studio(self._scope(method, path, query, kind), self._receive(body), told.send)
        return told.document()

    def content(
        self, path: str, *, ranges: bool, query: Query | None = None, gone: Refusal | None = None
    ) -> ASGIApp:
        """The bytes that the studio answers `/v1` + `path` with; sending them may raise Refusal.

        Where this kind of server knows no `ranges`, it says so and sends all of it. `gone` is what
        is raised for content that is no longer there.
        """

        async def answer(_: Scope, receive: Receive, send: Send) -> None:
            told = _Told(passed=send, ranges=ranges)
            scope = self._scope("GET", path, query, b"", ranges=ranges)
            await self.studio(scope, receive, told.send)
            if told.status == 404 and gone is not None:
                raise gone
            if not told.passing:
                told.document()

        return answer

    def _scope(
        self, method: str, path: str, query: Query | None, kind: bytes, *, ranges: bool = True
    ) -> Scope:
        dropped = _OWN if ranges else {*_OWN, b"range"}
        headers = [pair for pair in self.request.scope["headers"] if pair[0] not in dropped]
        whole = f"/v1{path}"
        return {
            **self.request.scope,
            "method": method,
            "path": whole,
            "raw_path": whole.encode(),
            "query_string": urlencode(query or {}).encode(),
            "headers": [*headers, (b"content-type", kind)] if kind else headers,
        }

    def _receive(self, body: bytes) -> Receive:
        """The body, and after it whatever comes from the client: that it went away, say."""
        parts = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Message:
            return next(parts, None) or await self.request.receive()

        return receive


@dataclass(slots=True)
class _Told:
    """Takes what the studio sends; with `passed`, hands what is no refusal straight on."""

    passed: Send | None = None
    ranges: bool = True
    passing: bool = False
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    async def send(self, message: Message) -> None:
        """See ASGI."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {key.decode(): value.decode() for key, value in message["headers"]}
            self.passing = self.passed is not None and self.status < 400
            if not self.ranges:
                own = [pair for pair in message["headers"] if pair[0] != b"accept-ranges"]
                message = {**message, "headers": own}
        elif not self.passing:
            self.body += message.get("body", b"")
        if self.passing and self.passed:
            await self.passed(message)

    def document(self) -> Any:
        """The JSON that was told; raises Refusal where it is one."""
        document = json.loads(bytes(self.body))
        if self.status < 400:
            return document
        error = document["error"]
        raise Refusal(
            error["message"],
            status=self.status,
            param=error["param"],
            code=error["code"],
            kind=error["type"],
            headers={
                key: value for key, value in self.headers.items() if key not in _OF_THE_ANSWER
            },
        )


def _encoded(fields: Fields | None) -> tuple[bytes, bytes]:
    """The content type and the body: JSON, and multipart only where there is a file."""
    if fields is None:
        return b"", b""
    parts = list(_flat(fields))
    if not any(isinstance(value, File) for _, value in parts):
        return b"application/json", json.dumps(fields).encode()
    boundary = uuid.uuid4().hex.encode()
    body = bytearray()
    for name, value in parts:
        file = b'; filename="file"' if isinstance(value, File) else b""
        body += b'--%b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n' % (
            boundary,
            name.encode(),
            file,
        )
        body += (value.data if isinstance(value, File) else str(value).encode()) + b"\r\n"
    return b"multipart/form-data; boundary=" + boundary, bytes(body + b"--" + boundary + b"--\r\n")


def _flat(fields: Fields, within: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in fields.items():
        name = f"{within}[{key}]" if within else key
        if isinstance(value, list):
            yield from _flat({str(at): item for at, item in enumerate(value)}, name)
        elif isinstance(value, dict):
            yield from _flat(value, name)
        else:
            yield name, value
