"""Requests, built without sending them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorapipe.errors import UsageError
from sorapipe.videos import wire
from sorapipe.videos.profile import load
from sorapipe.videos.wire import FileId, Image

LOCAL, OPENAI = load("local"), load("openai")
PNG = Image("a.png", "image/png", b"png")
WANTED: dict[str, Any] = {"prompt": "a", "model": "m", "seconds": 4, "size": "1280x720"}


def test_a_create_without_a_file_is_json_and_always_says_size_and_seconds() -> None:
    """Defaults differ from server to server, so none is relied on."""
    request = wire.create(OPENAI, **WANTED, idempotency_key="once")
    assert request.json == {**WANTED, "seconds": "4"}
    assert (request.method, request.path, request.files) == ("POST", "/videos", ())
    assert request.headers["idempotency-key"] == "once"
    assert request.spends


def test_a_file_makes_it_multipart() -> None:
    """JSON can't carry a file, so every field becomes a text."""
    request = wire.create(LOCAL, **WANTED, input_reference=PNG, seed=7)
    assert request.json is None
    assert dict(request.form) == {**WANTED, "seconds": "4", "seed": "7"}
    assert request.files == (("input_reference", PNG),)


def test_a_profile_may_want_multipart_always() -> None:
    """Objects then become bracket fields, nested extras JSON."""
    profile = replace(OPENAI, body="multipart")
    extra = {"fps": 24.0, "loop": True, "lora": {"name": "é"}, "none": None}
    created = wire.create(profile, **WANTED, input_reference=FileId("file-1"), extra=extra)
    form = dict(created.form)
    assert form["input_reference[file_id]"] == "file-1"
    assert (form["fps"], form["loop"], form["lora"]) == ("24", "true", '{"name": "é"}')
    assert "none" not in form
    edited = wire.edit(profile, "v", prompt="b")
    assert edited.form == (("prompt", "b"), ("video[id]", "v"))


def test_a_file_id_is_json() -> None:
    """No bytes are needed for what the server already has."""
    request = wire.create(OPENAI, **WANTED, input_reference=FileId("file-1"))
    assert request.json is not None
    assert request.json["input_reference"] == {"file_id": "file-1"}


@pytest.mark.parametrize(
    ("number", "text"),
    [(4, "4"), (4.0, "4"), (2.5, "2.5"), (10, "10"), (1e-7, "0.0000001"), (1e16, "1" + "0" * 16)],
)
def test_numbers_are_plain_digits(number: float, text: str) -> None:
    """No server reads 4.0 or 1e-07 as a length."""
    assert wire.plain(number) == text


@given(st.floats(min_value=1e-6, max_value=1e6))
def test_plain_numbers_mean_the_same(number: float) -> None:
    """Only the spelling changes, and it never has an exponent."""
    assert float(wire.plain(number)) == number
    assert "e" not in wire.plain(number).lower()


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(number: float) -> None:
    """Not a number is not a length."""
    with pytest.raises(UsageError):
        wire.plain(number)


def test_what_a_server_lacks_is_refused_before_it_is_sent() -> None:
    """A seed that is silently dropped would be a render that can't be repeated."""
    with pytest.raises(UsageError, match="profile 'openai': a seed is not possible"):
        wire.create(OPENAI, **WANTED, seed=7)
    with pytest.raises(UsageError, match="file id"):
        wire.create(LOCAL, **WANTED, input_reference=FileId("file-1"))
    bare = replace(OPENAI, remix=False, edit=False, extend=False, delete=False, variants=False)
    for build in (
        lambda: wire.remix(bare, "v", prompt="a"),
        lambda: wire.edit(bare, "v", prompt="a"),
        lambda: wire.extend(bare, "v", prompt="a", seconds=4),
        lambda: wire.delete(bare, "v"),
        lambda: wire.content(bare, "v", "thumbnail"),
    ):
        with pytest.raises(UsageError, match="not possible there"):
            build()


@pytest.mark.parametrize("name", ["prompt", "seconds", "input_reference"])
def test_extra_cannot_change_what_was_priced(name: str) -> None:
    """The fields of the request itself are said, priced and remembered elsewhere."""
    with pytest.raises(UsageError, match=name):
        wire.create(OPENAI, **WANTED, extra={name: "60"})


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_has_one_to_a_hundred_videos(limit: int) -> None:
    """The API's own bounds."""
    with pytest.raises(UsageError, match="limit"):
        wire.list_page(limit=limit)


@given(st.text(min_size=1).filter(lambda text: set(text) != {"."} and text.isprintable()))
def test_an_id_stays_one_part_of_the_path(id_: str) -> None:
    """Slashes, dots and question marks of an id never become structure."""
    path = wire.retrieve(id_).path
    assert path.count("/") == 2
    assert not set(path) & set("?# ")
