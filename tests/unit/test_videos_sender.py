"""HttpSender against a server that misbehaves on a real socket."""

from __future__ import annotations

import asyncio
import socket
import time
import traceback
from typing import Any

import httpx
import pytest

from sorapipe.errors import UsageError
from sorapipe.videos import calls, wire
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.errors import (
    APIAnswerError,
    APIConnectionError,
    APIError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
)
from sorapipe.videos.profile import load
from sorapipe.videos.reference import Image
from sorapipe.videos.sender import HttpSender
from tests.unit.raw_server import RawServer, Talk, raw_server

KEY = "sk-very-secret-0123456789"
VIDEO = {"id": "video_1", "object": "video", "status": "queued"}
WANTED: dict[str, Any] = {"prompt": "a", "model": "sora-2", "seconds": 4, "size": "1280x720"}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


async def _accept(talk: Talk) -> None:
    await talk.answer(200, VIDEO)


async def _create(base_url: str, patience: float = 5.0, **options: Any) -> Any:
    sender = HttpSender(base_url, KEY, transport=options.pop("transport", None))
    before = options.pop("before_send", None)
    async with sender:
        call = calls.create(load("openai"), **WANTED, **options)
        return call.read(await sender.send(call.request, before_send=before, timeout=patience))


async def _retrieve(sender: HttpSender) -> Any:
    call = calls.retrieve(load("generic"), "video_1")
    return call.read(await sender.send(call.request, timeout=5))


def test_before_send_is_awaited_once_on_an_open_connection_before_the_first_byte() -> None:
    """The intent can be written when a connection is there and nothing has been sent."""

    async def scene() -> list[bytes]:
        heard: list[bytes] = []

        async with raw_server(_accept) as server:

            async def before() -> None:
                await server.connected.wait()
                heard.append(server.heard)

            video = await _create(server.base_url, before_send=before)
            assert video.id == "video_1"
            assert len(server.talks) == 1
        return heard

    assert asyncio.run(scene()) == [b""]


def test_a_second_request_on_the_same_connection_is_announced_too() -> None:
    """A connection that is in use is as good as a new one, and its moment is told as well."""

    async def scene() -> None:
        told: list[int] = []

        async with raw_server(_accept) as server, AsyncVideos(server.base_url) as client:

            async def before() -> None:
                told.append(len(server.talks))

            for _ in range(2):
                await client.create(**WANTED, before_send=before)
            assert told == [0, 1]
            assert server.connections == 1

    asyncio.run(scene())


def test_an_error_in_before_send_aborts_the_request_and_comes_out_unchanged() -> None:
    """A disk that refuses the intent keeps the request from being sent at all."""

    async def scene() -> None:
        refusal = OSError(28, "No space left on device")

        async def before() -> None:
            raise refusal

        async with raw_server(_accept) as server:
            with pytest.raises(OSError, match="No space") as caught:
                await _create(server.base_url, before_send=before)
            await server.closed.wait()
            assert caught.value is refusal
            assert server.heard == b""

    asyncio.run(scene())


def test_an_error_in_before_send_comes_out_unchanged_without_trace_too() -> None:
    """A transport that can't tell the moment is asked before anything is handed to it."""
    handed: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        handed.append(request)
        return httpx.Response(200, json=VIDEO)

    async def before() -> None:
        raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        asyncio.run(
            _create("http://studio/v1", transport=httpx.MockTransport(handle), before_send=before)
        )
    assert handed == []


def test_a_refused_connection_is_not_sent_and_before_send_is_never_called() -> None:
    """Nothing listens there: free to try again."""

    async def before() -> None:
        pytest.fail("nothing is open yet")

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        with pytest.raises(APIConnectionError) as caught:
            asyncio.run(_create(address, before_send=before))
    assert caught.value.spent == "not_sent"
    assert str(caught.value).startswith(f"POST {address}/videos: ")


async def _hang(talk: Talk) -> None:
    await asyncio.Event().wait()


