"""The sound of a scene."""

from __future__ import annotations

import av
import pytest

from sorapipe.studio.dice import dice
from sorapipe.studio.scene import read
from sorapipe.studio.sound import joined, pad


def _heard(prompt: str, seconds: float, seed: int = 1) -> list[av.AudioFrame]:
    return list(pad(read(prompt, seed), seconds, dice(seed)))


def _samples(frames: list[av.AudioFrame]) -> list[bytes]:
    # A plane may be longer than its samples; what follows them is anything.
    return [bytes(frame.planes[0])[: frame.samples * 4] for frame in frames]


@pytest.mark.parametrize("seconds", [0.05, 1.0, 2.37])
def test_length_is_exact(seconds: float) -> None:
    """To the sample."""
    assert sum(frame.samples for frame in _heard("hills", seconds)) == round(seconds * 48_000)


def test_same_seed_same_sound() -> None:
    """Also where there is noise in it."""
    one, other = (_samples(_heard("storm at sea", 0.5)) for _ in range(2))
    assert one == other


def test_it_is_stereo() -> None:
    """Left and right are not the same."""
    frame = _heard("hills", 1.0)[20]
    assert frame.layout.name == "stereo"
    assert bytes(frame.planes[0]) != bytes(frame.planes[1])


def test_joined_cuts_or_fills_the_first_to_its_pictures() -> None:
    """However long a parent's sound is, the second one starts with the new pictures."""
    for seconds in (0.2, 3.0):
        whole = joined(iter(_heard("hills", seconds)), 24, iter(_heard("sea", 0.5)))
        assert abs(sum(frame.samples for frame in whole) - 72_000) <= 1024
