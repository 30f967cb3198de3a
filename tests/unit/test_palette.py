"""Colours of an hour and its weather."""

from __future__ import annotations

from sorapipe.studio.dice import dice
from sorapipe.studio.palette import Palette, choose
from sorapipe.studio.scene import read


def _light(palette: Palette) -> int:
    return sum(sum(colour) for colour in palette.sky) // len(palette.sky)


def _chosen(prompt: str) -> list[Palette]:
    return [choose(read(prompt, seed), dice(seed)) for seed in range(6)]


def test_nights_are_darker_than_days() -> None:
    """Any night's sky is darker than any day's."""
    assert max(map(_light, _chosen("hills, night"))) < min(map(_light, _chosen("hills, noon")))


def test_a_storm_takes_light_and_colour_away() -> None:
    """The same hour is darker in a storm."""
    for calm, wild in zip(_chosen("hills, noon"), _chosen("hills, noon, storm"), strict=True):
        assert _light(wild) < _light(calm)


def test_a_named_colour_tints_the_sky() -> None:
    """`green` moves the sky's mean colour towards green."""
    for plain, green in zip(_chosen("dusk hills"), _chosen("dusk green hills"), strict=True):
        before = sum(g - r for r, g, _ in plain.sky)
        assert sum(g - r for r, g, _ in green.sky) > before
