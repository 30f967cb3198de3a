"""What moves."""

from __future__ import annotations

from PIL import Image, ImageDraw

from sorapipe.studio.layers import Band, Fall, Mirror, Slider, Spot, rest, slide
from sorapipe.studio.planes import Mask, Picture

WHITE = (255, 255, 255)


def _columns(picture: Picture) -> bytes:
    return picture.y.crop((0, 0, picture.size[0], 1)).tobytes()


def test_slider_moves_by_half_pixels() -> None:
    """Half a pixel further, an edge lies half in the next column."""
    drawing = Image.new("L", (64, 8))
    ImageDraw.Draw(drawing).rectangle((20, 0, 63, 8), fill=255)
    slider = Slider(drawing)
    rows = [slider.luma(slider.spot(x, 16), 16).crop((0, 0, 16, 1)).tobytes() for x in (0, 0.5, 1)]
    assert [row[8:12] for row in rows] == [
        bytes((0, 0, 255, 255)),
        bytes((0, 128, 255, 255)),
        bytes((0, 255, 255, 255)),
    ]


def test_slider_is_held_inside_its_drawing() -> None:
    """Beyond its ends it shows its ends."""
    slider = Slider(Image.new("L", (64, 8), 9))
    assert slider.luma(slider.spot(-5, 16), 16).size == (16, 4)
    assert slider.luma(slider.spot(500, 16), 16).getextrema() == (9, 9)


def test_band_is_solid_below_its_edge() -> None:
    """Under the last row of its mask a band paints everything, down to what hides it."""
    drawing = Image.new("L", (80, 16), 255)
    paint = Picture.plain(32, 32, WHITE)
    band = Band(drawing, paint, 8, slide(0.0), 32)
    band.hide(24)
    band.ready()
    picture = Picture.plain(32, 32)
    band.paint(picture, 0)
    assert [picture.y.getpixel((5, y)) for y in (7, 8, 23, 24)] == [16, 235, 235, 16]


def test_fall_wraps_around() -> None:
    """A tile that has fallen its own height looks as it did at first."""
    full = Image.new("L", (16, 16))
    full.putpixel((3, 5), 255)
    fall = Fall(Mask.of(full), WHITE, lambda frame: (0.0, 4.0 * frame))
    first, last = Picture.plain(16, 16), Picture.plain(16, 16)
    fall.paint(first, 0)
    fall.paint(last, 4)
    assert first.y.tobytes() == last.y.tobytes()
    assert max(first.y.tobytes()) == 235


def test_spot_shows_the_mask_whose_turn_it_is() -> None:
    """None of them where there is none."""
    masks = [Mask.of(Image.new("L", (4, 4), level)) for level in (255, 0)]
    spot = Spot(masks, WHITE, rest(4, 0), lambda frame: None if frame == 2 else frame)
    seen = []
    for frame in range(3):
        picture = Picture.plain(16, 4)
        spot.paint(picture, frame)
        seen.append(_columns(picture)[4])
    assert seen == [235, 16, 16]


def test_mirror_turns_over_what_is_above() -> None:
    """The row right above the water is the first row below it."""
    picture = Picture.plain(8, 16)
    picture.y.paste(200, (0, 7, 8, 8))
    Mirror(8, Mask.of(Image.new("L", (8, 8), 255))).paint(picture, 0)
    assert [picture.y.getpixel((0, y)) for y in (7, 8, 9)] == [200, 200, 16]
