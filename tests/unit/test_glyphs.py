"""Text with the packaged fonts."""

from __future__ import annotations

from PIL import Image

from sorapipe.studio.glyphs import Face, drawable, tidy


def test_fonts_cover_latin_cyrillic_greek_arabic_and_hebrew() -> None:
    """A letter of each can be drawn; one of a script that is too large to package cannot."""
    assert all(drawable(sign) for sign in "aßжΩبא→…")
    assert not drawable("海")


def test_width_is_the_sum_of_what_is_drawn() -> None:
    """The x after drawing is where the width says."""
    face = Face(24)
    after = face.draw(Image.new("L", (400, 40)), (0, 30), "Light ← אב")
    assert after == face.width("Light ← אב")


def test_spacing_widens() -> None:
    """Tracking moves each letter on."""
    face, canvas = Face(20), Image.new("L", (400, 40))
    assert (
        face.draw(canvas, (0, 30), "ABC", spacing=3)
        == face.width("A") + face.width("B") + face.width("C") + 9
    )


def test_tidy_drops_what_steers_and_joins() -> None:
    """Controls, overrides, joiners and lone surrogates go; white space becomes one space."""
    assert tidy("a\x00\u202eb\u200d c\ud800\n\n d") == "a b c d"


def test_tidy_composes_letters() -> None:
    """A letter written with its accent apart is the letter with its accent."""
    assert tidy("cafe\u0301") == "café"
