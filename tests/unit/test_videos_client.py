"""AsyncVideos: operations at their paths, pictures in every form, and the server from outside."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, get_type_hints

import httpx
import pytest

import sorapipe.videos as face
from sorapipe.errors import UsageError
from sorapipe.videos import client, sync
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.content import AsyncContent, Content
from sorapipe.videos.model import Video
from sorapipe.videos.pages import AsyncPage, Page
from sorapipe.videos.pictures import LARGEST_PICTURE
from sorapipe.videos.profile import load
from sorapipe.videos.reference import FileId, Image, ImageUrl, data_url, image_of
from sorapipe.videos.sync import Videos
from sorapipe.videos.wire import Extension, Revision, Scene

URL = "https://api.example.com/v1"
PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 9
MP4 = b"\0\0\0\x10ftypisom\0\0\0\0"


def _with_client(handle: Callable[[httpx.Request], httpx.Response], scene: Any, **said: Any) -> Any:
    async def run() -> Any:
        transport = httpx.MockTransport(handle)
        said.setdefault("profile", "openai")
        async with AsyncVideos(URL, transport=transport, **said) as videos:
            return await scene(videos)

    return asyncio.run(run())


def test_remix_edit_extend_and_delete_reach_their_paths() -> None:
    """The four operations on a video that is there, by its id or by the video itself."""
    asked: list[tuple[str, str, Any]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        asked.append((request.method, request.url.raw_path.decode(), body))
        return httpx.Response(200, json={"id": "new", "deleted": True})

    async def scene(videos: AsyncVideos) -> None:
        assert (await videos.remix("v=/1", prompt="a")).id == "new"
        assert (await videos.edit(Video(id="v"), prompt="b")).id == "new"
        assert (await videos.extend("v", prompt="c", seconds="4s")).id == "new"
        assert (await videos.retrieve(Video(id="w"))).id == "w"
        assert (await videos.delete("v")).deleted

    _with_client(handle, scene)
    assert asked == [
        ("POST", "/v1/videos/v=%2F1/remix", {"prompt": "a"}),
        ("POST", "/v1/videos/edits", {"prompt": "b", "video": {"id": "v"}}),
        ("POST", "/v1/videos/extensions", {"prompt": "c", "seconds": "4", "video": {"id": "v"}}),
        ("GET", "/v1/videos/w", None),
        ("DELETE", "/v1/videos/v", None),
    ]


def test_characters_are_made_of_a_clip_and_asked_for(tmp_path: Path) -> None:
    """A path, an open file or bytes; what is no MP4 is refused before it is sent."""
    (tmp_path / "robot.mp4").write_bytes(MP4)
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"id": "char_1", "name": "Rob", "created_at": 1})

    async def scene(videos: AsyncVideos) -> None:
        with (tmp_path / "robot.mp4").open("rb") as file:
            for film in (tmp_path / "robot.mp4", file, MP4):
                assert (await videos.create_character(name="Rob", video=film)).id == "char_1"
        with pytest.raises(UsageError, match="no MP4"):
            await videos.create_character(name="Rob", video=PNG)
        assert (await videos.retrieve_character("char_1")).name == "Rob"

    _with_client(handle, scene, profile="local")
    assert [f"{request.method} {request.url.path}" for request in asked] == [
        *["POST /v1/videos/characters"] * 3,
        "GET /v1/videos/characters/char_1",
    ]
    assert all(MP4 in request.content for request in asked[:3])
    assert b'filename="robot.mp4"' in asked[1].content


def test_an_id_that_would_change_the_path_is_never_sent() -> None:
    """`..` is no video, and sent as one would delete something else."""

    def handle(request: httpx.Request) -> httpx.Response:
        pytest.fail("nothing may be sent")

    with pytest.raises(UsageError, match="is not an id"):
        _with_client(handle, lambda videos: videos.delete(".."))


def _sent(reference: Any) -> bytes:
    """The body of a create that begins with that picture."""
    bodies: list[bytes] = []

    def handle(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(200, json={"id": "new"})

    _with_client(handle, lambda videos: videos.create(prompt="a", input_reference=reference))
    return bodies[0]


def test_a_picture_is_sent_from_a_path_an_open_file_or_its_bytes(tmp_path: Path) -> None:
    """On disk or in memory: the same part of the same form, with the name where there is one."""
    path = tmp_path / "tower.png"
    path.write_bytes(PNG)
    with path.open("rb") as file:
        named = [_sent(path), _sent(str(path)), _sent(file)]
    unnamed = [_sent(PNG), _sent(bytearray(PNG)), _sent(memoryview(PNG)), _sent(BytesIO(PNG))]
    unnamed += [_sent(Image("reference.png", "image/png", PNG)), _sent(data_url(image_of(PNG)))]
    for body in named + unnamed:
        assert b"Content-Type: image/png\r\n\r\n" + PNG in body
    assert all(b'filename="tower.png"' in body for body in named)
    assert all(b'filename="reference.png"' in body for body in unnamed)


def test_a_picture_is_named_by_an_address_or_by_an_id() -> None:
    """A text that begins as an address is one, and an id is said to be one."""
    address = "https://example.com/tower.png"
    for reference in (address, ImageUrl(address)):
        assert json.loads(_sent(reference))["input_reference"] == {"image_url": address}
    assert json.loads(_sent(FileId("file-1")))["input_reference"] == {"file_id": "file-1"}


def _wrong(folder: Path) -> list[tuple[Any, str]]:
    (folder / "note.txt").write_text("no picture")
    (folder / "empty.png").write_bytes(b"")
    (folder / "large.png").write_bytes(PNG + bytes(LARGEST_PICTURE))
    closed = BytesIO(PNG)
    closed.close()
    used = BytesIO(PNG)
    used.read()
    return [
        (folder / "missing.png", "is not there"),
        (folder, "is not a file"),
        (folder / "note.txt", "a PNG, JPEG or WebP"),
        (folder / "empty.png", "it is empty"),
        (folder / "large.png", "over 20 MiB"),
        (used, "it is empty"),
        (closed, "can't be read"),
        (StringIO("text"), "open it with mode 'rb'"),
        ("file-abc123", r"say FileId\('file-abc123'\)"),
        ("a\0b.png", "is not there|can't be read"),
        (b"GIF89a", "a PNG, JPEG or WebP"),
        (7, "a int can't be sent"),
    ]


def test_what_is_no_picture_is_told_in_one_line_and_never_sent(tmp_path: Path) -> None:
    """A missing path, a folder, text, something too large, a file that is at its end or closed."""
    for reference, words in _wrong(tmp_path):
        with pytest.raises(UsageError, match=words) as caught:
            _sent(reference)
        assert "\n" not in str(caught.value)


def test_the_server_comes_from_the_environment_where_nobody_says_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SORAPIPE_BASE_URL, SORAPIPE_API_KEY and SORAPIPE_PROFILE, each unless it is said."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"id": "v"})

    monkeypatch.setenv("SORAPIPE_BASE_URL", "https://studio.example.com/v1/")
    monkeypatch.setenv("SORAPIPE_API_KEY", "from-outside")
    monkeypatch.setenv("SORAPIPE_PROFILE", "openai")
    with Videos(transport=httpx.MockTransport(handle)) as videos:
        assert videos.profile is load("openai")
        videos.retrieve("v")
    with Videos(URL, api_key="", profile="azure", transport=httpx.MockTransport(handle)) as videos:
        assert videos.profile is load("azure")
        videos.retrieve("v")
    assert [str(request.url) for request in asked] == [
        "https://studio.example.com/v1/videos/v",
        "https://api.example.com/v1/videos/v",
    ]
    assert [request.headers.get("authorization") for request in asked] == [
        "Bearer from-outside",
        None,
    ]


def test_a_profile_may_know_the_address() -> None:
    """A kind of server that is in one place needs no address."""
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(200, json={"id": "v"})

    with Videos(profile="openai", transport=httpx.MockTransport(handle)) as videos:
        videos.retrieve("v")
    assert asked == ["api.openai.com"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "nobody says where the server is"),
        ({"base_url": URL, "profile": "opneai"}, "did you mean 'openai'"),
        ({"base_url": "http://api.example.com/v1", "api_key": "sk-1"}, "in clear text"),
        ({"base_url": "http://[broken/v1", "api_key": "sk-1"}, "not an address"),
        ({"base_url": URL, "api_key": "two words"}, "no key has"),
    ],
    ids=["nothing", "profile", "clear text", "address", "key"],
)
def test_what_is_wrong_with_the_server_is_told_at_once(said: dict[str, Any], words: str) -> None:
    """A client that could never ask is not made, and the key does not show."""
    for kind in (Videos, AsyncVideos):
        with pytest.raises(UsageError, match=words) as caught:
            kind(**said)
        assert "sk-1" not in str(caught.value)


def test_a_key_may_go_in_clear_text_to_ones_own_network() -> None:
    """A studio on loopback has no certificate."""
    with Videos("http://127.0.0.1:8765/v1", api_key="sk-1") as videos:
        assert videos.profile.name == "generic"


def _public(kind: type) -> dict[str, inspect.Signature]:
    found = {
        name: inspect.signature(getattr(kind, name))
        for name in dir(kind)
        if not name.startswith("_") and callable(getattr(kind, name))
    }
    return found | {"__init__": inspect.signature(kind)}


@pytest.mark.parametrize(
    ("one", "twin", "own"),
    [
        (AsyncVideos, Videos, set()),
        (AsyncPage, Page, {"__init__"}),
        (AsyncContent, Content, {"__init__", "saving", "filling", "chunks"}),
    ],
    ids=["client", "page", "content"],
)
def test_both_kinds_have_one_shape(one: type, twin: type, own: set[str]) -> None:
    """Code moves between them by adding or leaving out `await`: same names, same parameters."""
    ours, theirs = _public(one), _public(twin)
    assert set(theirs) - own == set(ours) - own
    for name in set(theirs) - own:
        mine, yours = ours[name].parameters, theirs[name].parameters
        assert list(mine) == list(yours), name
        for parameter in mine:
            assert mine[parameter].kind == yours[parameter].kind, (name, parameter)
            assert mine[parameter].default == yours[parameter].default, (name, parameter)
            if parameter != "before_send":  # a coroutine function there, a plain one here
                said = (mine[parameter].annotation, yours[parameter].annotation)
                assert said[0] == said[1], (name, parameter)


@pytest.mark.parametrize("kind", [AsyncVideos, Videos])
@pytest.mark.parametrize(
    ("operation", "fields"),
    [("create", Scene), ("remix", Revision), ("edit", Revision), ("extend", Extension)],
)
def test_help_names_every_field(kind: type, operation: str, fields: type) -> None:
    """What can be said stands in the operation's own words, or in its class's."""
    told = f"{getattr(kind, operation).__doc__}"
    everywhere = f"{kind.__doc__}"
    for name in get_type_hints(fields):
        assert f"`{name}`" in told, name
    for name in ("seed", "extra", "idempotency_key", "before_send"):
        assert f"- `{name}`:" in everywhere


def test_the_face_offers_what_it_names_and_nothing_is_loaded_for_its_parts() -> None:
    """`from sorapipe.videos import Videos` works; a slip is told as Python does."""
    offered = [name for names in face._OFFERED.values() for name in names]
    assert len(offered) == len(set(offered))
    assert dir(face) == sorted(offered)
    for name in offered:
        assert getattr(face, name).__name__ == name
    assert (face.Videos, face.AsyncVideos) == (sync.Videos, client.AsyncVideos)
    with pytest.raises(AttributeError, match="has no attribute 'Vidoes'"):
        _ = face.Vidoes  # type: ignore[attr-defined]  # the slip
    source = Path(face.__file__).read_text(encoding="utf-8")
    for name in offered:
        assert f"import {name} as {name}" in source
