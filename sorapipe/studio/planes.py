"""Pictures as the encoder wants them: one full-size Y and half-size U and V, BT.709, limited range.

Colours are RGB triples of 0..255. Positions and sizes are in pixels of Y and are even, unless
something else is said. Everything costly about a colour happens once, when a picture is made;
afterwards a frame is only copied, pasted and cropped, plane by plane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from PIL import Image

RGB = tuple[int, int, int]
Box = tuple[int, int, int, int]

BLACK: RGB = (0, 0, 0)
_Y = (0.1826, 0.6142, 0.0620, 16.0)
_U = (-0.1006, -0.3386, 0.4392, 128.0)
_V = (0.4392, -0.3989, -0.0403, 128.0)


def mix(one: RGB, other: RGB, share: float) -> RGB:
    """`one` with that share (0..1) of `other` in it."""
    r, g, b = (round(a + (z - a) * share) for a, z in zip(one, other, strict=True))
    return r, g, b


def exact(colour: RGB) -> tuple[float, float, float]:
    """The colour as Y, U and V, unrounded."""
    y, u, v = (
        sum(c * k for c, k in zip(colour, row[:3], strict=True)) + row[3] for row in (_Y, _U, _V)
    )
    return y, u, v


@lru_cache(512)
def yuv(colour: RGB) -> tuple[int, int, int]:
    """The colour as Y, U and V."""
    y, u, v = exact(colour)
    return round(y), round(u), round(v)


def planes_of(image: Image.Image) -> tuple[Image.Image, Image.Image, Image.Image]:
    """Y, U and V of an 'RGB' image, all of its size."""
    return image.convert("L", _Y), image.convert("L", _U), image.convert("L", _V)


@dataclass(slots=True)
class Mask:
    """How much is painted where (0..255): `y` at full size, `c` at half size."""

    y: Image.Image
    c: Image.Image

    @classmethod
    def of(cls, full: Image.Image) -> Mask:
        """From an 'L' image of the full size."""
        return cls(full, full.reduce(2))

    def crop(self, box: Box) -> Mask:
        """That part of it."""
        return Mask(self.y.crop(box), self.c.crop(half(box)))


@dataclass(slots=True)
class Picture:
    """Three 'L' images."""

    y: Image.Image
    u: Image.Image
    v: Image.Image

    @classmethod
    def plain(cls, width: int, height: int, colour: RGB = BLACK) -> Picture:
        """One colour all over."""
        y, u, v = yuv(colour)
        small = (width // 2, height // 2)
        return cls(
            Image.new("L", (width, height), y), Image.new("L", small, u), Image.new("L", small, v)
        )

    @classmethod
    def of(cls, image: Image.Image) -> Picture:
        """From an 'RGB' image of even width and height."""
        small = image.reduce(2)
        return cls(image.convert("L", _Y), small.convert("L", _U), small.convert("L", _V))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.y.size

    def planes(self) -> tuple[Image.Image, Image.Image, Image.Image]:
        """Y, U and V."""
        return self.y, self.u, self.v

    def copy(self) -> Picture:
        """Another one that can be painted on."""
        return Picture(self.y.copy(), self.u.copy(), self.v.copy())

    def crop(self, box: Box) -> Picture:
        """That part of it."""
        small = half(box)
        return Picture(self.y.crop(box), self.u.crop(small), self.v.crop(small))

    def view(self, box: tuple[float, float, float, float], size: tuple[int, int]) -> Picture:
        """What is in `box` (fractions of pixels count), scaled to `size`."""
        left, top, right, bottom = box
        small, small_box = (size[0] // 2, size[1] // 2), (left / 2, top / 2, right / 2, bottom / 2)
        how = Image.Resampling.BILINEAR
        return Picture(
            self.y.resize(size, how, box),
            self.u.resize(small, how, small_box),
            self.v.resize(small, how, small_box),
        )

    def reduce(self, factor: int) -> Picture:
        """The same picture so many times smaller."""
        return Picture(self.y.reduce(factor), self.u.reduce(factor), self.v.reduce(factor))

    def blend(self, other: Picture, share: float) -> Picture:
        """This one with that share (0..1) of the other in it."""
        y, u, v = (
            Image.blend(a, b, share) for a, b in zip(self.planes(), other.planes(), strict=True)
        )
        return Picture(y, u, v)

    def put(self, other: Picture, at: tuple[int, int] = (0, 0), mask: Mask | None = None) -> None:
        """Lay another picture over it, top left corner at `at`, where `mask` lets it through."""
        small = (at[0] // 2, at[1] // 2)
        self.y.paste(other.y, at, mask.y if mask else None)
        self.u.paste(other.u, small, mask.c if mask else None)
        self.v.paste(other.v, small, mask.c if mask else None)

    def tint(
        self, colour: RGB, mask: Mask, at: tuple[int, int] = (0, 0), *, light_only: bool = False
    ) -> None:
        """Lay one colour over it where `mask` lets it through; `light_only` leaves U and V."""
        y, u, v = yuv(colour)
        self.y.paste(y, at, mask.y)
        if light_only:
            return
        small = (at[0] // 2, at[1] // 2)
        self.u.paste(u, small, mask.c)
        self.v.paste(v, small, mask.c)


def half(box: Box) -> Box:
    """The same box on a plane of half the size."""
    left, top, right, bottom = box
    return left // 2, top // 2, right // 2, bottom // 2


def gradient(width: int, height: int, stops: Sequence[tuple[float, RGB]], rng: Random) -> Picture:
    """Colours from top to bottom, dithered so that no bands show.

    `stops` are (0..1 from the top, colour), in order; beyond the outer ones their colour goes on.
    """
    places = [place for place, _ in stops]
    values = [exact(colour) for _, colour in stops]
    small = (width // 2, height // 2)
    y, u, v = (
        _dithered(size, places, [value[plane] for value in values], rng)
        for plane, size in enumerate(((width, height), small, small))
    )
    return Picture(y, u, v)


def _dithered(
    size: tuple[int, int], places: list[float], values: list[float], rng: Random
) -> Image.Image:
    width, height = size
    noise = rng.randbytes(width + 4096)
    first, last = places[0] * height, places[-1] * height
    rows = []
    for row in range(height):
        middle = row + 0.5
        if not first <= middle <= last:  # one colour: nothing to dither
            rows.append(bytes([round(values[0 if middle < first else -1])]) * width)
            continue
        value = between(middle / height, places, values)
        low = int(value)
        cut = round((value - low) * 256)
        # Each byte of noise below `cut` becomes the next value up: on average the row is exact.
        table = bytes([low + 1]) * cut + bytes([low]) * (256 - cut)
        start = row * 1327 % 4096
        rows.append(noise[start : start + width].translate(table))
    return Image.frombytes("L", size, b"".join(rows))


def between(place: float, places: Sequence[float], values: Sequence[float]) -> float:
    """The value at `place`, on straight lines through the points given."""
    if place <= places[0]:
        return values[0]
    for i in range(1, len(places)):
        if place <= places[i]:
            share = (place - places[i - 1]) / max(places[i] - places[i - 1], 1e-9)
            return values[i - 1] + (values[i] - values[i - 1]) * share
    return values[-1]
