"""A fire in a dark wood."""

from __future__ import annotations

import math

from PIL import Image, ImageChops, ImageDraw

from sorapipe.studio import land, paint
from sorapipe.studio.layers import Spot, rest
from sorapipe.studio.planes import RGB, Mask, Picture
from sorapipe.studio.stage import Stage, even
from sorapipe.studio.weather import motes


def fire(stage: Stage) -> None:
    """A fire in a dark wood, with sparks."""
    land.forest(stage)
    width, height = stage.size
    x, foot = width * stage.dice("fire").uniform(0.42, 0.58), height * 0.85
    glow = paint.glow_over(stage.size, (x, foot - height * 0.06), max(width, height) * 0.52, 2.2)
    masks = [Mask.of(paint.dim(glow, 0.62 + 0.05 * k)) for k in range(5)]
    rng = stage.dice("flicker")
    beat = [rng.randrange(5) for _ in range(257)]
    stage.layers.append(Spot(masks, (236, 112, 30), rest(), lambda frame: beat[frame // 2 % 257]))
    _logs(stage, x, foot)
    stage.layers.append(Flames(stage, x, foot))
    motes(stage, (255, 176, 70), 70, radius=(0.8, 2.0), rise=3.4, strength=0.95)


def _logs(stage: Stage, x: float, foot: float) -> None:
    unit = stage.unit
    side = even(unit * 220)
    big = Image.new("L", (side * 2, side * 2))
    draw = ImageDraw.Draw(big)
    middle, low = float(side), side + unit * 24
    for across, up in ((0.85, 0.30), (-0.85, 0.30), (0.95, 0.04), (-0.95, 0.04)):
        ends = (
            middle - across * unit * 150,
            low + unit * 10,
            middle + across * unit * 120,
            low - up * unit * 130,
        )
        draw.line(ends, fill=255, width=max(2, round(unit * 26)))
    masks = [Mask.of(big.reduce(2))]
    stage.layers.append(Spot(masks, (30, 14, 10), rest(x - side / 2, foot - side / 2)))


class Flames:
    """Flames: noise that rises through the shape of a flame, in three heats."""

    _HEATS: tuple[tuple[RGB, float], ...] = (
        ((232, 84, 20), 0.30),
        ((255, 164, 44), 0.46),
        ((255, 236, 168), 0.64),
    )

    def __init__(self, stage: Stage, x: float, foot: float) -> None:
        self._wide, self._tall = even(stage.unit * 190), even(stage.unit * 270)
        self._at = even(x - self._wide / 2), even(foot - self._tall * 0.94)
        self._scale = 4 if stage.unit > 0.4 else 1
        size = (max(4, self._wide // self._scale), max(4, self._tall // self._scale))
        self._shape = _flame(size)
        cell = (max(2, size[0] // 4), max(2, size[1] // 5))
        loop = paint.clouds((size[0], size[1] * 4), cell, 3, stage.dice("flames"))
        tongues = paint.curve(loop, lambda v: (v - 0.5) * 2.4 + 0.5)
        self._noise = Image.new("L", (size[0], size[1] * 5))
        self._noise.paste(tongues, (0, 0))
        self._noise.paste(tongues.crop((0, 0, *size)), (0, size[1] * 4))
        self._tables = [
            (colour, [min(255, max(0, round((v / 255 - edge) * 7 * 255))) for v in range(256)])
            for colour, edge in self._HEATS
        ]
        self._pace = max(1, round(5.2 * stage.unit / self._scale * 2) / 2)

    def paint(self, onto: Picture, frame: int) -> None:
        """Paint the flames of that frame."""
        wide, tall = self._shape.size
        room = self._noise.height - tall
        start = int(frame * self._pace) % room
        moved = self._noise.crop((0, start, wide, start + tall))
        heat = ImageChops.multiply(ImageChops.add(moved, self._shape, 1.7, 10), self._shape)
        for colour, table in self._tables:
            mask = heat.point(table)
            onto.tint(
                colour,
                Mask.of(mask.resize((self._wide, self._tall), Image.Resampling.BICUBIC)),
                self._at,
            )


def _flame(size: tuple[int, int]) -> Image.Image:
    wide, tall = size
    rows = []
    for row in range(tall):
        up = 1 - (row + 0.5) / tall
        half = 0.44 * math.sin(math.pi * min(1.0, (up * 0.92 + 0.14) ** 0.55)) + 0.04
        heat = (1 - up) ** 0.45 * min(1.0, up * 5 + 0.2)
        rows.append(
            bytes(
                round(255 * max(0.0, heat * (1 - (abs((c + 0.5) / wide - 0.5) / half) ** 2)))
                if half > 0.01
                else 0
                for c in range(wide)
            )
        )
    return Image.frombytes("L", size, b"".join(rows))
