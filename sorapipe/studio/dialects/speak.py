"""The interpreter: an ASGI application that speaks a dialect to clients and the studio's to it."""

from __future__ import annotations

import uuid

from starlette.requests import Request
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sorapipe.studio.dialects.call import Call
from sorapipe.studio.dialects.dialect import Dialect
from sorapipe.studio.refusal import Refusal


def speak(studio: ASGIApp, dialect: Dialect) -> ASGIApp:
    """The `studio`'s application, speaking that dialect."""
    return Interpreter(studio, dialect) if dialect.routes else studio


class Interpreter:
    """Answers in `dialect` what it learns from `studio` in the studio's own tongue."""

    def __init__(self, studio: ASGIApp, dialect: Dialect) -> None:
        self._studio = studio
        self._dialect = dialect
        self._routes = [
            (compile_path(path)[0], handlers) for path, handlers in dialect.routes.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        if scope["type"] != "http":
            await self._studio(scope, receive, send)
            return
        send = self._signed(send)
        try:
            answer = await self._answer(Request(scope, receive))
            await answer(scope, receive, send)
        except Refusal as refusal:
            await self._dialect.refuse(refusal)(scope, receive, send)

    def _signed(self, send: Send) -> Send:
        """`send`, with the header by which this kind of server is known."""
        sign = self._dialect.sign
        if sign is None:
            return send

        async def signed(message: Message) -> None:
            if message["type"] == "http.response.start":
                pair = (sign.encode(), uuid.uuid4().hex.encode())
                message = {**message, "headers": [*message["headers"], pair]}
            await send(message)

        return signed

    async def _answer(self, request: Request) -> ASGIApp:
        allowed: list[str] = []
        for pattern, handlers in self._routes:
            match = pattern.match(request.scope["path"])
            if not match:
                continue
            if request.method in handlers:
                return await handlers[request.method](
                    Call(self._studio, request, match.groupdict())
                )
            allowed += handlers
        return self._dialect.nowhere(request, allowed)
