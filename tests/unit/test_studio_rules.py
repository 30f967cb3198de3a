"""The studio's rules: what is accepted, strictly and leniently."""

from __future__ import annotations

import pytest

from sorapipe.studio.refusal import Refusal
from sorapipe.studio.rules import MODELS, Rules

STRICT, LENIENT = Rules(strict=True), Rules(strict=False)


@pytest.mark.parametrize("rules", [STRICT, LENIENT])
def test_unsaid_fields_have_the_designs_defaults(rules: Rules) -> None:
    """Without words a video is sora-2, 1280x720 and four seconds."""
    model = rules.model(None)
    assert (model, rules.size(None, model), rules.seconds(None)) == ("sora-2", "1280x720", "4")
    assert rules.seed(None) is None


@pytest.mark.parametrize("given", [8, "8", 8.0, "8.0", "08"])
def test_a_length_is_a_number_however_it_is_written(given: object) -> None:
    """The number 8 and the text "8" are the same length, told as "8"."""
    assert STRICT.seconds(given) == LENIENT.seconds(given) == "8"


@pytest.mark.parametrize("given", [0, 5, 24, "9", "2.5", -4, "8s", "", True, [8], {}, "٨", 1e300])
def test_strict_lengths_are_the_real_ones(given: object) -> None:
    """Any other length than 4, 8, 12, 16 and 20 is refused in strict mode."""
    with pytest.raises(Refusal) as caught:
        STRICT.seconds(given)
    assert (caught.value.status, caught.value.param) == (400, "seconds")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("2.5", "2.5"), (0.25, "0.25"), (60, "60"), ("1.50", "1.5"), ("0.04", "0.04")],
)
def test_lenient_lengths_may_be_fractions_up_to_a_minute(given: object, kept: str) -> None:
    """A lenient length is more than 0 and at most 60 seconds, kept in its plainest spelling."""
    assert LENIENT.seconds(given) == kept


@pytest.mark.parametrize("given", [0, "0.0", 60.5, 61, "-1", "1e1", "nan", "inf", []])
def test_lenient_lengths_have_bounds(given: object) -> None:
    """Nothing, more than a minute, and what is no plain number are refused in lenient mode too."""
    with pytest.raises(Refusal):
        LENIENT.seconds(given)


def test_every_strict_size_belongs_to_a_model() -> None:
    """sora-2 has the 720p sizes and the square; sora-2-pro the larger ones as well."""
    assert set(MODELS["sora-2"]) == {"720x1280", "1280x720", "1024x1024"}
    assert set(MODELS["sora-2-pro"]) - set(MODELS["sora-2"]) == {
        "1024x1792",
        "1792x1024",
        "1080x1920",
        "1920x1080",
    }
    for model, sizes in MODELS.items():
        assert all(STRICT.size(size, STRICT.model(model)) == size for size in sizes)


@pytest.mark.parametrize("size", ["1920x1080", "640x360", "1280X720", "1280x720 ", "", 720])
def test_strict_sizes_are_the_models_own(size: object) -> None:
    """A size that the model does not have is refused in strict mode."""
    with pytest.raises(Refusal) as caught:
        STRICT.size(size, "sora-2")
    assert caught.value.param == "size"


@pytest.mark.parametrize("size", ["16x16", "4096x4096", "640x360", "0064x64"])
def test_lenient_sizes_are_even_pairs(size: str) -> None:
    """Any even width and height from 16 to 4096 will do in lenient mode, for any model."""
    assert LENIENT.size(size, LENIENT.model("somebody/else")) == size.lstrip("0")


@pytest.mark.parametrize("size", ["15x16", "16x14", "4098x64", "64", "64x64x64", "axb", "٦٤x٦٤"])
def test_lenient_sizes_have_bounds(size: str) -> None:
    """Odd, tiny, huge and malformed sizes are refused in lenient mode."""
    with pytest.raises(Refusal):
        LENIENT.size(size, "sora-2")


def test_strict_models_are_the_real_ones() -> None:
    """An unknown model is refused in strict mode with those that there are."""
    with pytest.raises(Refusal, match="'sora-2-pro'") as caught:
        STRICT.model("sora-3")
    assert (caught.value.param, caught.value.code) == ("model", "invalid_value")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (None, "missing_required_parameter"),
        ("", "empty_string"),
        ("x" * 32_001, "string_above_max_length"),
        (7, "invalid_type"),
    ],
)
def test_a_prompt_has_1_to_32000_characters(given: object, code: str) -> None:
    """A prompt that is missing, empty, too long or no text is refused, each with its code."""
    assert STRICT.prompt("x" * 32_000)
    with pytest.raises(Refusal) as caught:
        STRICT.prompt(given)
    assert (caught.value.param, caught.value.code) == ("prompt", code)


def test_an_extension_has_the_length_of_the_whole() -> None:
    """Seconds are added to the parent's, up to two minutes in all."""
    assert STRICT.extension("8", 0, "12") == ("12", "20")
    assert LENIENT.extension("2.5", 0, 1.25) == ("1.25", "3.75")
    assert STRICT.extension("100", 5, 20) == ("20", "120")
    with pytest.raises(Refusal, match="120 seconds"):
        STRICT.extension("104", 0, 20)
    with pytest.raises(Refusal, match="Missing"):
        STRICT.extension("8", 0, None)


def test_a_video_is_extended_six_times_at_most() -> None:
    """Strictly there is no seventh extension; a lenient studio counts the seconds alone."""
    with pytest.raises(Refusal, match="extended 6 times") as caught:
        STRICT.extension("28", 6, 4)
    assert caught.value.param == "video"
    assert LENIENT.extension("28", 6, 4) == ("4", "32")


def test_characters_are_two_at_most() -> None:
    """`characters` is an array of at most two objects with an id, or not there."""
    assert STRICT.characters(None) == STRICT.characters([]) == []
    assert STRICT.characters([{"id": "a"}, {"id": "b"}]) == ["a", "b"]
    for given, code in (
        ([{"id": "a"}] * 3, "array_above_max_length"),
        ({"id": "a"}, "invalid_type"),
        (["a"], "invalid_type"),
        ([{"id": 1}], "invalid_type"),
        ("a", "invalid_type"),
    ):
        with pytest.raises(Refusal) as caught:
            STRICT.characters(given)
        assert (caught.value.param, caught.value.code) == ("characters", code)


def test_a_characters_name_has_1_to_80_characters() -> None:
    """A name that is missing, empty, too long or no text is refused."""
    assert LENIENT.name("x" * 80) == "x" * 80
    for given in (None, "", "x" * 81, 7):
        with pytest.raises(Refusal) as caught:
            STRICT.name(given)
        assert caught.value.param == "name"


@pytest.mark.parametrize("given", [0, "7", -(1 << 63), (1 << 63) - 1])
def test_a_seed_is_a_64_bit_integer(given: int | str) -> None:
    """A seed may come as a number or as text."""
    assert STRICT.seed(given) == int(given)


@pytest.mark.parametrize("given", [1 << 63, "x", 1.5, True, "", [1], "9" * 5000])
def test_other_seeds_are_refused(given: object) -> None:
    """What is no 64-bit integer is no seed."""
    with pytest.raises(Refusal) as caught:
        STRICT.seed(given)
    assert caught.value.param == "seed"