async def _reset(talk: Talk) -> None:
    talk.reset()


async def _close(talk: Talk) -> None:
    talk.writer.close()


async def _half_line(talk: Talk) -> None:
    await talk.write(b"HTTP/1.1 20")
    talk.writer.close()


async def _garbage(talk: Talk) -> None:
    await talk.write(b"\x16\x03\x01 what is this\r\n\r\n")


async def _short_body(talk: Talk) -> None:
    await talk.write(b'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"id": "video_1"')
    talk.writer.close()


async def _server_error(talk: Talk) -> None:
    await talk.answer(503, {"error": {"message": "busy"}})


async def _conflict(talk: Talk) -> None:
    await talk.answer(409, {"error": {"message": "in use"}})


async def _redirect(talk: Talk) -> None:
    await talk.answer(307, b"", location="/v1/elsewhere")


async def _no_id(talk: Talk) -> None:
    await talk.answer(200, {"object": "video", "status": "queued"})


async def _not_json(talk: Talk) -> None:
    await talk.answer(200, b"<html>welcome</html>")


async def _too_long(talk: Talk) -> None:
    await talk.answer(200, {**VIDEO, "padding": "x" * wire.ANSWER_LIMIT})


BROKEN = [
    _hang,
    _reset,
    _close,
    _half_line,
    _garbage,
    _short_body,
    _server_error,
    _conflict,
    _redirect,
    _no_id,
    _not_json,
    _too_long,
]


@pytest.mark.parametrize("handler", BROKEN, ids=lambda handler: handler.__name__.strip("_"))
def test_what_may_have_been_accepted_is_ambiguous_and_sent_once(handler: Any) -> None:
    """Whatever happens after the request is out may have cost money, and is never repeated."""

    async def scene() -> None:
        calls: list[int] = []
        patience = 0.5 if handler is _hang else 30.0

        async def before() -> None:
            calls.append(1)

        async with raw_server(handler) as server:
            with pytest.raises(APIError) as caught:
                await _create(server.base_url, patience, before_send=before)
            assert caught.value.spent == "ambiguous"
            assert [talk.line for talk in server.talks] == ["POST /v1/videos"]
            assert calls == [1]

    asyncio.run(scene())


_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
_BODY = b'{"id": "video_1", "object": "video", "status": "queued"}'


@pytest.mark.parametrize("ends", [True, False], ids=["closes", "hangs"])
@pytest.mark.parametrize(
    "data",
    [
        _HEAD + b"content-length: 999\r\n\r\n" + _BODY,
        _HEAD + b"transfer-encoding: chunked\r\n\r\n38\r\n" + _BODY,
        _HEAD + b"\r\n" + _BODY,
    ],
    ids=["length", "chunk", "neither"],
)
def test_an_id_that_came_counts_whatever_becomes_of_the_line(data: bytes, ends: bool) -> None:
    """Nothing can follow an object's last brace, so a paid render is not lost with its line."""

    async def answer(talk: Talk) -> None:
        await talk.write(data)
        if ends:
            talk.writer.close()
        else:
            await asyncio.Event().wait()

    async def scene() -> None:
        async with raw_server(answer) as server:
            assert (await _create(server.base_url, 30.0 if ends else 0.5)).id == "video_1"
            assert len(server.talks) == 1

    asyncio.run(scene())


