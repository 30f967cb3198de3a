"""Reading requests: JSON, multipart, brackets, files, and what cannot be read."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from sorapipe.studio import requests
from sorapipe.studio.refusal import Refusal
from sorapipe.studio.requests import Fields, File, read_fields, read_form


def read(body: bytes, content_type: str | None, piece: int = 1 << 20) -> Fields:
    """The fields of that body, arriving in pieces."""
    pieces = [body[at : at + piece] for at in range(0, len(body), piece)] or [b""]
    headers = [(b"content-type", content_type.encode())] if content_type else []

    async def receive() -> dict[str, Any]:
        chunk = pieces.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(pieces)}

    scope = {"type": "http", "method": "POST", "headers": headers, "path": "/"}
    return asyncio.run(read_fields(Request(scope, receive)))


def encoded(**parts: Any) -> tuple[bytes, str]:
    """A multipart body as httpx writes it, and its content type."""
    request = httpx.Request("POST", "http://studio", **parts)
    return request.read(), request.headers["content-type"]


def test_json_keeps_its_types_and_drops_nulls() -> None:
    """A null field is one that was not sent; everything else is as it came."""
    body = '{"prompt": "añb", "seconds": 8, "seed": null, "o": {"k": [1]}}'.encode()
    assert read(body, "application/json; charset=utf-8") == {
        "prompt": "añb",
        "seconds": 8,
        "o": {"k": [1]},
    }
    assert read(b"{}", None) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1]",
        b'"text"',
        b"null",
        b"\xff{}",
        b'{"prompt": "\\ud800"}',
        b'{"prompt": "\xed\xa0\x80"}',
        b'{"seed": NaN}',
        b"[" * 100_000,
        b'{"seed": ' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    """Broken, deep, non-UTF-8 and non-object JSON is answered with 400, never with a crash."""
    with pytest.raises(Refusal, match="could not parse the JSON") as caught:
        read(body, "application/json")
    assert caught.value.status == 400


def test_a_surrogate_pair_is_text() -> None:
    """An escaped character outside the basic plane is read as that character."""
    assert read(b'{"prompt": "\\ud83c\\udf0a"}', "application/json") == {"prompt": "🌊"}


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_multipart_has_texts_and_files(piece: int) -> None:
    """Text parts are text, parts with a file's name are files, byte for byte."""
    data = bytes(range(256)) * 3 + b"\r\n--x\r\n"
    body, kind = encoded(
        data={"prompt": "a wave 🌊\r\n", "seconds": "8"},
        files={"input_reference": ("a.png", data, "image/png")},
    )
    fields = read(body, kind, piece)
    assert fields == {"prompt": "a wave 🌊\r\n", "seconds": "8", "input_reference": File(data)}


def test_bracket_fields_become_objects_and_lists() -> None:
    """`a[b]` is a key of the object a, and `a[]` an item of the list a."""
    body, kind = encoded(
        files=[
            ("input_reference[image_url]", (None, b"data:,")),
            ("video[id]", (None, b"video_1")),
            ("tags[]", (None, b"x")),
            ("tags[]", (None, b"y")),
            ("deep[a][b]", (None, b"z")),
        ]
    )
    assert read(body, kind) == {
        "input_reference": {"image_url": "data:,"},
        "video": {"id": "video_1"},
        "tags": ["x", "y"],
        "deep": {"a": {"b": "z"}},
    }


@pytest.mark.parametrize("names", [["[][id]", "[][id]"], ["[0][id]", "[1][id]"]])
def test_an_array_of_objects_comes_as_two_spellings(names: list[str]) -> None:
    """Whether a client counts its items or not, the array is the same."""
    parts = zip(names, (b"char_1", b"char_2"), strict=True)
    body, kind = encoded(files=[(f"characters{name}", (None, value)) for name, value in parts])
    assert read(body, kind) == {"characters": [{"id": "char_1"}, {"id": "char_2"}]}


def test_brackets_without_a_number_share_an_item_until_a_key_comes_again() -> None:
    """`a[][b]`, `a[][c]`, `a[][b]` are two items, as form encoders mean it."""
    names = ["a[][b]", "a[][c][]", "a[][c][]", "a[][b]", "o[1]", "o[x]"]
    body, kind = encoded(files=[(name, (None, str(n).encode())) for n, name in enumerate(names)])
    assert read(body, kind) == {
        "a": [{"b": "0", "c": ["1", "2"]}, {"b": "3"}],
        "o": {"1": "4", "x": "5"},  # keys that do not count from 0 are keys
    }


def test_a_form_must_be_multipart() -> None:
    """Where a file is needed, JSON is refused as a content type, and told what would do."""
    scope = {"type": "http", "method": "POST", "headers": [], "path": "/"}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    with pytest.raises(Refusal, match="takes 'multipart/form-data'") as caught:
        asyncio.run(read_form(Request(scope, receive)))
    assert caught.value.code == "unsupported_content_type"


@pytest.mark.parametrize(
    "names",
    [
        ["a", "a"],
        ["a", "a[b]"],
        ["a[b]", "a"],
        ["a[b]", "a[b]"],
        ["a[b]", "a[]"],
        ["a[]", "a[b]"],
        ["a[", "b"],
        ["[a]"],
        ["a" + "[b]" * 9],
    ],
)
def test_names_that_contradict_each_other_are_refused(names: list[str]) -> None:
    """A field that is there twice, or both text and object, or malformed, is answered with 400."""
    body, kind = encoded(files=[(name, (None, b"1")) for name in names])
    with pytest.raises(Refusal, match="Duplicate or malformed"):
        read(body, kind)


def test_a_part_that_is_no_text_is_a_file() -> None:
    """An image that a client sends as a plain part, without a file's name, is still that image."""
    body, kind = encoded(files={"input_reference": (None, b"\x89PNG\r\n")})
    assert read(body, kind) == {"input_reference": File(b"\x89PNG\r\n")}


@pytest.mark.parametrize("cut", [4, 30, 90])
def test_torn_multipart_is_refused(cut: int) -> None:
    """A multipart body without its end is answered with 400."""
    body, kind = encoded(data={"prompt": "a"}, files={"f": ("f", b"bytes")})
    with pytest.raises(Refusal, match="could not parse the multipart"):
        read(body[:-cut], kind)


def test_multipart_without_any_part_has_no_fields() -> None:
    """The official SDK leaves out empty texts, and may have nothing left to send."""
    assert read(b"--x--\r\n", "multipart/form-data; boundary=x") == {}


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary="])
def test_multipart_without_a_boundary_is_refused(kind: str) -> None:
    """Without a boundary there are no parts to be found."""
    with pytest.raises(Refusal, match="multipart"):
        read(b"--x\r\n", kind)


def test_other_content_types_are_refused() -> None:
    """What is neither JSON nor multipart is answered with 400 and with what would do."""
    with pytest.raises(Refusal, match="'application/json' and 'multipart/form-data'"):
        read(b"prompt=a", "application/x-www-form-urlencoded")


def test_a_body_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the limit is answered with 413, whether it is read to its end or given up on."""
    monkeypatch.setattr(requests, "BODY", 100)
    for length in (101, 100_000):
        with pytest.raises(Refusal) as caught:
            read(b" " * length, "application/json", piece=50)
        assert caught.value.status == 413


def test_too_many_parts_are_refused() -> None:
    """A body of more than 200 parts is answered with 400."""
    body, kind = encoded(files=[(f"f{n}", (None, b"1")) for n in range(201)])
    with pytest.raises(Refusal, match="200 parts"):
        read(body, kind)
