"""Profiles: the data is whole, and says what the sources say."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest

from sorapipe.errors import UsageError
from sorapipe.videos.profile import Profile, load, names, own

ALL = [
    "azure",
    "generic",
    "litellm",
    "local",
    "new-api",
    "openai",
    "openrouter",
    "sglang",
    "vllm-omni",
]


def _own(text: str, name: str = "mine") -> Profile:
    """The user's profile that the table says."""
    table: dict[str, Any] = tomllib.loads(text, parse_float=Decimal)
    return own(name, table, f"config.toml: profiles.{name}", "config.toml")


def test_the_built_in_profiles_are_these() -> None:
    """One for each kind of server that is alive, one for the studio, and one for all others."""
    assert list(names()) == ALL


@pytest.mark.parametrize("name", ALL)
def test_every_profile_loads_and_has_its_date_and_sources(name: str) -> None:
    """A key that the code does not know would be an error here; a price has its own date."""
    profile = load(name)
    assert profile.name == name
    assert profile.about
    assert profile.checked.year >= 2026
    assert profile.sources
    assert profile.models
    assert 0 < profile.min_poll_interval <= profile.max_poll_interval
    for model in profile.models.values():
        assert bool(model.prices) == (model.priced is not None)


@pytest.mark.parametrize("name", ALL)
def test_every_fact_of_a_profile_has_its_reason_beside_it(name: str) -> None:
    """Every ability and limit of a server that is not ours says where it is known from."""
    text = files("sorapipe.videos").joinpath("profiles", f"{name}.toml").read_text("utf-8")
    top = text.partition("\n[")[0]
    bare = [line for line in top.splitlines() if re.match(r"[a-z-]+ = ", line) and "#" not in line]
    said = {line.partition(" =")[0] for line in bare}
    follows = {"about", "checked", "list-complete", "max-poll-interval"}  # from the line before
    assert name == "local" or said <= follows


def test_an_unknown_profile_is_told_with_the_nearest_one() -> None:
    """A slip of the hand costs one reading."""
    with pytest.raises(UsageError, match=r"no profile 'opanai'; did you mean 'openai'\?"):
        load("opanai")
    with pytest.raises(UsageError, match="known: azure, generic"):
        load("../../etc/passwd")


def test_the_studio_takes_everything_even_up_to_a_minute_for_nothing() -> None:
    """The facts that previews stand on."""
    local = load("local")
    model = local.model("whatever")
    assert model is not None
    assert model.takes_size("64x64")
    assert not model.takes_size("63x64")
    assert model.takes_seconds(60)
    assert not model.takes_seconds(60.5)
    assert local.price("whatever", "64x64") == 0
    assert (local.list, local.idempotency, local.seed) == ("proof", "replay", True)


def test_the_last_price_list_of_openai() -> None:
    """USD a second by model and size; dated names cost the same; other models are not there."""
    openai = load("openai")
    assert openai.price("sora-2", "1280x720") == Decimal("0.10")
    assert openai.price("sora-2-2025-12-08", "720x1280") == Decimal("0.10")
    assert openai.price("sora-2-pro", "1024x1792") == Decimal("0.50")
    assert openai.price("sora-2-pro", "1920x1080") == Decimal("0.70")
    assert openai.price("sora-2", "1024x1792") is None
    assert openai.model("sora-9") is None
    model = openai.model("sora-2")
    assert model is not None
    assert not model.takes_size("1024x1792")
    assert [seconds for seconds in range(25) if model.takes_seconds(seconds)] == [4, 8, 12, 16, 20]


def test_nothing_is_assumed_of_a_server_that_nobody_knows() -> None:
    """No price, no seed, and a list that proves nothing."""
    generic = load("generic")
    assert generic.price("any-model", "1x1") is None
    assert (generic.list, generic.idempotency, generic.seed) == ("hint", "none", False)
    assert generic.base_url is None


def test_a_users_profile_is_like_a_built_in_one_but_for_what_it_says() -> None:
    """Tables are laid over each other key by key; what is not said stays."""
    mine = _own(
        """
        like = "vllm-omni"
        about = "our box"
        retention = 600
        [paths]
        content = "/videos/{id}/file?raw=1"
        [statuses]
        baking = "in_progress"
        [models.wan]
        sizes = ["832x480"]
        seconds = [5]
        prices = { any = 0.02 }
        priced = 2026-11-01
        """
    )
    like = load("vllm-omni")
    assert (mine.name, mine.about, mine.retention) == ("mine", "our box", 600)
    assert mine.origin == "config.toml, like 'vllm-omni'"
    assert (mine.body, mine.image, mine.seed) == (like.body, like.image, like.seed)
    assert (mine.paths.content, mine.paths.create) == ("/videos/{id}/file?raw=1", "/videos")
    assert mine.statuses == {"baking": "in_progress"}
    assert set(mine.models) == {"any", "wan"}
    assert mine.price("wan", "832x480") == Decimal("0.02")
    assert mine.models["wan"].priced == date(2026, 11, 1)


