"""Requests, built without sending them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorapipe.errors import UsageError
from sorapipe.videos import said, wire
from sorapipe.videos.profile import Profile, load, names
from sorapipe.videos.reference import File, FileId, Image
from sorapipe.videos.wire import WireRequest

LOCAL, OPENAI = load("local"), load("openai")
PNG = Image("a.png", "image/png", b"png")
CLIP = File("a.mp4", "video/mp4", b"mp4")
WANTED: dict[str, Any] = {"prompt": "a", "model": "m", "seconds": 4, "size": "1280x720"}


def test_a_create_without_a_file_is_json_and_always_says_size_and_seconds() -> None:
    """Defaults differ from server to server, so none is relied on."""
    request = wire.create(OPENAI, **WANTED, idempotency_key="once")
    assert request.json == {**WANTED, "seconds": "4"}
    assert (request.method, request.path, request.files) == ("POST", "/videos", ())
    assert request.headers["idempotency-key"] == "once"
    assert request.spends
    assert wire.create(OPENAI, prompt="a").json == {
        "prompt": "a",
        "model": "sora-2",
        "seconds": "4",
        "size": "1280x720",
    }


def test_a_file_makes_it_multipart() -> None:
    """JSON can't carry a file, so every field becomes a text."""
    request = wire.create(LOCAL, **WANTED, input_reference=PNG, seed=7)
    assert request.json is None
    assert dict(request.form) == {**WANTED, "seconds": "4", "seed": "7"}
    assert request.files == (("input_reference", PNG),)


def test_a_profile_may_want_multipart_always() -> None:
    """The API's own objects then become bracket fields, nested extras JSON."""
    profile = replace(OPENAI, body="multipart")
    extra = {"fps": 24.0, "loop": True, "lora": {"name": "é"}, "none": None}
    reference, characters = FileId("file-1"), ["char_1", "char_2"]
    created = wire.create(
        profile, **WANTED, input_reference=reference, extra=extra, characters=characters
    )
    form = dict(created.form)
    assert form["input_reference[file_id]"] == "file-1"
    assert (form["fps"], form["loop"], form["lora"]) == ("24", "true", '{"name": "é"}')
    assert "none" not in form
    named = [value for name, value in created.form if name == "characters[][id]"]
    assert named == characters
    edited = wire.edit(profile, "v", prompt="b")
    assert edited.form == (("prompt", "b"), ("video[id]", "v"))


def test_characters_are_named_by_their_ids() -> None:
    """In JSON they are objects, as the API has them; none is no field at all."""
    json = wire.create(OPENAI, **WANTED, characters=["char_1"]).json
    assert json is not None
    assert json["characters"] == [{"id": "char_1"}]
    assert "characters" not in (wire.create(OPENAI, **WANTED, characters=[]).json or {})


def test_a_character_is_a_name_and_a_clip() -> None:
    """It is a form, may cost something, and is asked for again below its id."""
    request = wire.create_character(OPENAI, name="Ada", video=CLIP)
    assert (request.method, request.path) == ("POST", "/videos/characters")
    assert (request.form, request.files) == ((("name", "Ada"),), (("video", CLIP),))
    assert request.spends
    asked = wire.retrieve_character(OPENAI, "char/1")
    assert (asked.method, asked.path) == ("GET", "/videos/characters/char%2F1")


@pytest.mark.parametrize("spelt", [8, "8", "8s", " 8 s ", 8.0, "8.0", Decimal(8)])
def test_a_length_may_be_spelt_as_people_spell_it(spelt: Any) -> None:
    """A text or a number, with or without its unit: one thing is sent, as the server reads it."""
    assert (wire.create(OPENAI, prompt="a", seconds=spelt).json or {})["seconds"] == "8"
    sglang = wire.create(load("sglang"), prompt="a", seconds=spelt).json or {}
    assert sglang["seconds"] == 8
    assert isinstance(sglang["seconds"], int)


