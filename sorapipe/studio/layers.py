"""What moves: masks that slide, drift, fall and sway over a still background.

A layer has a still paint (one colour, or a picture of the frame's size, such as a ridge's own
mist) and a mask that moves. Painting a frame then means copying the background and pasting a few
bands, which is what makes hundreds of frames a second possible without leaving Pillow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from sorapipe.studio.planes import RGB, Mask, Picture, planes_of

Motion = Callable[[int], tuple[float, float]]
Rows = tuple[int, int]  # the first, and the one after the last


class Layer(Protocol):
    """Something that is painted into each frame."""

    def paint(self, onto: Picture, frame: int) -> None:
        """Put it where it is in that frame (counted from 0)."""


class Slider:
    """An 'L' image that can be cut out at half pixels, made from a drawing of twice its size.

    Sliding by whole pixels ticks at slow speeds; half pixels look smooth, and chroma planes, half
    as large, need quarters of theirs.
    """

    def __init__(
        self, drawing: Image.Image, colour: Image.Image | None = None, *, chroma: bool = True
    ) -> None:
        width, height = drawing.width // 4 * 4 - 4, drawing.height // 4 * 4
        shifts = [(s, 0, s + width, height) for s in range(4)]
        self._y = [drawing.reduce(2, box) for box in shifts[:2]]
        source = drawing if colour is None else colour
        self._c = [source.reduce(4, box) for box in shifts] if chroma else []
        self.width, self.height = width // 2, height // 2

    def spot(self, left: float, width: int) -> int:
        """The nearest place to cut `width` columns at, in half pixels."""
        return min(max(0, round(left * 2)), max(0, (self.width - width) * 2))

    def luma(self, spot: int, width: int, rows: Rows | None = None) -> Image.Image:
        """The columns of the full size there, of all rows or of these (even)."""
        first, last = rows or (0, self.height)
        return self._y[spot % 2].crop((spot // 2, first, spot // 2 + width, last))

    def chroma(self, spot: int, width: int, rows: Rows | None = None) -> Image.Image:
        """The columns of the half size there, of all rows or of these (of the full size)."""
        first, last = rows or (0, self.height)
        left = spot // 4
        return self._c[spot % 4].crop((left, first // 2, left + width // 2, last // 2))


class Band:
    """A silhouette that slides, under a paint that stands still.

    `drawing` is twice the size; its first row comes to stand at row `top` (even) of a frame. Where
    `bottom` is below the drawing's end, all between them is paint.
    """

    def __init__(
        self, drawing: Image.Image, paint: Picture | RGB, top: int, motion: Motion, bottom: int = 0
    ) -> None:
        first, last = _rows(drawing)
        trimmed = drawing.crop((0, first * 2, drawing.width, last * 2))
        self._slider, self._motion = Slider(trimmed), motion
        self.top = top + first
        self.solid = self.top + self._slider.height if last * 2 >= drawing.height - 3 else None
        self._paint, self.bottom = paint, bottom

    def hide(self, below: int) -> None:
        """Leave out what is solid from that row on: something else covers it."""
        self.bottom = min(self.bottom, below)

    def ready(self) -> None:
        """Cut the paint to what is needed of it, once the band's extent is known."""
        if isinstance(self._paint, Picture):
            width = self._paint.size[0]
            edge = self.top + self._slider.height
            self._edge = self._paint.crop((0, self.top, width, edge))
            self._body = (
                self._paint.crop((0, edge, width, self.bottom)) if self.bottom > edge else None
            )

    def paint(self, onto: Picture, frame: int) -> None:
        """Paste the band's edge through its mask, and what is solid below it as it is."""
        width = onto.size[0]
        spot = self._slider.spot(self._motion(frame)[0], width)
        mask = Mask(self._slider.luma(spot, width), self._slider.chroma(spot, width))
        if not isinstance(self._paint, Picture):
            onto.tint(self._paint, mask, (0, self.top))
            return
        onto.put(self._edge, (0, self.top), mask)
        if self._body is not None:
            onto.put(self._body, (0, self.top + self._slider.height))


class Shimmer:
    """Light and dark that slide over what is there: `light` and `mask` are twice the size.

    It changes only Y: on water, that looks like a colour and costs half.
    """

    def __init__(self, light: Image.Image, mask: Image.Image, top: int, motion: Motion) -> None:
        self._light, self._mask = Slider(light, chroma=False), Slider(mask, chroma=False)
        self._top, self._motion = top, motion

    def paint(self, onto: Picture, frame: int) -> None:
        """Paste what is in sight of it."""
        width = onto.size[0]
        spot = self._mask.spot(self._motion(frame)[0], width)
        mask = self._mask.luma(spot, width)
        onto.y.paste(self._light.luma(spot, width), (0, self._top), mask)


