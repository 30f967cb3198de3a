"""Carrying faults out: ASGI middleware that stands before the studio where it is served, only.

A request that meets no fault goes straight through. What breaks a connection off needs one: in
process it raises ConnectionResetError, as a client on a socket would see it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sorapipe.clock import Clock, SystemClock
from sorapipe.studio import faults
from sorapipe.studio.answers import refused
from sorapipe.studio.fault_answers import Endless, Held, Slow, Truncated
from sorapipe.studio.faults import Faults
from sorapipe.studio.limits import Limit, throttled
from sorapipe.studio.line import line_of, reset
from sorapipe.studio.refusal import Refusal

LATENCY = 1.0  # seconds before a slow answer begins; its body then takes some four times that
RETRY_AFTER = 1  # seconds that the fault 429 asks for
_STEP = 0.02  # seconds between two blocks of an endless answer: it shall not fill a disk unseen


class FaultyApp:
    """The studio's `app` with `faults`, with the `limit` on renders, and with the header's faults.

    `refuse` makes an answer of a refusal. `latency` is in seconds: what a slow answer waits before
    it begins.
    """

    def __init__(
        self,
        app: ASGIApp,
        faults: Faults,
        limit: Limit | None = None,
        *,
        refuse: Callable[[Refusal], ASGIApp] = refused,
        clock: Clock | None = None,
        latency: float = LATENCY,
    ) -> None:
        self._app = app
        self._faults = faults
        self._limit = limit
        self._refuse = refuse
        self._clock = clock or SystemClock()
        self._latency = latency
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Let go of everything that hangs, because the server ends."""
        self._ending.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or let happen to it what was asked for."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        operation = faults.operation_of(scope["method"], scope["path"])
        met: tuple[str, ...] = ()
        try:
            if operation == "create" and self._limit:
                self._limit.admit(self._clock.monotonic())
            if operation:
                named = faults.of_header(Headers(scope=scope).get(faults.HEADER, ""))
                met = self._faults.met(operation, named)
        except Refusal as refusal:
            await _drain(receive)
            await self._refuse(refusal)(scope, receive, self._labelled(send, ()))
            return
        await self._let_happen(met, scope, receive, self._labelled(send, met))

    async def _let_happen(
        self, met: tuple[str, ...], scope: Scope, receive: Receive, send: Send
    ) -> None:
        if "slow" in met:
            send = Slow(send, self._latency, self._pause)
        instead = faults.first(met, faults.INSTEAD)
        if instead in _REFUSALS:
            await _drain(receive)
            await self._refuse(_REFUSALS[instead]())(scope, receive, send)
        elif instead == "hang":
            await _drain(receive)
            await self._until_gone(scope, receive)
        elif instead == "reset":
            await _drain(receive)
            await self._break_off(scope, receive, hard=True)
        elif met:
            await self._carry_out(met, {**scope, faults.ASKED: met}, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _carry_out(
        self, met: tuple[str, ...], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Do as the request says, and then let its answer come out wrong."""
        lost = faults.first(met, faults.AFTERWARDS)
        content = faults.first(met, faults.CONTENT)
        if lost:
            held = Held()
            await self._app(scope, receive, held)
            if held.refused:  # nothing was taken on, so there is nothing to lose
                await held.pass_on(send)
            elif lost == "lost-reply":
                await self._break_off(scope, receive, hard=False)
            else:
                await self._refuse(_broke())(scope, receive, send)
        elif content == "truncated":
            truncated = Truncated(send)
            await self._app(scope, receive, truncated)
            if truncated.begun:
                await self._break_off(scope, receive, hard=False)
        elif content:
            endless = Endless(send)
            await self._app(scope, receive, endless)
            if endless.begun:
                await self._go_on(endless.blocks(), scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _go_on(
        self, blocks: Iterator[Message], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Send for as long as somebody is there."""
        if line_of(scope) is None:
            raise _no_line()
        gone = asyncio.ensure_future(self._until_gone(scope, receive))
        while not gone.done():
            await send(next(blocks))
            await asyncio.wait([gone], timeout=_STEP)
        await gone

    async def _pause(self, seconds: float) -> None:
        """Wait, unless the server ends."""
        try:
            await asyncio.wait_for(self._ending.wait(), seconds)
        except TimeoutError:
            return

    async def _until_gone(self, scope: Scope, receive: Receive) -> None:
        """Say nothing more until the client has gone away; when the server ends, send it away."""
        gone = asyncio.ensure_future(_gone(receive))
        ending = asyncio.ensure_future(self._ending.wait())
        try:
            await asyncio.wait([gone, ending], return_when=asyncio.FIRST_COMPLETED)
            line = line_of(scope)
            if line is not None and not gone.done():
                line.abort()
                await gone
        finally:
            gone.cancel()
            ending.cancel()

    async def _break_off(self, scope: Scope, receive: Receive, *, hard: bool) -> None:
        """Close the connection after what was sent so far, or with a reset where it is `hard`."""
        line = line_of(scope)
        if line is None:
            raise _no_line()
        if hard:
            reset(line)
        else:
            line.close()
        await self._until_gone(scope, receive)

    def _labelled(self, send: Send, met: tuple[str, ...]) -> Send:
        """`send`, with the limit's headers, and with one that says which faults were met."""
        if not met and not self._limit:
            return send

        async def labelled(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if self._limit:
                    headers.update(self._limit.headers(self._clock.monotonic()))
                if met:
                    headers[faults.HEADER] = ", ".join(met)
            await send(message)

        return labelled


async def _drain(receive: Receive) -> None:
    """Read the request to its end: who is still sending would lose the answer."""
    while (message := await receive())["type"] == "http.request" and message.get("more_body"):
        pass


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _broke() -> Refusal:
    return Refusal(
        "The server had an error while processing your request.", status=500, kind="server_error"
    )


def _blocked() -> Refusal:
    return Refusal("Your request was blocked by our moderation system.", code="sentinel_block")


def _too_many() -> Refusal:
    message = f"Rate limit reached. Please try again in {RETRY_AFTER}s."
    return throttled(message, retry_after=RETRY_AFTER)


_REFUSALS: dict[str | None, Callable[[], Refusal]] = {
    "429": _too_many,
    "500-before": _broke,
    "moderation-at-submit": _blocked,
}


def _no_line() -> ConnectionResetError:
    return ConnectionResetError("the studio broke the connection off, as it was asked to")