def test_a_refusal_that_breaks_off_is_a_refusal() -> None:
    """Its status has said all that counts: nothing was bought."""

    async def refuse(talk: Talk) -> None:
        await talk.write(b'HTTP/1.1 400 Bad\r\ncontent-length: 99\r\n\r\n{"error": ')
        talk.writer.close()

    async def scene() -> None:
        async with raw_server(refuse) as server:
            with pytest.raises(BadRequestError) as caught:
                await _create(server.base_url)
            assert caught.value.spent == "rejected"

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("error", "spent"),
    [
        (httpx.ConnectError("refused"), "not_sent"),
        (httpx.ConnectTimeout("slow"), "not_sent"),
        (httpx.PoolTimeout("full"), "not_sent"),
        (httpx.ProxyError("502"), "not_sent"),
        (httpx.UnsupportedProtocol("gopher"), "not_sent"),
        (httpx.ReadTimeout("hung"), "ambiguous"),
        (httpx.WriteError("broken pipe"), "ambiguous"),
        (httpx.RemoteProtocolError("odd"), "ambiguous"),
        (RuntimeError("nobody thought of this"), "ambiguous"),
    ],
)
def test_a_failure_after_the_hand_over_counts_by_its_kind(error: Exception, spent: str) -> None:
    """Only the kinds that prove that nothing was accepted are free; unknown kinds are not."""

    def handle(request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(APIConnectionError) as caught:
        asyncio.run(_create("http://studio/v1", transport=httpx.MockTransport(handle)))
    assert caught.value.spent == spent


def test_a_retrieve_that_breaks_off_has_spent_nothing() -> None:
    """Only requests for a render can cost money."""

    async def scene() -> None:
        async with raw_server(_reset) as server, HttpSender(server.base_url) as sender:
            with pytest.raises(APIConnectionError) as caught:
                await _retrieve(sender)
            assert caught.value.spent == "not_sent"

    asyncio.run(scene())


def test_a_dripping_answer_ends_at_the_deadline() -> None:
    """A byte now and then does not keep a call alive for ever."""

    async def drip(talk: Talk) -> None:
        await talk.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while True:
            await talk.write(b" ")
            await asyncio.sleep(0.01)

    async def scene() -> None:
        async with raw_server(drip) as server:
            with pytest.raises(APITimeoutError, match="no whole answer in time") as caught:
                await _create(server.base_url, patience=0.2)
            assert caught.value.spent == "ambiguous"

    begun = time.monotonic()
    asyncio.run(scene())
    assert time.monotonic() - begun < 5


def test_an_endless_answer_is_cut_at_its_limit() -> None:
    """A server can't fill our memory; what it meant stays unknown."""

    async def endless(talk: Talk) -> None:
        await talk.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await talk.write(b" " * 65536)

    async def scene() -> None:
        async with raw_server(endless) as server:
            with pytest.raises(APIAnswerError, match="of more than 1048576 bytes") as caught:
                await _create(server.base_url, patience=60)
            assert caught.value.spent == "ambiguous"

    asyncio.run(scene())


def test_the_deadline_stands_still_while_the_intent_is_written() -> None:
    """A slow disk takes nothing from the time that the server has for its answer."""

    async def scene() -> None:
        async def before() -> None:
            await asyncio.sleep(0.9)

        async with raw_server(_accept) as server:
            video = await _create(server.base_url, patience=0.8, before_send=before)
            assert video.id == "video_1"

    asyncio.run(scene())


def test_a_download_ends_at_its_deadline_also_while_it_drips() -> None:
    """The deadline of a transfer holds for all of it."""

    async def drip(talk: Talk) -> None:
        await talk.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: 100000\r\n\r\n"
        )
        while True:
            await talk.write(b" ")
            await asyncio.sleep(0.01)

    async def scene() -> None:
        async with raw_server(drip) as server, HttpSender(server.base_url) as sender:
            with pytest.raises(APITimeoutError):
                await _fetched(sender, "/v1/x", patience=0.2)

    asyncio.run(scene())


def test_a_timeout_of_the_callers_own_comes_through_an_open_download() -> None:
    """An error in the body of the `with` is not taken for the server's."""

    async def file(talk: Talk) -> None:
        await talk.answer(200, b"bytes", content_type="video/mp4")

    async def scene() -> None:
        async with raw_server(file) as server, HttpSender(server.base_url) as sender:
            with pytest.raises(TimeoutError, match="mine") as caught:
                async with sender.open(wire.result(load("local"), "/v1/x"), timeout=5):
                    raise TimeoutError("mine")
            assert not isinstance(caught.value, APIError)

    asyncio.run(scene())


