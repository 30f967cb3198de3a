"""Pictures as planes."""

from __future__ import annotations

from PIL import Image

from sorapipe.studio.dice import dice
from sorapipe.studio.planes import Mask, Picture, between, exact, gradient, mix, yuv


def test_black_and_white_are_the_ends_of_the_limited_range() -> None:
    """16 and 235 of Y, no colour in U and V."""
    assert yuv((0, 0, 0)) == (16, 128, 128)
    assert yuv((255, 255, 255)) == (235, 128, 128)


def test_a_plain_picture_is_the_picture_of_a_plain_image() -> None:
    """Colours become the same values either way, give or take a rounding."""
    plain, image = (
        Picture.plain(8, 8, (200, 90, 30)),
        Picture.of(Image.new("RGB", (8, 8), (200, 90, 30))),
    )
    for one, other in zip(plain.planes(), image.planes(), strict=True):
        assert abs(one.getpixel((0, 0)) - other.getpixel((0, 0))) <= 1


def test_tint_paints_only_where_the_mask_is() -> None:
    """Half a mask paints half a picture."""
    picture, full = Picture.plain(8, 8), Image.new("L", (8, 8))
    full.paste(255, (0, 0, 4, 8))
    picture.tint((255, 255, 255), Mask.of(full))
    assert (picture.y.getpixel((0, 0)), picture.y.getpixel((7, 0))) == (235, 16)


def test_gradient_is_dithered_to_the_exact_mean() -> None:
    """Where the colour lies between two values, both are there, in the right proportion."""
    stops = [(0.0, (100, 100, 100)), (1.0, (101, 101, 101))]
    row = gradient(4096, 8, stops, dice(1)).y.crop((0, 3, 4096, 4))
    mean = sum(row.tobytes()) / 4096
    low, high = exact((100, 100, 100))[0], exact((101, 101, 101))[0]
    assert abs(mean - (low + (high - low) * 3.5 / 8)) < 0.06


def test_between_follows_straight_lines() -> None:
    """Values between points are in proportion, beyond them they stay."""
    assert [between(x, [0.2, 0.6], [10, 20]) for x in (0, 0.4, 1)] == [10, 15, 20]


def test_mix_goes_from_one_to_the_other() -> None:
    """A share of nothing is the one, a share of all the other."""
    assert (mix((0, 10, 20), (100, 110, 120), 0.0), mix((0, 0, 0), (9, 9, 9), 1.0)) == (
        (0, 10, 20),
        (9, 9, 9),
    )