class Pano:
    """A picture that slides with its own mask; `image` (RGB) and `mask` are twice the size."""

    def __init__(self, image: Image.Image, mask: Image.Image, top: int, motion: Motion) -> None:
        first, last = _rows(mask)
        box = (0, first * 2, mask.width, last * 2)
        y, u, v = planes_of(image.crop(box))
        shape = mask.crop(box)
        self._mask, self._y, self._v = Slider(shape), Slider(y, u), Slider(v)
        self._top, self._motion = top + first, motion
        self._rows = self._mask.height  # how many of its rows are in sight
        self.bottom = self._top + self._rows
        self.solid = self._top + _solid(shape) // 2

    def hide(self, below: int) -> None:
        """Leave out what is below that row: something else covers it."""
        self._rows = max(0, min(self._rows, below - self._top))

    def ready(self) -> None:
        """Nothing to prepare."""

    def paint(self, onto: Picture, frame: int) -> None:
        """Paste what is in sight of it: its edge through the mask, what is solid as it is."""
        width = onto.size[0]
        spot = self._mask.spot(self._motion(frame)[0], width)
        edge = max(0, min(self._rows, self.solid - self._top))
        if edge:
            mask = (
                self._mask.luma(spot, width, (0, edge)),
                self._mask.chroma(spot, width, (0, edge)),
            )
            onto.put(self._part(spot, width, (0, edge)), (0, self._top), Mask(*mask))
        if self._rows > edge:
            body = self._part(spot, width, (edge, self._rows))
            onto.put(body, (0, self._top + edge))

    def _part(self, spot: int, width: int, rows: Rows) -> Picture:
        return Picture(
            self._y.luma(spot, width, rows),
            self._y.chroma(spot, width, rows),
            self._v.chroma(spot, width, rows),
        )


def _solid(mask: Image.Image) -> int:
    """The first row from which on a mask is nothing but solid; a multiple of four."""
    low, high = 0, mask.height // 4
    while low < high:
        middle = (low + high) // 2
        if mask.crop((0, middle * 4, mask.width, mask.height)).getextrema()[0] == 255:
            high = middle
        else:
            low = middle + 1
    return low * 4


def _rows(drawing: Image.Image) -> tuple[int, int]:
    """The first and the last row of the half-size mask with anything in them; both even."""
    box = drawing.getbbox() or (0, 0, 4, 4)
    return box[1] // 4 * 2, max(box[1] // 4 * 2 + 2, -(-box[3] // 4) * 2)


class Mirror:
    """Still water or a wet street: what is above row `top`, upside down, more or less of it.

    The mask reaches at most as far down as there is picture above. `smear` is how many rows run
    into one, as lights do on wet ground.
    """

    def __init__(self, top: int, mask: Mask, smear: int = 1) -> None:
        self._top, self._mask, self._smear = top, mask, smear
        self._seen: Picture | None = None

    def paint(self, onto: Picture, frame: int) -> None:
        """Turn over what has been painted so far; every other frame will do."""
        width, tall = self._mask.y.size
        if self._seen is None or frame % 2 == 0:
            above = onto.crop((0, self._top - tall, width, self._top))
            y, u, v = (self._turned(plane) for plane in above.planes())
            self._seen = Picture(y, u, v)
        onto.put(self._seen, (0, self._top), self._mask)

    def _turned(self, plane: Image.Image) -> Image.Image:
        turned = plane.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        if self._smear == 1 or turned.height < 2 * self._smear:
            return turned
        return turned.reduce((2, self._smear)).resize(turned.size, Image.Resampling.BILINEAR)


@dataclass(slots=True)
class Fall:
    """A tile of specks or streaks that wraps around in both directions."""

    mask: Mask
    colour: RGB
    motion: Motion
    white: bool = False  # so near to no colour that the chroma planes can stay as they are

    def paint(self, onto: Picture, frame: int) -> None:
        """Paste the tile as often as it takes to cover the picture."""
        width, height = onto.size
        across, down = self.mask.y.size
        dx, dy = self.motion(frame)
        left = round(dx / 2) * 2 % across - across
        top = round(dy / 2) * 2 % down - down
        for y in range(top, height, down):
            for x in range(left, width, across):
                if x + across > 0 and y + down > 0:
                    onto.tint(self.colour, self.mask, (x, y), light_only=self.white)


@dataclass(slots=True)
class Spot:
    """Something small in one colour that moves as a whole: a boat, a bird, a glow.

    Each frame shows the mask whose number `which` gives (unless said the first), or none for None.
    """

    masks: list[Mask]
    colour: RGB
    motion: Motion
    which: Callable[[int], int | None] | None = None

    def paint(self, onto: Picture, frame: int) -> None:
        """Paste it, its top left corner where it is now."""
        index = self.which(frame) if self.which else 0
        if index is not None:
            x, y = self.motion(frame)
            mask = self.masks[index % len(self.masks)]
            onto.tint(self.colour, mask, (round(x / 2) * 2, round(y / 2) * 2))


def slide(speed: float, start: float = 0.0) -> Motion:
    """Steadily to the side, `speed` pixels a frame, in steps of half pixels."""
    return lambda frame: (start + speed * frame, 0.0)


def sway(reach: float, period: float, phase: float = 0.0, start: float = 0.0) -> Motion:
    """To and fro, `reach` pixels each way, once in `period` frames."""
    turn = math.tau / period
    return lambda frame: (start + reach * math.sin(turn * frame + phase), 0.0)


def rest(x: float = 0.0, y: float = 0.0) -> Motion:
    """No motion: always at that place."""
    return lambda _: (x, y)
