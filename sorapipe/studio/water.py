"""Seas and lakes: water to the horizon, what is mirrored in it, waves, a path of light."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from random import Random

from PIL import Image, ImageDraw

from sorapipe.studio import paint
from sorapipe.studio.layers import Mirror, Motion, Shimmer, Spot, sway
from sorapipe.studio.planes import RGB, Mask, gradient, mix, yuv
from sorapipe.studio.sky import sun_at
from sorapipe.studio.stage import Stage, even

_ROWS = 8

Point = tuple[float, float]
Wave = tuple[Point, Point, Point, Point]


def water(stage: Stage) -> None:
    """Water from the horizon down, over whatever stands behind it."""
    top = stage.horizon
    sky = stage.palette.sky
    near = mix(mix(sky[0], stage.palette.ink, 0.45), (10, 40, 60), 0.15)
    far = mix(mix(stage.palette.haze, sky[-2], 0.5), near, 0.22)
    stops = [
        (top / stage.height, far),
        ((top + (stage.height - top) * 0.3) / stage.height, mix(far, near, 0.55)),
        (1.0, near),
    ]
    body = gradient(stage.width, stage.height, stops, stage.dice("water"))
    stage.surface(body, top)
    calm = 0.35 if stage.scene.weather & {"storm", "rain"} else 0.78
    size = (stage.width, min(top, stage.height - top))
    stage.layers.append(Mirror(top, Mask.of(paint.fade(size, lambda p: calm * (1 - p) ** 0.7))))
    _waves(stage, near)
    if not stage.scene.weather & {"storm", "fog"}:
        _path(stage)
    if "boat" in stage.scene.figures or (
        stage.scene.ground == "sea" and stage.dice("boat").random() < 0.25
    ):
        _boat(stage)


def _rows(stage: Stage) -> list[tuple[int, int]]:
    """Rows of waves from the horizon down, each higher than the one before; even."""
    depth = stage.height - stage.horizon
    edges = [stage.horizon + even(depth * (i / _ROWS) ** 1.75) for i in range(_ROWS + 1)]
    return [(a, b) for a, b in pairwise(edges) if b > a]


def _waves(stage: Stage, near: RGB) -> None:
    """Two sets of waves that sway against each other, which makes the water glitter."""
    light = mix(stage.palette.sky[-2], stage.palette.light, 0.35)
    dark = mix(near, stage.palette.ink, 0.6)
    tall = stage.height - stage.horizon
    for number in range(2):
        rng = stage.dice("waves", number)
        reach = stage.unit * (9 + 7 * number) * _rough(stage)
        drawing = Image.new("L", ((stage.width + even(reach * 2) + 8) * 2 + 8, tall * 2))
        picture = Image.new("L", drawing.size, yuv(dark)[0])
        masks, lights = ImageDraw.Draw(drawing), ImageDraw.Draw(picture)
        for top, bottom in _rows(stage):
            close = (bottom - stage.horizon) / tall
            for colour, strength in ((light, 0.50 * (1 - 0.55 * close)), (dark, 0.48)):
                for wave in _dashes(stage, drawing.width, (top, bottom), close, rng):
                    masks.polygon(wave, round(255 * strength * rng.uniform(0.4, 1)))
                    lights.polygon(_grown(wave), yuv(colour)[0])
        motion = sway(reach, 83 + 38 * number, math.pi * number, reach)
        stage.layers.append(Shimmer(picture, drawing, stage.horizon, motion))


def _rough(stage: Stage) -> float:
    weather = stage.scene.weather
    return 1.9 if "storm" in weather else 1.3 if "rain" in weather else 1.0


def _grown(wave: Wave) -> Wave:
    """The same wave a little higher, so that its colour reaches under its soft edge."""
    left, top, right, bottom = wave
    return left, (top[0], top[1] - 3), right, (bottom[0], bottom[1] + 3)


def _dashes(
    stage: Stage, across: int, rows: tuple[int, int], close: float, rng: Random
) -> Iterator[Wave]:
    """Flat waves, wider and thicker the closer they are (0..1), at twice the size."""
    wide = stage.unit * (26 + 200 * close) * 2
    for _ in range(max(3, round(across / wide * (2.4 - 1.2 * close) * _rough(stage) ** 0.5))):
        x = rng.uniform(-wide, across)
        y = rng.uniform(rows[0] - stage.horizon, rows[1] - stage.horizon) * 2
        length = wide * rng.uniform(0.35, 1.2)
        thick = max(1.0, stage.unit * (1.2 + 4.6 * close) * rng.uniform(0.5, 1.2))
        middle = x + length / 2
        yield (x, y), (middle, y - thick), (x + length, y), (middle, y + thick)


def _path(stage: Stage) -> None:
    """The light of the sun or the moon on the water, broken into dashes that come and go."""
    tall = stage.height - stage.horizon
    side = even(min(stage.width, stage.unit * 420))
    left = sun_at(stage)[0] - side / 2
    for number in range(2):
        rng = stage.dice("path", number)
        masks = [_glints(stage, side, tall, rng) for _ in range(4)]
        pause = 7 + 4 * number
        order = [rng.randrange(4) for _ in range(61)]

        def which(frame: int, pause: int = pause, order: list[int] = order) -> int:
            return order[frame // pause % 61]

        reach = stage.unit * 5 * (1 - 2 * number)
        motion = sway(reach, 34 + 9 * number, number * 2.0, left)

        def place(frame: int, motion: Motion = motion) -> tuple[float, float]:
            return motion(frame)[0], stage.horizon

        stage.layers.append(Spot(masks, stage.palette.light, place, which))


def _glints(stage: Stage, side: int, tall: int, rng: Random) -> Mask:
    drawing = Image.new("L", (side * 2, tall * 2))
    draw = ImageDraw.Draw(drawing)
    for top, bottom in _rows(stage):
        close = (bottom - stage.horizon) / tall
        spread = stage.unit * (18 + 80 * close)
        for _ in range(12 if close < 0.5 else 9):
            x = side + rng.gauss(0, spread)
            y = rng.uniform(top - stage.horizon, bottom - stage.horizon) * 2
            length = stage.unit * 2 * (7 + 34 * close) * rng.uniform(0.4, 1.2)
            thick = max(1.0, stage.unit * (0.9 + 2.6 * close))
            lens = ((x - length, y), (x, y - thick), (x + length, y), (x, y + thick))
            draw.polygon(lens, fill=round(225 * (1 - 0.45 * close)))
    return Mask.of(drawing.reduce(2))


def _boat(stage: Stage) -> None:
    rng = stage.dice("sailing")
    size = stage.unit * rng.uniform(66, 96)
    mask = _sails(size)
    x = stage.width * rng.uniform(0.25, 0.65)
    y = stage.horizon + (stage.height - stage.horizon) * 0.16 - mask.y.height * 0.93
    pace = 0.22 * stage.unit * -stage.direction
    bob = stage.unit * (5 if "storm" in stage.scene.weather else 2)

    def motion(frame: int) -> tuple[float, float]:
        return x + pace * frame, y + bob * math.sin(frame / 13)

    stage.layers.append(Spot([mask], stage.depth(0.95), motion))


def _sails(size: float) -> Mask:
    side = even(size * 1.3)
    big = Image.new("L", (side * 4, side * 4))
    draw = ImageDraw.Draw(big)

    def at(across: float, down: float) -> tuple[float, float]:
        return across * side * 4, down * side * 4

    draw.polygon([at(0.12, 0.80), at(0.90, 0.80), at(0.78, 0.93), at(0.24, 0.93)], fill=255)
    draw.polygon([at(0.485, 0.05), at(0.51, 0.05), at(0.51, 0.82), at(0.485, 0.82)], fill=255)
    draw.polygon([at(0.53, 0.08), at(0.60, 0.40), at(0.86, 0.74), at(0.53, 0.74)], fill=235)
    draw.polygon([at(0.465, 0.14), at(0.36, 0.46), at(0.16, 0.74), at(0.465, 0.74)], fill=215)
    return Mask.of(big.reduce(4))