def test_a_profile_of_a_built_in_name_overrides_that_one() -> None:
    """A new price list takes the place of the old one, and does not borrow its date."""
    mine = _own("[models.sora-2]\nprices = { any = 0.2 }\n", "openai")
    assert mine.price("sora-2", "1280x720") == Decimal("0.2")
    assert mine.models["sora-2"].priced is None
    assert mine.models["sora-2"].sizes == load("openai").models["sora-2"].sizes
    assert mine.models["sora-2-pro"] == load("openai").models["sora-2-pro"]
    assert load("openai").price("sora-2", "1280x720") == Decimal("0.10")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lsit = 'hint'", ".lsit: there is no such key; did you mean 'list'?"),
        ("file_id = true", ".file_id: there is no such key; did you mean 'file-id'?"),
        ("like = 'opanai'", ".like: there is no built-in profile 'opanai'; did you mean 'openai'?"),
        ("like = 3", ".like: there is no built-in profile '3'"),
        ("list = 'maybe'", ".list: 'maybe' is not possible; one of none, hint, proof"),
        ("remix = 'yes'", ".remix: 'yes' is neither; true or false"),
        ("checked = '2026-11-01'", ".checked: 2026-11-01 is not a date; a date such as"),
        ("retention = 1.5", ".retention: Decimal('1.5') is no count"),
        ("concurrency = 0", ".concurrency: 0 is no count; a whole number from 1"),
        ("queue-depth = -1", ".queue-depth: -1 is no count"),
        ("min-poll-interval = 30", ".max-poll-interval: it is below min-poll-interval"),
        ("min-poll-interval = 0", ".min-poll-interval: 0 is not possible"),
        ("paths = 3", ".paths: it is not a table"),
        ("[paths]\ncontents = '/x'", ".paths.contents: there is no such key; did you mean 'cont"),
        ("[paths]\ncreate = 'videos'", ".paths.create: 'videos' is not a path below the base URL"),
        ("[paths]\ncreate = '//evil.example.com/v1'", ".paths.create: '//evil"),
        ("[paths]\nretrieve = '/videos'", "has the wrong braces; '{id}' once"),
        ("[paths]\ncreate = '/v/{id}'", "has the wrong braces; no braces"),
        ("[paths]\ncontent = '/v/{id}/{x}'", "has the wrong braces"),
        ("[paths]\nlist = '/v?limit'", ".paths.list: '/v?limit' has a broken query; ?name=value"),
        ("[fields]\nseconds-type = 'float'", ".fields.seconds-type: 'float' is not possible"),
        ("[image]\nshape = 'square'", ".image.shape: 'square' is not possible; one of object"),
        ("[statuses]\nbaking = 'running'", ".statuses.baking: 'running' is not possible; one of"),
        ("[paths]\ncreate = '//[x'", ".paths.create: '//[x' is not a path below the base URL"),
        ("result-urls = 'url'", ".result-urls: it is not a list"),
        ("unknown-id = 'gone'", ".unknown-id: it is not a list"),
        ("unknown-id = ['']", ".unknown-id: an empty text is no code"),
        ("unknown-id = [404]", ".unknown-id: it is not a text"),
        ("[models.m]\nsizes = '720p'", ".models.m.sizes: '720p' is not possible"),
        ("[models.m]\nsizes = ['720p']", ".models.m.sizes: '720p' is not a size"),
        ("[models.m]\nseconds = [0]", ".models.m.seconds: 0 is not possible"),
        ("[models.m]\nprices = { '720p' = 1 }", ".models.m.prices.720p: '720p' is not a size"),
        ("[models.m]\nprices = { any = -1 }", ".models.m.prices.any: -1 is not possible"),
        ("[models.m]\nprices = { any = 'dear' }", ".models.m.prices.any: 'dear' is not a number"),
        ("file-id = true\n[image]\nshape = 'text'", ".file-id: a file id can't be sent"),
        ("like = 'openai'\n[image]\nshape = 'frames'", ".file-id: a file id can't be sent"),
    ],
)
def test_a_users_slip_is_told_at_its_key_with_what_would_be_right(text: str, told: str) -> None:
    """Profiles are checked as strictly as storyboards: a word that nobody reads helps nobody."""
    with pytest.raises(UsageError) as caught:
        _own(text)
    assert str(caught.value).startswith("config.toml: profiles.mine")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_model_may_take_whole_seconds_only() -> None:
    """As servers do whose lengths are integers."""
    model = load("sglang").model("wan")
    assert model is not None
    assert model.takes_seconds(7)
    assert model.takes_seconds(7.0)
    assert not model.takes_seconds(7.5)
