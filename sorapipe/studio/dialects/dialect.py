"""What makes a dialect: where it is mounted, what it offers, and how it words what went wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from sorapipe.studio.answers import refused
from sorapipe.studio.dialects.call import Call
from sorapipe.studio.refusal import Refusal
from sorapipe.studio.rules import Deletes

Handler = Callable[[Call], Awaitable[ASGIApp]]


def invalid_url(request: Request, allowed: Sequence[str]) -> Response:
    """404, as the real API words it, also where only the method is wrong."""
    del allowed
    message = f"Invalid URL ({request.method} {request.url.path})"
    return refused(Refusal(message, status=404))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one kind of server speaks the Videos API.

    `path` is where the API is: the end of its base URL. `routes` are the handlers by path (as
    Starlette writes them) and method; none means the studio's own tongue, which nobody translates.
    `refuse` words a refusal; `nowhere` answers for a path that is not there, or that takes only
    the methods it is told. `sign` is a header of its answers, by which clients know its kind.
    `strict` says whether models, sizes and lengths are those of the real API, `deletes` what can be
    deleted, and `key_header` which header a key may come in as well.
    """

    name: str
    path: str = "/v1"
    routes: Mapping[str, Mapping[str, Handler]] = field(default_factory=dict)
    refuse: Callable[[Refusal], Response] = refused
    nowhere: Callable[[Request, Sequence[str]], Response] = invalid_url
    sign: str | None = None
    strict: bool = True
    deletes: Deletes = "ended"
    key_header: str | None = None
