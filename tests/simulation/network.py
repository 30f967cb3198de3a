"""What lies between us and the server: a `Sender` with no HTTP below it, which loses and delays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from functools import lru_cache, partial
from itertools import accumulate
from random import Random
from typing import Any, Protocol, Self

from sorapipe.videos.errors import APIConnectionError, APITimeoutError
from sorapipe.videos.wire import WireAnswer, WireRequest
from tests.simulation.scenario import CALM, PROMISE, Weather
from tests.simulation.server import Post, Render, Reply, Server, as_json

# What may become of a create, and how often. After `-after` the server took it on.
FATES = {
    "unreached": 4,  # no connection: nothing was sent
    "lost": 2,  # it never arrives, and the connection breaks
    "lost-hang": 1,  # it never arrives, and nobody says so
    "hang-after": 2,
    "reset-after": 3,
    "late-after": 2,  # the connection breaks, and it arrives later all the same
    "500-after": 1,
    "502-after": 2,
    "503-after": 1,
    "504-after": 2,
    "409-after": 1,
    "408-after": 1,
    "302-after": 1,
    "cut-after": 1,  # 200, and half a body
    "nameless-after": 1,  # 200, and no id
    "500": 1,
    "502": 2,
    "503": 2,
    "409": 1,
    "408": 1,
    "429": 5,
    "400": 1,
    "401": 0.3,
    "402": 0.2,
    "quota": 0.2,
}
_NAMES, _WEIGHTS = list(FATES), list(accumulate(FATES.values()))
_NO = frozenset({"429", "400", "401", "402", "quota"})
LOOKS = ("reset", "hang", "500", "502", "503", "429", "404", "page")
FETCHES = ("reset", "cut", "short", "500", "503", "404", "page", "429")


class Side(Protocol):
    """What the network asks of the machine that uses it."""

    def seen(self, what: str, path: str) -> None:
        """Something is about to happen; may raise Dead."""

    def now(self) -> float:
        """True seconds since the beginning."""

    def sleep(self, seconds: float) -> asyncio.Future[None]:
        """Done after so many seconds."""

    def is_durable(self, project: int, word: str) -> bool:
        """Whether the ledger of that project has the word on the medium."""


class Network:
    """The way from one project's run to the server."""

    def __init__(
        self, server: Server, side: Side, project: int, session: int, chance: Random
    ) -> None:
        self._server = server
        self._side = side
        self._project = project
        self._session = session
        self._chance = chance
        self.weather: Weather = CALM

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Nothing is open."""

    async def send(
        self,
        request: WireRequest,
        *,
        before_send: Callable[[], Awaitable[None]] | None = None,
        timeout: float,  # noqa: ASYNC109 - the protocol's
    ) -> WireAnswer:
        """The answer to one request; raises APIConnectionError where none comes."""
        side, chance = self._side, self._chance
        side.seen("ask", f"{request.method} {request.path}")
        await self._side.sleep(chance.choice((0.01, 0.05, 0.3)))
        if request.spends:
            return await self._create(request, before_send, timeout)
        return await self._look(request, timeout)

    async def _create(self, request: WireRequest, before_send: Any, patience: float) -> WireAnswer:
        side, server, chance = self._side, self._server, self._chance
        fate = self._fate()
        if fate == "unreached":
            raise APIConnectionError(request.where, "connection refused", spent="not_sent")
        if before_send is not None:
            await before_send()
        side.seen("send", request.path)
        post = self._post(request, fate)
        server.expect(post)
        side.seen("sent", request.path)
        if fate in ("lost-hang", "hang-after"):
            await self._side.sleep(patience)
            server.advance(side.now())
            raise APITimeoutError(request.where, "no whole answer in time", spent="ambiguous")
        await self._side.sleep(chance.choice((0.05, 0.2, 1.0, 20.0)))
        server.advance(side.now())
        side.seen("answer", request.path)
        if fate in ("lost", "reset-after", "late-after"):
            raise APIConnectionError(request.where, "connection reset", spent="ambiguous")
        return self._verdict(post, fate)

    def _fate(self) -> str:
        if self._chance.random() >= self.weather.create:
            return "ok"
        return self._chance.choices(_NAMES, cum_weights=_WEIGHTS)[0]

    def _post(self, request: WireRequest, fate: str) -> Post:
        now, key = self._side.now(), request.headers.get("idempotency-key", "")
        arrives: float | None = now + 0.02
        if fate.startswith("lost"):
            arrives = None
        elif fate == "late-after":
            arrives = now + self._chance.uniform(1.0, PROMISE - 9.0)
        middle, _, last = request.path.removeprefix("/videos").strip("/").partition("/")
        return Post(
            at=now,
            project=self._project,
            session=self._session,
            key=key,
            body=request.json or dict(request.form),
            parent=middle if last == "remix" else None,
            intended=self._side.is_durable(self._project, key),
            arrives=arrives,
            takes_on=fate == "ok" or fate.endswith("-after"),
        )

    def _verdict(self, post: Post, fate: str) -> WireAnswer:
        """What the client reads, and how the books note it."""
        reply = self._server.answer_to(post, self._side.now())
        if fate == "ok":
            post.told = "yes" if reply[0] == 200 else "no" if reply[0] == 404 else "silent"
            return self._answer(reply)
        if fate in _NO:
            post.told = "no"
        if fate == "cut-after":
            return self._answer((200, None), body=as_json(reply[1])[:20])
        if fate == "nameless-after":
            return self._answer((200, {"status": "queued"}))
        if fate == "quota":
            return self._answer((429, {"error": {"code": "insufficient_quota", "message": "no"}}))
        status = int(fate.removesuffix("-after"))
        more = {}
        if status == 429 and self._chance.random() < 0.6:
            more = {"retry-after": self._chance.choice(("1", "7", "soon", "1e9", "-3"))}
        return self._answer((status, {"error": {"message": fate}}), **more)

    async def _look(self, request: WireRequest, patience: float) -> WireAnswer:
        side, server, chance = self._side, self._server, self._chance
        fate = chance.choice(LOOKS) if chance.random() < self.weather.look else "ok"
        if fate == "hang":
            await self._side.sleep(patience)
            raise APITimeoutError(request.where, "no whole answer in time", spent="not_sent")
        await self._side.sleep(chance.choice((0.02, 0.1, 0.5)))
        if fate == "reset":
            raise APIConnectionError(request.where, "connection reset", spent="not_sent")
        video = request.path.removeprefix("/videos").strip("/")
        if fate == "404" and not video:
            fate = "503"  # a list that is there one moment is not gone the next
        if fate == "page":
            return self._answer((200, None), body=b"<html>back soon</html>")
        if fate != "ok":
            return self._answer((int(fate), {"error": {"message": fate}}))
        now = side.now()
        server.advance(now)
        if not video:
            return self._answer(server.page(self._project, request.query, now))
        self._asked(video)
        return self._answer(server.retrieve(video, now))

    def _asked(self, video: str) -> None:
        render = self._server.renders.get(video)
        if render is not None and not render.looked and render.post.project == self._project:
            render.looked = True
            render.durable_before_look = self._side.is_durable(self._project, video)

    def _answer(self, reply: Reply, body: bytes | None = None, **headers: str) -> WireAnswer:
        status, value = reply
        return WireAnswer(
            status=status,
            headers={"date": self._date(), "content-type": "application/json", **headers},
            body=as_json(value) if body is None else body,
        )

    def _date(self) -> str:
        return _http_date(int(self._server.clock(self._side.now())))

    @asynccontextmanager
    async def open(
        self,
        request: WireRequest,
        *,
        timeout: float,  # noqa: ASYNC109 - the protocol's
    ) -> AsyncIterator[Content]:
        """A video's bytes, as they come."""
        side, chance = self._side, self._chance
        side.seen("fetch", request.path)
        await self._side.sleep(chance.choice((0.02, 0.2)))
        fate = chance.choice(FETCHES) if chance.random() < self.weather.fetch else "ok"
        if fate == "reset":
            raise APIConnectionError(request.where, "connection reset", spent="not_sent")
        self._server.advance(side.now())
        video = request.path.removeprefix("/videos/").removesuffix("/content")
        render = self._server.has_bytes(video, side.now())
        if fate == "page":
            yield Content(200, b"<html>back soon</html>", "text/html", request)
        elif fate in ("404", "429", "500", "503") or render is None:
            status = 404 if render is None else int(fate)
            yield Content(
                status, as_json({"error": {"message": "no"}}), "application/json", request
            )
        else:
            yield self._film(render, request, fate)

    def _film(self, render: Render, request: WireRequest, fate: str) -> Content:
        """The video, or what is left of it, from the byte that is asked for."""
        whole, tag = render.bytes(), f'"{render.id}"'
        asked = request.headers.get("range", "")
        start = (
            int(asked.removeprefix("bytes=").rstrip("-") or 0) if self._server.kind.ranges else 0
        )
        part = whole[start:] if fate == "ok" else whole[start : self._chance.randrange(len(whole))]
        headers = {"content-length": str(len(whole) - start)} if fate != "short" else {}
        if self._server.kind.ranges:
            headers["etag"] = tag
        if start:
            headers["content-range"] = f"bytes {start}-{len(whole) - 1}/{len(whole)}"
        content = Content(206 if start else 200, part, "video/mp4", request, breaks=fate == "cut")
        content.headers.update(headers)
        return content


_http_date = lru_cache(maxsize=64)(partial(formatdate, usegmt=True))


class Content:
    """An answer whose body is still coming; it `breaks` off at its end."""

    def __init__(
        self, status: int, body: bytes, kind: str, request: WireRequest, *, breaks: bool = False
    ) -> None:
        self.status = status
        self.headers = {"content-type": kind}
        self._body = body
        self._request = request
        self._breaks = breaks

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body in two pieces."""
        half = len(self._body) // 2
        yield self._body[:half]
        await asyncio.sleep(0.1)
        yield self._body[half:]
        if self._breaks:
            raise APIConnectionError(self._request.where, "connection reset", spent="not_sent")

    async def answer(self) -> WireAnswer:
        """The body as a short answer."""
        return WireAnswer(status=self.status, headers=self.headers, body=self._body)
