"""Under water: light from above, weed, fish and bubbles."""

from __future__ import annotations

import math
from collections.abc import Callable

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sorapipe.studio import paint
from sorapipe.studio.layers import Spot, sway
from sorapipe.studio.planes import RGB, Mask, gradient, mix
from sorapipe.studio.stage import Rank, Stage, even
from sorapipe.studio.weather import motes


def underwater(stage: Stage) -> None:
    """Light from above, weed and rock below, fish and bubbles between."""
    tint = stage.scene.tint or (16, 118, 150)
    shallow, deep = mix((128, 226, 226), tint, 0.35), mix((3, 26, 48), tint, 0.10)
    stops: list[tuple[float, RGB]] = [
        (0, shallow),
        (0.25, mix(shallow, tint, 0.7)),
        (0.62, mix(tint, deep, 0.6)),
        (1, deep),
    ]
    stage.background = gradient(*stage.size, stops, stage.dice("sea"))
    light = paint.glow_over(
        stage.size, (stage.width * 0.5, -stage.height * 0.1), stage.width * 0.6, 1.6
    )
    stage.background.tint((220, 255, 248), Mask.of(paint.dim(light, 0.7)))
    stage.grain(stage.background, 1)
    for number in range(2):
        _ray(stage, number)
    for rank in (
        Rank(0, 0.20, 0.35, 1, 4),
        Rank(1, 0.24, 0.62, 2, 7),
        Rank(2, 0.26, 1.0, 3, 10),
    ):
        number = rank.number
        _weed(stage, rank, mix(mix(tint, deep, 0.45), deep, rank.share))
        if number < 2:
            _fish(stage, number, mix(tint, deep, 0.5 + 0.4 * number))
    motes(
        stage, mix(shallow, (255, 255, 255), 0.55), 60, radius=(1.2, 3.6), rise=1.6, strength=0.55
    )


def _ray(stage: Stage, number: int) -> None:
    rng = stage.dice("ray", number)
    reach = even(stage.unit * 50)
    width, height = stage.width + reach * 2, even(stage.height * 0.74)
    full = Image.new("L", (width, height))
    draw = ImageDraw.Draw(full)
    for _ in range(4):
        x = rng.uniform(0.1, 0.9) * width
        wide, lean = stage.unit * rng.uniform(24, 80), (x - width / 2) * 0.55
        draw.polygon(
            ((x, -8), (x + wide, -8), (x + wide * 2.3 + lean, height), (x + lean - wide, height)),
            fill=rng.randrange(60, 120),
        )
    soft = full.filter(ImageFilter.BoxBlur(13 * stage.unit + 1))
    beam = ImageChops.multiply(soft, paint.fade((width, height), lambda p: 0.8 * (1 - p) ** 1.2))
    doubled = beam.resize((width * 2, height * 2), Image.Resampling.BILINEAR)
    stage.band(
        doubled,
        (214, 255, 248),
        0,
        sway(reach * 0.8, 120 + 40 * number, number * 2.1, reach),
        solid=False,
    )


def _weed(stage: Stage, rank: Rank, colour: RGB) -> None:
    number = rank.number
    rng = stage.dice("weed", number)
    reach, motion = stage.travel(rank.halves)
    tall = stage.unit * 720 * (rank.high + 0.20)
    drawing = stage.canvas(reach, tall)
    draw = ImageDraw.Draw(drawing)
    count = drawing.width // 8 + 3
    ground = paint.ridge(count, rng, max(2, int(70 * stage.unit)), 0.5)
    points = [(i * 8.0, drawing.height * (1 - 0.12 - 0.30 * h)) for i, h in enumerate(ground)]
    draw.polygon([(0, drawing.height + 9), *points, (drawing.width, drawing.height + 9)], fill=255)
    for _ in range(round((9 + 5 * number) * drawing.width / stage.width / 2)):
        x, y = points[rng.randrange(len(points))]
        for _ in range(rng.randrange(3, 7)):
            foot = (x + stage.unit * rng.gauss(0, 22), y + 8)
            tip = drawing.height * rng.uniform(0.22, 0.62)
            blade = _blade(foot, tip, stage.unit * rank.detail, rng.uniform(0, 6))
            draw.polygon(blade, fill=255)
    stage.band(drawing, colour, even(stage.height - tall * (0.84 if number < 2 else 0.72)), motion)


def _blade(
    foot: tuple[float, float], tall: float, thick: float, phase: float
) -> list[tuple[float, float]]:
    left, right = [], []
    for i in range(13):
        up = i / 12
        middle = foot[0] + math.sin(up * 5 + phase) * tall * 0.055 * (0.3 + up)
        half = thick * (1 - up) ** 0.6
        left.append((middle - half, foot[1] - up * tall))
        right.append((middle + half, foot[1] - up * tall))
    return left + right[::-1]


def _fish(stage: Stage, number: int, colour: RGB) -> None:
    rng = stage.dice("fish", number)
    way = stage.direction * (1 if number else -1)
    size = stage.unit * (10 + 9 * number)
    masks = [_one_fish(size, tail, way) for tail in (-0.22, -0.1, 0.1, 0.22, 0.1, -0.1)]
    x0, y0 = stage.width * rng.uniform(0.3, 0.6), stage.height * rng.uniform(0.30, 0.45)
    for _ in range(9 - 3 * number):
        x, y = x0 + stage.unit * rng.gauss(0, 95), y0 + stage.unit * rng.gauss(0, 46)
        pace, phase = way * stage.unit * rng.uniform(1.0, 1.3), rng.randrange(6)

        def motion(
            frame: int, x: float = x, y: float = y, pace: float = pace
        ) -> tuple[float, float]:
            return x + pace * frame, y + 6 * stage.unit * math.sin(frame / 19 + x)

        stage.layers.append(Spot(masks, colour, motion, _beat(phase)))


def _beat(phase: int) -> Callable[[int], int | None]:
    return lambda frame: frame // 3 + phase


def _one_fish(size: float, tail: float, way: int) -> Mask:
    side = even(size * 2.6)
    big = Image.new("L", (side * 4, side * 4))
    draw = ImageDraw.Draw(big)
    middle, reach = side * 2, size * 4
    draw.ellipse(
        (middle - reach * 0.55, middle - reach * 0.24, middle + reach, middle + reach * 0.24),
        fill=255,
    )
    end = middle - reach * 1.1
    draw.polygon(
        (
            (middle - reach * 0.35, middle),
            (end, middle - reach * (0.3 - tail)),
            (end + reach * 0.16, middle),
            (end, middle + reach * (0.3 + tail)),
        ),
        fill=255,
    )
    draw.polygon(
        (
            (middle, middle - reach * 0.2),
            (middle + reach * 0.1, middle - reach * 0.42),
            (middle + reach * 0.4, middle - reach * 0.18),
        ),
        fill=255,
    )
    small = big.reduce(4)
    return Mask.of(small if way > 0 else small.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