@pytest.mark.parametrize("spelt", ["1280x720", (1280, 720), [1280, 720], " 1280 X 720", "1280×720"])
def test_a_size_is_a_text_or_a_pair(spelt: Any) -> None:
    """The wire has one spelling."""
    assert (wire.create(OPENAI, prompt="a", size=spelt).json or {})["size"] == "1280x720"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", ""),
        ("prompt", " \n"),
        ("prompt", 7),
        ("prompt", "\ud800"),
        ("model", ""),
        ("seconds", "8m"),
        ("seconds", "-8"),
        ("seconds", 0),
        ("seconds", True),
        ("seconds", None),
        ("seconds", float("nan")),
        ("seconds", [8]),
        ("size", "720p"),
        ("size", "0x720"),
        ("size", (1280,)),
        ("size", (1280, -720)),
        ("seed", 7.5),
        ("seed", True),
        ("seed", 1 << 64),
        ("characters", [""]),
        ("characters", [7]),
    ],
)
def test_what_no_server_could_read_is_refused_before_it_is_sent(field: str, value: Any) -> None:
    """A create that fails there may have cost something; here it costs nothing."""
    with pytest.raises(UsageError):
        wire.create(LOCAL, **{**WANTED, field: value})


def test_a_server_of_whole_seconds_gets_no_half_ones() -> None:
    """Rounding by itself would render something else than was asked for."""
    with pytest.raises(UsageError, match=r"seconds: 7\.5 is no whole number"):
        wire.create(load("sglang"), prompt="a", seconds=7.5)


def test_openrouter_has_its_own_names_and_one_fixed_query() -> None:
    """`duration` is a number; a result is asked for by its index."""
    openrouter = load("openrouter")
    request = wire.create(openrouter, **WANTED, seed=7)
    assert request.json == {
        "prompt": "a",
        "model": "m",
        "duration": 4,
        "size": "1280x720",
        "seed": 7,
    }
    content = wire.content(openrouter, "v")
    assert (content.path, dict(content.query)) == ("/videos/v/content", {"index": "0"})


def test_the_key_goes_as_the_profile_says() -> None:
    """Azure has a header of its own, on every request that needs the key."""
    azure = load("azure")
    requests = [
        wire.create(azure, **WANTED),
        wire.retrieve(azure, "v"),
        wire.list_page(azure),
        wire.content(azure, "v"),
        wire.result(azure, "/elsewhere"),
        wire.delete(azure, "v"),
        wire.remix(azure, "v", prompt="a"),
    ]
    assert {request.auth for request in requests} == {"api-key"}
    assert wire.retrieve(OPENAI, "v").auth == "bearer"


@pytest.mark.parametrize(
    ("number", "text"),
    [(4, "4"), (4.0, "4"), (2.5, "2.5"), (10, "10"), (1e-7, "0.0000001"), (1e16, "1" + "0" * 16)],
)
def test_numbers_are_plain_digits(number: float, text: str) -> None:
    """No server reads 4.0 or 1e-07 as a length."""
    assert said.plain(number) == text


@given(st.floats(min_value=1e-6, max_value=1e6))
def test_plain_numbers_mean_the_same(number: float) -> None:
    """Only the spelling changes, and it never has an exponent."""
    assert float(said.plain(number)) == number
    assert "e" not in said.plain(number).lower()


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(number: float) -> None:
    """Not a number is not a length."""
    with pytest.raises(UsageError):
        said.plain(number)


_BUILDS: dict[str, Callable[[Profile], WireRequest]] = {
    "remix": lambda profile: wire.remix(profile, "v", prompt="a"),
    "edit": lambda profile: wire.edit(profile, "v", prompt="a"),
    "extend": lambda profile: wire.extend(profile, "v", prompt="a", seconds=4),
    "delete": lambda profile: wire.delete(profile, "v"),
    "variants": lambda profile: wire.content(profile, "v", "thumbnail"),
    "seed": lambda profile: wire.create(profile, **WANTED, seed=7),
    "file_id": lambda profile: wire.create(profile, **WANTED, input_reference=FileId("f")),
    "characters": lambda profile: wire.create(profile, **WANTED, characters=["c"]),
}


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("ability", _BUILDS)
def test_what_a_server_lacks_is_refused_before_it_is_sent(name: str, ability: str) -> None:
    """What a profile can is built, what it can't is an error that names it: nothing is dropped."""
    profile = load(name)
    if getattr(profile, ability):
        assert _BUILDS[ability](profile).method in {"GET", "POST", "DELETE"}
    else:
        with pytest.raises(UsageError, match=rf"profile '{name}': .* not possible there"):
            _BUILDS[ability](profile)


