"""Who may talk to the studio's port: no web page, and, where there is a token, its holder alone.

A server on loopback can be reached by every page that a browser shows: by a plain cross-site
request (refused by `Origin` and `Sec-Fetch-Site`) or under a name of the page's own that resolves
to 127.0.0.1 (DNS rebinding; refused by `Host`).
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from sorapipe.studio.answers import refused
from sorapipe.studio.refusal import Refusal

_HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]+)(:[0-9]+)?")
_OWN_SITES = ("same-origin", "none")


class Guard:
    """ASGI middleware before the studio's `app`, which listens on `host`.

    `token` is what a bearer must show; None lets any key in, or none. Where the host is no loopback
    name the token is what protects, and every name of this machine is right. The token may also
    come in `key_header`. `refuse` words the answer.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        host: str,
        token: str | None,
        key_header: str | None = None,
        refuse: Callable[[Refusal], ASGIApp] = refused,
    ) -> None:
        self._app = app
        self._key_header = key_header
        self._refuse = refuse
        self._any_host = not is_loopback(host)
        self._token = None if token is None else token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer 403 or 401."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            refusal = self._site(headers) or self._bearer(headers)
            if refusal:
                await self._refuse(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _site(self, headers: Headers) -> Refusal | None:
        match = _HOST.fullmatch(headers.get("host", ""))
        if not match or not (self._any_host or is_loopback(match[1])):
            return _forbidden("The Host of this request is not a name of this machine.")
        if "origin" in headers or headers.get("sec-fetch-site", "none") not in _OWN_SITES:
            return _forbidden("The studio does not answer to web pages.")
        return None

    def _bearer(self, headers: Headers) -> Refusal | None:
        if self._token is None:
            return None
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        keys = [shown] if scheme.lower() == "bearer" else []
        if self._key_header:
            keys.append(headers.get(self._key_header, ""))
        if any(hmac.compare_digest(key.strip().encode("latin-1"), self._token) for key in keys):
            return None
        return Refusal(
            "Incorrect API key provided.",
            status=401,
            code="invalid_api_key",
            headers={"WWW-Authenticate": "Bearer"},
        )


def is_loopback(host: str) -> bool:
    """Whether that name or address can only be this machine."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _forbidden(message: str) -> Refusal:
    return Refusal(message, status=403, code="forbidden")
