"""Requests carried over the network by httpx: once each, with deadlines, without losing the key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from types import TracebackType
from typing import Self, cast

import httpx

from sorapipe.videos import carry
from sorapipe.videos.addresses import is_private
from sorapipe.videos.errors import APIConnectionError, APIError, APITimeoutError, Spent, bounded
from sorapipe.videos.secret import Secret, checked
from sorapipe.videos.trace import BeforeSend, Trace
from sorapipe.videos.wire import WireAnswer, WireRequest

CONNECT_TIMEOUT = 10.0  # seconds for one connection: name and TCP, then TLS
STALL_TIMEOUT = 60.0  # seconds between two pieces of a file: then the connection is dead
MAX_REDIRECTS = 3
_ERROR_LIMIT = 1 << 16  # bytes that are read of an answer that is not the wanted content


class HttpSender:
    """A server at `base_url` (with its `/v1`), spoken to with httpx.

    Proxies and certificate authorities come from the environment, as with httpx, unless a
    `transport` is given. Close it, or use it as a context manager.
    """

    def __init__(
        self,
        base_url: str,
        api_key: Secret | str = "",
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        connect_timeout: float = CONNECT_TIMEOUT,
    ) -> None:
        key = api_key.reveal() if isinstance(api_key, Secret) else api_key
        self._secret = checked(key, "API key")
        self._base = carry.base(base_url)
        self._connect_timeout = connect_timeout
        self._private = is_private(self._base.host)
        # Only httpcore tells the moment before the first byte; others are begun just before.
        self._traced = transport is None or isinstance(transport, httpx.AsyncHTTPTransport)
        self._client = carry.client(transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def send(
        self,
        request: WireRequest,
        *,
        before_send: BeforeSend | None = None,
        timeout: float,  # noqa: ASYNC109 - the deadline stands still in before_send
    ) -> WireAnswer:
        """The whole answer to one request, which is never repeated.

        `before_send` is awaited once, on an open connection, before the first byte; what it raises
        aborts the request and comes out as it is. `timeout` is seconds for the whole call, and
        again from the first byte on. An answer that has said all that counts before it breaks off
        is an answer. Raises APIConnectionError, whose `spent` tells whether it was sent.
        """
        trace = Trace(self._base.host, self._own_peer, before_send)
        http = self._build(request, self._url(request), trace, timeout, trusted=True)
        response, body = None, bytearray()
        try:
            async with asyncio.timeout(timeout) as deadline:
                trace.bind(deadline, timeout)
                response = await self._hand_over(http, trace)
                try:
                    await _pour(response, body, request.limit)
                finally:
                    await response.aclose()
        except Exception as error:
            if error is trace.refused:
                raise
            if response is None or not carry.is_clear(response, body):
                spent = carry.spent(request, error, sent=trace.sent)
                raise self.failure(request, error, spent) from error
        return self._answer(response, body, request.limit)

    @asynccontextmanager
    async def open(
        self,
        request: WireRequest,
        *,
        timeout: float,  # noqa: ASYNC109 - it holds for what is read later, too
    ) -> AsyncIterator[Stream]:
        """An answer to be read as it comes; `timeout` is seconds until its last byte is read.

        Follows at most three redirects, without the key to another origin. Raises
        APIConnectionError.
        """
        deadline = asyncio.get_running_loop().time() + timeout
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._follow(request, patience=timeout)
        except TimeoutError as error:
            raise self.failure(request, error, "not_sent") from error
        try:
            yield Stream(self, request, response, deadline)
        finally:
            await response.aclose()

    async def _follow(self, request: WireRequest, patience: float) -> httpx.Response:
        last, url, trusted = self._base, self._url(request), True
        for _ in range(MAX_REDIRECTS + 1):
            carry.check_step(request, last, url)
            if is_private(url.host) and not self._private and not self._is_own(url):
                raise carry.refused(request, "on a private network, from a public server", url)
            # Once elsewhere, it is another server that says where to go: no key from there on.
            trusted = trusted and self._is_own(url)
            response = await self._get(request, url, patience, trusted=trusted)
            if not carry.is_redirect(response):
                return response
            await response.aclose()
            last, url = url, carry.joined(request, url, response.headers["location"])
        raise carry.refused(request, f"after {MAX_REDIRECTS} redirects already", url)

    async def _get(
        self, request: WireRequest, url: httpx.URL, patience: float, *, trusted: bool
    ) -> httpx.Response:
        def foreign_peer(address: str) -> None:
            if is_private(address) and not self._private:
                raise carry.refused(request, f"{address} is on a private network", url)

        trace = Trace(url.host, self._own_peer if self._is_own(url) else foreign_peer)
        http = self._build(request, url, trace, patience, trusted=trusted)
        try:
            return await self._hand_over(http, trace)
        except APIError:
            raise
        except Exception as error:
            raise self.failure(request, error, "not_sent") from error

    async def _hand_over(self, http: httpx.Request, trace: Trace) -> httpx.Response:
        if not self._traced:
            await trace.begin()
        return await self._client.send(http, stream=True)

    async def read(self, response: httpx.Response, limit: int) -> WireAnswer:
        """The answer with at most `limit` bytes of its body."""
        body = bytearray()
        await _pour(response, body, limit)
        return self._answer(response, body, limit)

    def _answer(self, response: httpx.Response, body: bytearray, limit: int) -> WireAnswer:
        return WireAnswer(
            status=response.status_code,
            headers=dict(response.headers.items()),
            body=bytes(body[:limit]),
            whole=len(body) <= limit,
            secret=self._secret,
        )

    def _build(
        self, request: WireRequest, url: httpx.URL, trace: Trace, patience: float, *, trusted: bool
    ) -> httpx.Request:
        timeouts = {"connect": min(self._connect_timeout, patience)}
        timeouts |= dict.fromkeys(("read", "write", "pool"), patience)
        extensions = {"trace": trace, "timeout": timeouts}
        return carry.build(request, url, extensions, self._secret if trusted else None)

    def _url(self, request: WireRequest) -> httpx.URL:
        if request.address is not None:
            return carry.joined(request, self._base, request.address)
        return httpx.URL(f"{self._base}{request.path}")

    def _is_own(self, url: httpx.URL) -> bool:
        return carry.origin(url) == carry.origin(self._base)

    def _own_peer(self, address: str) -> None:
        # A gateway with a public name and a private address has its results on private ones too.
        self._private = self._private or is_private(address)

    def failure(self, request: WireRequest, error: Exception, spent: Spent) -> APIConnectionError:
        """The error for what went wrong on the way, in words that a person can use."""
        where = f"{request.method} {carry.shown(self._url(request))}"
        if isinstance(error, httpx.TimeoutException | TimeoutError):
            unsent = request.spends and spent == "not_sent"
            what = "no connection in time" if unsent else "no whole answer in time"
            return APITimeoutError(where, what, spent=spent)
        kind = type(error).__name__  # most of httpx's have no words of their own
        words = bounded(self._secret.redact(str(error) or f"the connection broke off ({kind})"))
        unreached = isinstance(error, httpx.ConnectError)
        fix = "is a server running there, and is the address right?" if unreached else ""
        return APIConnectionError(where, words, fix, spent=spent)


class Stream:
    """An answer whose body is still coming.

    The deadline is looked at where bytes are waited for, not while their reader is busy with them:
    so any task may read on, and none is cut short in work of its own.
    """

    def __init__(
        self, sender: HttpSender, request: WireRequest, response: httpx.Response, deadline: float
    ) -> None:
        self._sender = sender
        self._request = request
        self._response = response
        self._deadline = deadline

    @property
    def status(self) -> int:
        """HTTP's status."""
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers; their names are found in lower case."""
        return self._response.headers

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes; raises APIConnectionError where it breaks off or stands still."""
        now = asyncio.get_running_loop().time
        # An asynchronous generator, though httpx says only that it is an iterator.
        body = cast(AsyncGenerator[bytes, None], self._response.aiter_bytes())
        async with aclosing(body):
            while True:
                try:
                    async with asyncio.timeout_at(min(self._deadline, now() + STALL_TIMEOUT)):
                        chunk = await anext(body, None)
                except (httpx.HTTPError, TimeoutError) as error:
                    raise self._sender.failure(self._request, error, "not_sent") from error
                if chunk is None:
                    return
                yield chunk

    async def answer(self) -> WireAnswer:
        """The body as a short answer, for one that is not the content that was wanted."""
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._sender.read(self._response, _ERROR_LIMIT)
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._sender.failure(self._request, error, "not_sent") from error


async def _pour(response: httpx.Response, body: bytearray, limit: int) -> None:
    """The answer's bytes into `body`, until they are more than `limit`."""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > limit:
            return
