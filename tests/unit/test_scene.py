"""What a prompt's words ask for."""

from __future__ import annotations

import pytest

from sorapipe.studio.scene import read


@pytest.mark.parametrize(
    ("prompt", "hour", "ground"),
    [
        ("An old lighthouse keeper climbs the stairs at dawn", "dawn", "sea"),
        ("A serene sunset over a mountain lake", "dusk", "mountains"),
        ("Neon alley at midnight, pedestrians", "night", "street"),
        ("Sunny meadow", "day", "hills"),
        ("Coral reef at noon", "day", "underwater"),
        ("夜の街", "night", "street"),
        ("Старый маяк, море, закат", "dusk", "sea"),
    ],
)
def test_words_choose_hour_and_ground(prompt: str, hour: str, ground: str) -> None:
    """The first word that names an hour or a place decides it, whatever the seed."""
    scenes = [read(prompt, seed) for seed in range(5)]
    assert {(scene.hour, scene.ground) for scene in scenes} == {(hour, ground)}


def test_words_add_weather_water_figures_and_colour() -> None:
    """Everything else that is named is there too, in any number."""
    scene = read("A red boat in a thunderstorm with fog; birds; a girl by the lake", 1)
    assert scene.weather == {"storm", "fog"}
    assert scene.water
    assert {"boat", "birds", "person"} <= set(scene.figures)
    assert scene.tint == (196, 48, 44)


def test_plurals_are_the_same_words() -> None:
    """`mountains` asks for what `mountain` asks for."""
    assert read("mountains", 1).ground == read("mountain", 2).ground == "mountains"


def test_what_words_leave_open_the_seed_decides() -> None:
    """A prompt of unknown words is another scene for another seed, and always the same for one."""
    scenes = [read("qwerty", seed) for seed in range(30)]
    assert scenes == [read("qwerty", seed) for seed in range(30)]
    assert len({(scene.hour, scene.ground) for scene in scenes}) > 8


def test_only_the_beginning_of_a_long_prompt_is_read() -> None:
    """A word far down does not decide what the picture is of."""
    assert "snow" not in read("meadow " + "la " * 20_000 + "snow", 1).weather
