"""Every ground, hour and weather can be built and painted."""

from __future__ import annotations

from typing import get_args

import pytest

from sorapipe.studio import vocabulary
from sorapipe.studio.scenery import build, frames, over, weather_only


def _word(table: dict[str, str], name: str) -> str:
    return table[name].split()[0]


@pytest.mark.parametrize("ground", get_args(vocabulary.Ground))
@pytest.mark.parametrize("size", [(192, 108), (108, 192)])
def test_every_ground_is_painted_and_moves(ground: str, size: tuple[int, int]) -> None:
    """In landscape and portrait, with all weathers and figures at once."""
    prompt = _word(vocabulary.GROUNDS, ground)
    everything = [*vocabulary.WEATHERS.values(), *vocabulary.FIGURES.values(), vocabulary.TWO_MOONS]
    for words in (prompt, " ".join([prompt, *(names.split()[0] for names in everything)])):
        stage = build(words, 3, *size, 24)
        assert stage.scene.ground == ground
        first, *_, last = frames(stage)
        assert first.size == size
        assert first.y.tobytes() != last.y.tobytes()


def test_two_prompts_never_look_the_same() -> None:
    """Twenty prompts about one place are twenty pictures."""
    shown = {next(frames(build(f"mountains {i}", 1, 96, 96, 4))).y.tobytes() for i in range(20)}
    assert len(shown) == 20


def test_weather_alone_leaves_a_picture_where_no_weather_is() -> None:
    """Nothing is painted over a picture for a prompt of fine weather."""
    stage = weather_only("a sunny day", 1, 64, 64, 24)
    picture = next(frames(stage))
    before = picture.y.tobytes()
    over(stage, picture, 5)
    assert picture.y.tobytes() == before
    assert weather_only("rain", 1, 64, 64, 24).layers
