"""The studio's routes: paths and methods of the Videos API, and errors in its words."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sorapipe.studio.answers import refused
from sorapipe.studio.desk import Desk
from sorapipe.studio.refusal import Refusal

log = logging.getLogger("sorapipe.studio")

Handler = Callable[[Desk, Request], Awaitable[Response]]


class _Resource:
    """One path and the handlers of its methods.

    An ASGI application and not a function, because Starlette hands those every method: so the wrong
    one is answered here, in the right words and with all that are allowed.
    """

    def __init__(self, desk: Callable[[], Desk], **handlers: Handler) -> None:
        self._desk = desk
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        method = "GET" if request.method == "HEAD" else request.method
        if method not in self._handlers:
            raise _wrong_method(request, sorted(self._handlers))
        response = await self._handlers[method](self._desk(), request)
        await response(scope, receive, send)


def make_app(desk: Callable[[], Desk]) -> Starlette:
    """The ASGI application; `desk` gives what answers while the studio is open."""

    def resource(path: str, **handlers: Handler) -> Route:
        return Route(path, _Resource(desk, **handlers))

    app = Starlette(
        routes=[
            resource("/v1/videos", POST=Desk.create, GET=Desk.list_videos),
            resource("/v1/videos/edits", POST=Desk.edit),
            resource("/v1/videos/extensions", POST=Desk.extend),
            resource("/v1/videos/characters", POST=Desk.create_character),
            resource("/v1/videos/characters/{character_id}", GET=Desk.retrieve_character),
            resource("/v1/videos/{video_id}", GET=Desk.retrieve, DELETE=Desk.delete),
            resource("/v1/videos/{video_id}/content", GET=Desk.content),
            resource("/v1/videos/{video_id}/remix", POST=Desk.remix),
            resource("/openapi.json", GET=Desk.describe),
            resource("/v1/openapi.json", GET=Desk.describe),
        ],
        exception_handlers={
            Refusal: _refused,
            HTTPException: _no_such_path,
            OSError: _broken,
            sqlite3.Error: _broken,
            Exception: _broken,  # only this one is raised again after its answer: it is a bug
        },
    )
    app.router.redirect_slashes = False
    return app


def _wrong_method(request: Request, allowed: list[str]) -> Refusal:
    return Refusal(
        f"Not allowed to {request.method} on {request.url.path}; it takes {' and '.join(allowed)}.",
        status=405,
        code="method_not_allowed",
        headers={"Allow": ", ".join(allowed)},
    )


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return refused(error)


async def _no_such_path(request: Request, _: Exception) -> Response:
    message = f"Invalid URL ({request.method} {request.url.path})"
    return refused(Refusal(message, status=404))


async def _broken(request: Request, error: Exception) -> Response:
    message = f"The studio had an error ({type(error).__name__}) while it answered."
    log.error("%s %s: %s", request.method, request.url.path, error)
    if isinstance(error, OSError | sqlite3.OperationalError):
        request.app.state.trouble = str(error)  # the disk's, not the client's
    return refused(Refusal(message, status=500, kind="server_error"))