def test_a_download_that_breaks_off_is_an_error_and_not_a_short_file() -> None:
    """Half of the promised bytes are no file."""

    async def half(talk: Talk) -> None:
        await talk.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
        talk.writer.close()

    async def scene() -> None:
        async with raw_server(half) as server, HttpSender(server.base_url) as sender:
            with pytest.raises(APIConnectionError):
                await _fetched(sender, "/v1/x")

    asyncio.run(scene())


def _authorized(server: RawServer) -> list[bool]:
    return [b"authorization" in talk.request.lower() for talk in server.talks]


async def _fetched(sender: HttpSender, address: str, patience: float = 5) -> bytes:
    async with sender.open(wire.result(load("local"), address), timeout=patience) as stream:
        return b"".join([chunk async for chunk in stream.chunks()])


def test_a_redirect_to_another_origin_is_followed_without_the_key() -> None:
    """The key is sent to its own server, and to no other port even of the same machine."""

    async def file(talk: Talk) -> None:
        await talk.answer(200, b"the file", content_type="video/mp4")

    async def scene() -> None:
        async with raw_server(file) as other:

            async def away(talk: Talk) -> None:
                place = f"http://127.0.0.1:{other.port}/file.mp4"
                await talk.answer(302, b"", location=place, set_cookie="session=1")

            async with raw_server(away) as own, HttpSender(own.base_url, KEY) as sender:
                assert await _fetched(sender, "/v1/videos/video_1/content") == b"the file"
                assert _authorized(own) == [True]
            assert _authorized(other) == [False]
            assert b"cookie" not in other.talks[0].request.lower()

    asyncio.run(scene())


def test_the_key_does_not_come_back_after_another_origin() -> None:
    """A foreign server can't send us, with our key, to a path of its choice."""

    async def scene() -> None:
        addresses: dict[str, str] = {}

        async def back(talk: Talk) -> None:
            await talk.answer(302, b"", location=addresses["own"] + "/chosen")

        async def away(talk: Talk) -> None:
            if talk.line.endswith("/chosen"):
                await talk.answer(200, b"x")
            else:
                await talk.answer(302, b"", location=addresses["other"])

        async with raw_server(back) as other, raw_server(away) as own:
            addresses |= {"own": own.base_url, "other": other.base_url}
            async with HttpSender(own.base_url, KEY) as sender:
                await _fetched(sender, "/v1/videos/video_1/content")
            assert _authorized(own) == [True, False]
            assert _authorized(other) == [False]

    asyncio.run(scene())


@pytest.mark.parametrize(("hops", "arrives"), [(3, True), (4, False)])
def test_at_most_three_redirects_are_followed(hops: int, arrives: bool) -> None:
    """A circle of redirects ends."""

    async def scene() -> None:
        async def next_one(talk: Talk) -> None:
            count = int(talk.line.rpartition("/")[2])
            if count == 0:
                await talk.answer(200, b"here", content_type="video/mp4")
            else:
                await talk.answer(302, b"", location=f"{count - 1}")

        async with raw_server(next_one) as server, HttpSender(server.base_url) as sender:
            if arrives:
                assert await _fetched(sender, f"/x/{hops}") == b"here"
            else:
                with pytest.raises(APIConnectionError, match="after 3 redirects"):
                    await _fetched(sender, f"/x/{hops}")

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://files.example.com/x.mp4", "from https down to http"),
        ("https://10.0.0.1/x.mp4", "private network"),
        ("https://169.254.169.254/latest/meta-data", "private network"),
        ("https://[::1]/x.mp4", "private network"),
        ("https://[::ffff:127.0.0.1]/x.mp4", "private network"),
        ("https://localhost/x.mp4", "private network"),
        ("https://intranet/x.mp4", "private network"),
        ("ftp://files.example.com/x.mp4", "not an address of a file"),
        ("file:///etc/passwd", "not an address of a file"),
    ],
)
def test_a_public_server_cannot_lead_us_to_a_private_place(location: str, why: str) -> None:
    """Neither a redirect nor a result's address opens our own network, or drops to clear text."""
    seen: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(302, headers={"location": location})

    async def scene() -> None:
        transport = httpx.MockTransport(handle)
        async with HttpSender("https://api.example.com/v1", KEY, transport=transport) as sender:
            for address in ("/v1/videos/v/content", location):
                with pytest.raises(APIConnectionError, match=why):
                    await _fetched(sender, address)

    asyncio.run(scene())
    assert seen == ["https://api.example.com/v1/videos/v/content"]


