"""A dark room, lit by its window."""

from __future__ import annotations

import math

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sorapipe.studio import figures, paint
from sorapipe.studio.layers import Spot, rest
from sorapipe.studio.planes import Mask, gradient, mix
from sorapipe.studio.stage import Stage, even
from sorapipe.studio.weather import motes

Window = tuple[float, float, float, float]  # left, top, width, height


def interior(stage: Stage) -> None:
    """A dark room with a tall window, its light on the floor and dust in it."""
    rng = stage.dice("room")
    width, height = stage.size
    outside = stage.background
    wall = mix(stage.palette.ink, mix(stage.palette.sky[1], stage.palette.light, 0.25), 0.16)
    room = gradient(
        width,
        height,
        [
            (0, mix(wall, (0, 0, 0), 0.45)),
            (0.6, wall),
            (0.78, mix(wall, (0, 0, 0), 0.2)),
            (0.785, mix(wall, (0, 0, 0), 0.5)),
            (1, mix(wall, (0, 0, 0), 0.72)),
        ],
        rng,
    )
    side = -1 if rng.random() < 0.5 else 1
    tall = height * 0.50
    wide = min(width * 0.62, tall * 0.86)
    left = width * 0.5 - wide / 2 + side * (width - wide) * 0.22
    top = height * 0.10
    stage.background = room
    panes = _panes((width, height), (left, top, wide, tall), stage.unit)
    room.put(outside, (0, 0), Mask.of(panes))
    _glow_on_wall(stage, left + wide / 2, top + tall / 2, wide)
    _shaft(stage, (left, top, wide, tall), -side)
    _furniture(stage, left + wide / 2, -side)
    motes(
        stage,
        mix(stage.palette.light, (255, 255, 255), 0.3),
        46,
        radius=(0.7, 1.5),
        rise=0.25,
        strength=0.5,
    )


def _panes(size: tuple[int, int], window: Window, unit: float) -> Image.Image:
    left, top, wide, tall = window
    full = Image.new("L", size)
    draw = ImageDraw.Draw(full)
    columns, rows, bar = 3, 4, max(1.0, 7 * unit)
    for i in range(columns):
        for j in range(rows):
            x, y = left + wide * i / columns, top + tall * j / rows
            draw.rectangle(
                (x + bar / 2, y + bar / 2, x + wide / columns - bar / 2, y + tall / rows - bar / 2),
                fill=255,
            )
    return full


def _glow_on_wall(stage: Stage, x: float, y: float, wide: float) -> None:
    glow = paint.glow_over(stage.size, (x, y), wide * 1.6, 2.2)
    stage.background.tint(stage.palette.sky[-1], Mask.of(paint.dim(glow, 0.34)))


def _shaft(stage: Stage, window: Window, side: int) -> None:
    """Light that falls from the window to the floor, breathing slowly."""
    left, top, wide, _ = window
    width, height = stage.size
    full = Image.new("L", (width, height))
    draw = ImageDraw.Draw(full)
    lean = side * wide * 0.9
    for i in range(3):
        a, b = left + wide * (i + 0.08) / 3, left + wide * (i + 0.92) / 3
        draw.polygon(((a, top), (b, top), (b + lean, height), (a + lean, height)), fill=150)
    soft = full.filter(ImageFilter.BoxBlur(9 * stage.unit + 1))
    beam = ImageChops.multiply(
        soft,
        paint.fade((width, height), lambda p: 0.42 * (1 - p) ** 0.4 if p > top / height else 0.0),
    )
    masks = [Mask.of(paint.dim(beam, 0.72 + 0.07 * k)) for k in range(4)]
    period = 90

    def which(frame: int) -> int:
        return round(1.5 + 1.5 * math.sin(math.tau * frame / period))

    stage.layers.append(
        Spot(masks, mix(stage.palette.light, stage.palette.sky[-1], 0.4), rest(), which)
    )


def _furniture(stage: Stage, x: float, side: int) -> None:
    """A table with a lamp or a plant, and whoever is there, as one silhouette before the window."""
    reach, motion = stage.travel(1)
    drawing = stage.canvas(reach, stage.unit * 400)
    draw = ImageDraw.Draw(drawing)
    rng = stage.dice("table")
    unit, low = stage.unit * 2, drawing.height
    middle = x * 2 + reach + side * stage.width * 0.12
    level, wide = low - 150 * unit, 190 * unit
    draw.rectangle((middle - wide, level, middle + wide, level + 11 * unit), fill=255)
    for leg in (-0.86, 0.86):
        draw.rectangle(
            (middle + leg * wide - 6 * unit, level, middle + leg * wide + 6 * unit, low), fill=255
        )
    pot = middle - 0.55 * wide
    draw.polygon(
        (
            (pot - 20 * unit, level - 40 * unit),
            (pot + 20 * unit, level - 40 * unit),
            (pot + 14 * unit, level),
            (pot - 14 * unit, level),
        ),
        fill=255,
    )
    for i in range(9):
        turn = math.pi * (0.12 + 0.76 * i / 8)
        tip = (
            pot + math.cos(turn) * 58 * unit,
            level - 40 * unit - math.sin(turn) * rng.uniform(50, 84) * unit,
        )
        draw.polygon(
            (
                (pot - 4 * unit, level - 40 * unit),
                ((pot + tip[0]) / 2 + 8 * unit, (level - 40 * unit + tip[1]) / 2 - 8 * unit),
                tip,
                (pot + 4 * unit, level - 40 * unit),
            ),
            fill=255,
        )
    cup = middle + 0.28 * wide
    draw.rounded_rectangle(
        (cup - 11 * unit, level - 24 * unit, cup + 11 * unit, level), radius=4 * unit, fill=255
    )
    draw.arc(
        (cup + 5 * unit, level - 20 * unit, cup + 20 * unit, level - 5 * unit),
        270,
        90,
        fill=255,
        width=max(1, round(3 * unit)),
    )
    if "person" in stage.scene.figures:
        figures.person(drawing, middle + side * 1.45 * wide, low, 300 * unit)
    stage.band(
        drawing,
        mix(stage.palette.ink, (0, 0, 0), 0.55),
        even(stage.height - stage.unit * 400),
        motion,
        solid=False,
    )