def test_a_list_is_asked_for_only_where_there_is_one() -> None:
    """A path that isn't there would look like a server that has lost everything."""
    assert wire.list_page(LOCAL, after="v").query == {"limit": "100", "order": "desc", "after": "v"}
    with pytest.raises(UsageError, match="profile 'openrouter': a list is not possible there"):
        wire.list_page(load("openrouter"))


@pytest.mark.parametrize("name", ["prompt", "seconds", "input_reference", "video", "size"])
def test_extra_cannot_change_what_was_priced(name: str) -> None:
    """The fields of the request itself are said, priced and remembered elsewhere."""
    for build in (
        lambda: wire.create(OPENAI, **WANTED, extra={name: "60"}),
        lambda: wire.remix(OPENAI, "v", prompt="a", extra={name: "60"}),
    ):
        with pytest.raises(UsageError, match=name):
            build()


def test_extra_cannot_say_in_a_dialects_words_what_the_request_says() -> None:
    """`duration` is a length at OpenRouter, and a server's own parameter elsewhere."""
    with pytest.raises(UsageError, match="'duration' is a field of its own"):
        wire.create(load("openrouter"), **WANTED, extra={"duration": 60})
    assert (wire.create(OPENAI, **WANTED, extra={"duration": 60}).json or {})["duration"] == 60
    assert (wire.create(OPENAI, **WANTED, extra={"seed": 7}).json or {})["seed"] == 7
    with pytest.raises(UsageError, match="'seed' is a field of its own"):
        wire.create(LOCAL, **WANTED, extra={"seed": 7})


@pytest.mark.parametrize("key", ["a\nb", "ключ", " a", 5])
def test_a_key_that_no_header_can_carry_is_refused_before_it_is_sent(key: Any) -> None:
    """Else the request would count as one that may have been accepted."""
    with pytest.raises(UsageError, match="idempotency_key: it can't stand in a header"):
        wire.create(load("openai"), prompt="a", idempotency_key=key)


@pytest.mark.parametrize(
    "extra",
    [
        {"a": float("nan")},
        {"a": object()},
        {"a": [b"x"]},
        {"a": "\ud800"},
        {"\ud800": 1},
        {5: 1},
        ["a"],
        "text",
    ],
)
@pytest.mark.parametrize("profile", ["openai", "vllm-omni"])
def test_extra_is_what_json_can_carry(profile: str, extra: Any) -> None:
    """Anything else is the caller's error, told in one line."""
    with pytest.raises(UsageError, match="extra: "):
        wire.create(load(profile), prompt="a", extra=extra)


def test_words_that_are_no_unicode_are_refused() -> None:
    """Half a character can't be sent, wherever it stands."""
    openai = load("openai")
    for request in (
        lambda: wire.retrieve(openai, "\ud800"),
        lambda: wire.list_page(openai, after="\ud800"),
        lambda: wire.create(openai, prompt="a", characters=["\ud800"]),
    ):
        with pytest.raises(UsageError, match="half a character"):
            request()


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_has_one_to_a_hundred_videos(limit: int) -> None:
    """The API's own bounds."""
    with pytest.raises(UsageError, match="limit"):
        wire.list_page(LOCAL, limit=limit)


@given(st.text(min_size=1).filter(lambda text: set(text) != {"."} and text.isprintable()))
def test_an_id_stays_one_part_of_the_path(id_: str) -> None:
    """Slashes, dots and question marks of an id never become structure."""
    path = wire.retrieve(LOCAL, id_).path
    assert path.count("/") == 2
    assert not set(path) & set("?# ")


@pytest.mark.parametrize(
    ("call", "told", "words"),
    [
        (wire.create, {"prompt": "a", "second": 4}, "no 'second'; did you mean 'seconds'?"),
        (wire.create, {"model": "sora-2"}, "it has no 'prompt'"),
        (wire.remix, {"prompt": "a", "promt": "b"}, "no 'promt'; did you mean 'prompt'?"),
        (wire.edit, {}, "it has no 'prompt'"),
        (wire.extend, {"prompt": "a"}, "it has no 'seconds'"),
    ],
)
def test_a_slip_in_a_name_buys_nothing(
    call: Callable[..., object], told: dict[str, Any], words: str
) -> None:
    """A keyword that nobody knows, or one that is missing, is refused before anything is sent."""
    video = () if call is wire.create else ("video_1",)
    with pytest.raises(UsageError, match=re.escape(words)):
        call(LOCAL, *video, **told)
