"""Profiles: the data is whole, and says what the sources say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sorapipe.errors import UsageError
from sorapipe.videos.profile import load, names


def test_every_profile_loads_and_has_its_date() -> None:
    """A key that the code does not know would be an error here."""
    assert {"generic", "local", "openai"} <= set(names())
    for name in names():
        profile = load(name)
        assert profile.name == name
        assert profile.checked.year >= 2026
        assert profile.models
        assert 0 < profile.min_poll_interval <= profile.max_poll_interval


def test_an_unknown_profile_is_told_with_the_nearest_one() -> None:
    """A slip of the hand costs one reading."""
    with pytest.raises(UsageError, match=r"no profile 'opanai'; did you mean 'openai'\?"):
        load("opanai")
    with pytest.raises(UsageError, match="known: generic"):
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
