"""What `sender` needs of httpx: how requests are built, what addresses and failures mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from sorapipe import __version__
from sorapipe.errors import UsageError
from sorapipe.videos import reading
from sorapipe.videos.errors import APIConnectionError, Spent, bounded
from sorapipe.videos.secret import Secret
from sorapipe.videos.wire import WireRequest

CONNECTIONS = 512

# Seconds. An older idle connection may be dead without knowing it, and a create that was sent on a
# dead one can't be told from one that was accepted.
KEEPALIVE = 1.0

_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def client(transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    """A client that follows nothing by itself. Raises UsageError for an unusable environment."""
    limits = httpx.Limits(
        max_connections=CONNECTIONS,
        max_keepalive_connections=CONNECTIONS,
        keepalive_expiry=KEEPALIVE,
    )
    try:
        return httpx.AsyncClient(transport=transport, limits=limits, follow_redirects=False)
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        what = f"the proxy or certificate settings can't be used: {error}"
        raise UsageError("environment", bounded(what), "check *_PROXY and SSL_CERT_*") from error


def base(address: str) -> httpx.URL:
    """The address that all paths are below. Raises UsageError, which doesn't show a bad one."""
    fix = "https://HOST/v1"
    try:
        url = httpx.URL(address.rstrip("/"))
    except (httpx.InvalidURL, ValueError) as error:
        raise UsageError("base URL", "it is not an address", fix) from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise UsageError("base URL", "it is not an address of http or https", fix)
    if url.userinfo or url.query or url.fragment:
        raise UsageError("base URL", "it has a user, a query or a fragment", fix)
    return url


def build(
    request: WireRequest, url: httpx.URL, extensions: Mapping[str, Any], secret: Secret | None
) -> httpx.Request:
    """The request as httpx sends it.

    It is built without a client, whose jar would send one server's cookies to another on the same
    host, and which would ask for compressed answers.
    """
    headers = {"user-agent": f"sorapipe/{__version__}", **request.headers}
    if secret and request.auth == "api-key":
        headers["api-key"] = secret.reveal()
    elif secret:
        headers["authorization"] = f"Bearer {secret.reveal()}"
    body: dict[str, Any] = {}
    if request.json is not None:
        headers["content-type"] = "application/json"
        text = json.dumps(request.json, ensure_ascii=False, allow_nan=False)
        body["content"] = text.encode()
    elif request.form or request.files:
        body["files"] = _parts(request)
    return httpx.Request(
        request.method,
        url,
        params=dict(request.query) or None,
        headers=headers,
        extensions=dict(extensions),
        **body,
    )


def spent(request: WireRequest, error: Exception, *, sent: bool) -> Spent:
    """What a failure says about money; a kind of failure that nobody thought of is ambiguous."""
    if not request.spends or not sent or isinstance(error, _NOT_SENT):
        return "not_sent"
    return "ambiguous"


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Scheme, host and port: what a key belongs to."""
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def is_redirect(response: httpx.Response) -> bool:
    """Whether the answer says where to look instead."""
    return response.status_code in _REDIRECTS and "location" in response.headers


def is_clear(response: httpx.Response, body: bytes | bytearray) -> bool:
    """Whether an answer that broke off says all that counts, and may have been paid for.

    A refusal does by its status, and an object by its last brace: nothing can follow it.
    """
    return response.status_code >= 400 or isinstance(reading.parse(bytes(body)), dict)


def joined(request: WireRequest, url: httpx.URL, address: str) -> httpx.URL:
    """An address as a server names it, seen from `url`. Raises APIConnectionError for nonsense."""
    try:
        return url.join(address)
    except (httpx.InvalidURL, ValueError) as error:
        what = f"the server names '{bounded(address)}', which is not an address"
        raise APIConnectionError(request.where, what, spent="not_sent") from error


def check_step(request: WireRequest, last: httpx.URL, url: httpx.URL) -> None:
    """Refuse to go from `last` to an address that no result has. Raises APIConnectionError."""
    if url.scheme not in {"http", "https"} or not url.host:
        raise refused(request, "not an address of a file", url)
    if last.scheme == "https" and url.scheme != "https":
        raise refused(request, "from https down to http", url)


def refused(request: WireRequest, why: str, url: httpx.URL) -> APIConnectionError:
    """The error for an address that is not followed."""
    what = f"{shown(url)} is not followed: {why}"
    return APIConnectionError(request.where, what, spent="not_sent")


def shown(url: httpx.URL) -> str:
    """An address without what may open it: its query can be a signature."""
    return bounded(str(url.copy_with(query=None, fragment=None, userinfo=b"")))


def _parts(request: WireRequest) -> list[tuple[str, Any]]:
    # A part without a file name is a field: the only way to multipart without any file.
    fields: list[tuple[str, Any]] = [(name, (None, value)) for name, value in request.form]
    return fields + [
        (name, (image.name, image.data, image.media_type)) for name, image in request.files
    ]
