"""The guard before the studio's port: tokens, names and web pages."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sorapipe.studio.guard import Guard, is_loopback


async def inner(scope: Scope, receive: Receive, send: Send) -> None:
    """What is guarded."""
    await Response(b"in")(scope, receive, send)


def ask(headers: dict[str, str], *, host: str = "127.0.0.1", token: str | None = None) -> int:
    """The status of a request with those headers."""

    async def scenario() -> int:
        transport = httpx.ASGITransport(app=Guard(inner, host=host, token=token))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9") as client:
            answer = await client.get("/v1/videos", headers=headers)
            assert answer.status_code == 200 or answer.json()["error"]["code"]
            return answer.status_code

    return asyncio.run(scenario())


def test_without_a_token_any_key_does() -> None:
    """A client may show any key, or none."""
    assert ask({}) == ask({"Authorization": "Bearer anything"}) == 200


@pytest.mark.parametrize(
    "shown", [None, "Bearer wrong", "Bearer ", "Basic secret", "secret", "Bearer secret2"]
)
def test_with_a_token_only_its_holder_comes_in(shown: str | None) -> None:
    """With a token, every other key is answered with 401."""
    headers = {"Authorization": shown} if shown else {}
    assert ask(headers, token="secret") == 401
    assert ask({"Authorization": "Bearer secret"}, token="secret") == 200


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1", "[::1]:80", "127.9.9.9"])
def test_names_of_this_machine_are_right(host: str) -> None:
    """A request may name any loopback address, with any port."""
    assert ask({"Host": host}) == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:80", "localhost@evil:1", ""]
)
def test_other_names_are_refused(host: str) -> None:
    """A name that merely resolves to this machine (DNS rebinding) is answered with 403."""
    assert ask({"Host": host}) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_web_pages_are_refused(headers: dict[str, str]) -> None:
    """A request that a browser makes for a page is answered with 403, even with the token."""
    assert ask(headers) == 403
    assert ask({**headers, "Authorization": "Bearer secret"}, token="secret") == 403


def test_a_person_may_look_at_it_with_a_browser() -> None:
    """An address that somebody typed is no cross-site request."""
    assert ask({"Sec-Fetch-Site": "none"}) == 200


def test_on_a_network_any_name_does_but_the_token_counts() -> None:
    """Where the studio listens beyond loopback it is the token that protects it."""
    assert ask({"Host": "studio.lan"}, host="0.0.0.0", token="t") == 401
    shown = {"Host": "studio.lan", "Authorization": "Bearer t"}
    assert ask(shown, host="0.0.0.0", token="t") == 200


def test_loopback_is_told_by_name_and_address() -> None:
    """Only names and addresses that cannot be another machine are loopback."""
    assert all(map(is_loopback, ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.53", "::1"]))
    assert not any(map(is_loopback, ["0.0.0.0", "::", "192.168.0.1", "localhost.evil", ""]))