@pytest.fixture
def example_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name under example.com is this machine, as a hostile name server could say."""
    real = socket.getaddrinfo

    def here(host: Any, *rest: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return real("127.0.0.1" if name.endswith("example.com") else name, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", here)


@pytest.mark.usefixtures("example_is_here")
def test_a_public_name_with_a_private_address_is_refused_before_a_byte_is_sent() -> None:
    """What a name resolves to is judged at the connection that is really used."""

    async def scene() -> None:
        async with raw_server(_accept) as server:
            async with HttpSender("http://api.example.com/v1") as sender:
                with pytest.raises(APIConnectionError, match=r"127\.0\.0\.1 is on a private"):
                    await _fetched(sender, f"http://files.example.com:{server.port}/x.mp4")
            await server.closed.wait()
            assert server.heard == b""

    asyncio.run(scene())


@pytest.mark.usefixtures("example_is_here")
def test_a_provider_on_a_private_network_may_have_its_results_there() -> None:
    """A gateway with a public name and a private address is seen to be one when it is spoken to."""

    async def scene() -> None:
        async with raw_server(_accept) as server:
            base_url = f"http://api.example.com:{server.port}/v1"
            async with HttpSender(base_url) as sender:
                await _retrieve(sender)
                assert await _fetched(sender, f"http://files.example.com:{server.port}/x.mp4")

    asyncio.run(scene())


def test_a_proxy_that_opens_no_tunnel_leaves_the_request_unsent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The CONNECT of a proxy is not yet our request: no intent, nothing spent."""

    async def refuse(talk: Talk) -> None:
        await talk.answer(502, b"")

    async def before() -> None:
        pytest.fail("the tunnel is not open")

    async def scene() -> None:
        async with raw_server(refuse) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            with pytest.raises(APIConnectionError) as caught:
                await _create("https://api.example.com/v1", before_send=before)
            assert caught.value.spent == "not_sent"
            assert [talk.line for talk in proxy.talks] == ["CONNECT api.example.com:443"]
            assert KEY.encode() not in proxy.heard

    asyncio.run(scene())


def test_through_a_forwarding_proxy_before_send_is_awaited_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A plain proxy on a private address changes neither the moment nor the trust."""

    async def scene() -> None:
        calls: list[int] = []

        async def before() -> None:
            calls.append(1)

        async with raw_server(_accept) as proxy:
            monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
            video = await _create("http://api.example.com/v1", before_send=before)
            assert video.id == "video_1"
            assert [talk.line for talk in proxy.talks] == ["POST http://api.example.com/v1/videos"]
            assert calls == [1]

    asyncio.run(scene())


def test_a_proxy_that_is_silent_until_the_deadline_leaves_the_request_unsent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Time that ran out before the first byte has cost nothing."""

    async def scene() -> None:
        async with raw_server(_hang) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            with pytest.raises(APITimeoutError, match="no connection in time") as caught:
                await _create("https://api.example.com/v1", patience=0.2)
            assert caught.value.spent == "not_sent"

    asyncio.run(scene())


