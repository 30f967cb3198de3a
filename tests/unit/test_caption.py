"""The caption: wrapping, the timecode, and where things stand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sorapipe.studio.caption import ELLIPSIS, Caption, Layout, lines, timecode
from sorapipe.studio.glyphs import Face
from sorapipe.studio.planes import Picture

FACE = Face(20)


@pytest.mark.parametrize(
    ("frame", "shown"),
    [(0, "00:00:00:00"), (23, "00:00:00:23"), (24, "00:00:01:00"), (24 * 3661 + 5, "01:01:01:05")],
)
def test_timecode_counts_hours_minutes_seconds_frames(frame: int, shown: str) -> None:
    """24 frames make a second."""
    assert timecode(frame) == shown


def test_short_prompt_is_one_line() -> None:
    """What fits is shown as it is, white space made plain."""
    assert lines("  A\nquiet\t sea ", FACE, 600, 2) == ["A quiet sea"]


def test_long_prompt_is_wrapped_between_words_and_cut_with_an_ellipsis() -> None:
    """No line is wider than the column, and only the last one says that there is more."""
    shown = lines("the quick brown fox jumps over the lazy dog " * 20, FACE, 300, 3)
    assert len(shown) == 3
    assert all(FACE.width(line) <= 300 for line in shown)
    assert shown[-1].endswith(ELLIPSIS)
    assert not shown[0].endswith(ELLIPSIS)
    assert " ".join(shown).startswith("the quick brown fox")


def test_a_word_wider_than_the_column_is_broken() -> None:
    """A prompt without spaces is shown too."""
    shown = lines("x" * 32_000, FACE, 200, 2)
    assert len(shown) == 2
    assert all(FACE.width(line) <= 200 for line in shown)


def test_signs_that_no_font_has_are_left_out() -> None:
    """An emoji among words leaves no box behind."""
    assert lines("Neon rain \U0001f9ff tonight", FACE, 600, 1) == ["Neon rain tonight"]


def test_a_script_that_no_font_has_is_named_instead() -> None:
    """A prompt that could not be read at all is told by its script and length."""
    assert lines("夜の東京、ネオンの雨", FACE, 600, 2) == ["Japanese prompt, 9 signs"]


def test_greek_and_cyrillic_are_shown_as_they_are() -> None:
    """The packaged fonts have them."""
    assert lines("Ένα φως — старый маяк", FACE, 600, 1) == ["Ένα φως — старый маяк"]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.integers(30, 600), st.integers(1, 3))
def test_any_text_is_laid_out(text: str, column: int, most: int) -> None:
    """No text fails, and none is higher or wider than there is room for."""
    shown = lines(text, FACE, column, most)
    assert len(shown) <= most
    assert all(FACE.width(line) <= column or len(line) <= 2 for line in shown)


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (1024, 1024), (1792, 1024), (128, 72)])
def test_all_text_stands_in_the_band(size: tuple[int, int]) -> None:
    """Above the band, whose height depends on the size alone, no text changes the picture."""
    layout = Layout(*size)
    picture = Picture.plain(*size, (40, 60, 80))
    Caption("word " * 60, "sora-2", size, frames=48, accent=(255, 0, 0)).onto(picture, 7)
    bare = Picture.plain(*size, (40, 60, 80))
    above = (0, 0, size[0], size[1] - layout.band)
    brightest = picture.y.crop(above).getextrema()[1]
    assert brightest <= bare.y.getextrema()[1]
    assert picture.y.crop((0, size[1] - layout.band, *size)).getextrema()[1] > 180


def test_under_64_pixels_there_is_no_text() -> None:
    """A picture too small for letters has none; its line of progress stays."""
    assert Layout(62, 62).text == 0
    picture = Picture.plain(62, 62)
    Caption("words", "sora-2", (62, 62), frames=2, accent=(255, 255, 255)).onto(picture, 0)
    assert picture.y.crop((0, 0, 62, 60)).getextrema() == (16, 16)
    assert picture.y.getpixel((4, 61)) > 200
    assert picture.y.getpixel((50, 61)) == 16