def test_the_address_of_a_proxy_says_nothing_about_who_is_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A proxy on loopback neither keeps results away nor opens the private network."""

    async def scene() -> None:
        async with raw_server(_accept) as proxy:
            monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
            async with HttpSender("http://api.example.com/v1") as sender:
                await _retrieve(sender)
                assert await _fetched(sender, "http://files.example.com/x.mp4")
                with pytest.raises(APIConnectionError, match="private network"):
                    await _fetched(sender, "http://10.0.0.1/x.mp4")
            assert len(proxy.talks) == 2

    asyncio.run(scene())


def test_an_unusable_proxy_setting_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error in the environment is the user's to fix, without a traceback."""
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://127.0.0.1:1")
    with pytest.raises(UsageError, match="proxy"):
        HttpSender("https://api.example.com/v1")


def test_the_key_never_shows_in_an_error() -> None:
    """A server that echoes our key, in an error or in a failed video, can't make us tell it."""

    async def echo(talk: Talk) -> None:
        said = {"message": f"wrong key {KEY}", "code": KEY, "param": KEY, "type": KEY}
        if talk.line.startswith("GET"):
            await talk.answer(200, {**VIDEO, "status": "failed", "error": said})
        else:
            await talk.answer(401, {"error": said})

    async def scene() -> None:
        async with raw_server(echo) as server:
            with pytest.raises(AuthenticationError) as caught:
                await _create(server.base_url)
            error = caught.value
            told = [str(error), repr(error), error.code, error.kind, error.param]
            told += traceback.format_exception(error)
            async with HttpSender(server.base_url, KEY) as sender:
                video = await _retrieve(sender)
                told += [repr(video), repr(sender)]
        assert "wrong key [API key]" in str(error)
        assert KEY not in "".join(told)

    asyncio.run(scene())


def test_a_key_that_no_header_can_carry_is_refused_without_showing_it() -> None:
    """A line break in a key would be a header of its own."""
    with pytest.raises(UsageError) as caught:
        HttpSender("https://api.example.com/v1", "sk-1\r\nx-evil: 1")
    assert "evil" not in str(caught.value)


@pytest.mark.parametrize(
    "base_url", ["", "videos", "ftp://host/v1", "https://me:pw@host/v1", "https://host/v1?key=1"]
)
def test_an_address_that_is_none_is_refused_without_showing_it(base_url: str) -> None:
    """A base URL is scheme, host and path; anything else may be a secret."""
    with pytest.raises(UsageError) as caught:
        HttpSender(base_url)
    assert "pw" not in str(caught.value)
    assert "key=1" not in str(caught.value)


def test_a_file_is_sent_as_multipart_with_every_field() -> None:
    """The whole request as it stands on the wire: line, key, idempotency key, fields and file."""

    async def scene() -> None:
        async with raw_server(_accept) as server:
            image = Image("tower.png", "image/png", b"\x89PNG bytes")
            await _create(server.base_url, input_reference=image, idempotency_key="once")
            text = server.talks[0].request.decode("latin-1")
        assert f"authorization: Bearer {KEY}\r\n" in text.replace("Authorization", "authorization")
        assert "idempotency-key: once\r\n" in text
        assert "content-type: multipart/form-data; boundary=" in text.lower()
        assert 'name="seconds"\r\n\r\n4\r\n' in text
        assert 'name="size"\r\n\r\n1280x720\r\n' in text
        part = 'name="input_reference"; filename="tower.png"\r\nContent-Type: image/png\r\n\r\n'
        assert part + "\x89PNG bytes" in text

    asyncio.run(scene())


def test_an_app_in_process_is_spoken_to_without_a_port() -> None:
    """The studio's way: an ASGI application as the transport."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["path"] == "/v1/videos"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'{"id": "video_9"}'})

    async def scene() -> list[int]:
        calls: list[int] = []

        async def before() -> None:
            calls.append(1)

        transport = httpx.ASGITransport(app)
        video = await _create("http://studio/v1", transport=transport, before_send=before)
        assert video.id == "video_9"
        return calls

    assert asyncio.run(scene()) == [1]
