"""What falls, drifts and flashes before a scene: rain, snow, fog, lightning; sparks and bubbles."""

from __future__ import annotations

import math
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sorapipe.studio import paint
from sorapipe.studio.layers import Fall, Motion, Spot, rest
from sorapipe.studio.planes import RGB, Mask, mix
from sorapipe.studio.stage import Stage, even


def weather(stage: Stage) -> None:
    """Add the scene's weather, nearest last."""
    kinds = stage.scene.weather
    if "fog" in kinds:
        fog(stage, 0.62, stage.palette.haze)
    if "storm" in kinds:
        lightning(stage)
    if kinds & {"rain", "storm"}:
        rain(stage, 1.0 if "storm" in kinds else 0.7)
    if "snow" in kinds:
        snow(stage)


def rain(stage: Stage, strength: float) -> None:
    """Two depths of slanting streaks."""
    colour = mix((214, 226, 240), stage.palette.haze, 0.35)
    lean = stage.direction * -0.16 * (1.6 if strength >= 1 else 1.0)
    for number, (count, length, fast, light) in enumerate(
        ((420, 26, 26, 0.22), (110, 64, 46, 0.34))
    ):
        rng = stage.dice("rain", number)
        mask = _streaks(stage, round(count * (0.6 + 0.5 * strength)), lean, (length, light), rng)
        down = stage.unit * fast
        stage.layers.append(Fall(mask, colour, _falling(down * lean, down), white=True))


def _falling(across: float, down: float) -> Motion:
    return lambda frame: (across * frame, down * frame)


def _streaks(stage: Stage, count: int, lean: float, drop: tuple[int, float], rng: Random) -> Mask:
    length, light = drop
    size = (stage.width, stage.height)
    full = Image.new("L", size)
    draw = ImageDraw.Draw(full)
    thick = max(1, round(stage.unit * (1.2 if length < 40 else 1.9)))
    many = round(count * max(1.0, stage.width / stage.height) ** 0.5)
    for _ in range(many):
        reach = stage.unit * length * rng.uniform(0.6, 1.3)
        x, y = rng.uniform(0, size[0]), rng.uniform(0, size[1] - reach)
        draw.line(
            (x, y, x + lean * reach, y + reach),
            fill=round(255 * light * rng.uniform(0.5, 1.0)),
            width=thick,
        )
    return Mask.of(full.filter(ImageFilter.BoxBlur((0.4, 1.2))))


def snow(stage: Stage) -> None:
    """Two depths of flakes that sway as they fall."""
    colour = mix((250, 252, 255), stage.palette.haze, 0.08 if stage.scene.hour != "night" else 0.22)
    for number, (count, small, large, fast) in enumerate(
        ((340, 0.6, 2.2, 1.8), (70, 2.2, 5.5, 4.4))
    ):
        rng = stage.dice("snow", number)
        many = round(count * max(1.0, stage.width * stage.height / stage.unit**2 / 921_600))
        full = paint.specks(stage.size, many, (small * stage.unit, large * stage.unit), rng)
        if number == 1:
            full = paint.dim(full.filter(ImageFilter.GaussianBlur(0.9 * stage.unit)), 0.85)
        phase, sway = rng.uniform(0, math.tau), stage.unit * (6 + 7 * number)

        def motion(
            frame: int, fast: float = fast, phase: float = phase, sway: float = sway
        ) -> tuple[float, float]:
            return sway * math.sin(
                frame / 27 + phase
            ) + 0.5 * fast * frame * stage.unit, fast * frame * stage.unit

        stage.layers.append(Fall(Mask.of(full), colour, motion, white=True))


def fog(stage: Stage, strength: float, colour: RGB) -> None:
    """A bank of mist that drifts."""
    reach, motion = stage.travel(1)
    low, high = even(stage.height * 0.95), even(stage.height * 0.30)
    size = (stage.width + reach + 8, low - high)
    cell = (round(520 * stage.unit), max(2, round(150 * stage.unit)))
    wisps = paint.curve(paint.clouds(size, cell, 3, stage.dice("fog")), lambda v: (v - 0.22) * 1.5)
    veil = paint.fade(size, lambda p: math.sin(math.pi * p) ** 0.8 * strength)
    drawing = ImageChops.multiply(wisps, veil)
    doubled = drawing.resize((size[0] * 2, size[1] * 2), Image.Resampling.BILINEAR)
    stage.band(doubled, mix(colour, (255, 255, 255), 0.06), high, motion, solid=False)


def lightning(stage: Stage) -> None:
    """A strike every few seconds: the bolt, and the whole picture lit for some frames."""
    rng = stage.dice("lightning")
    strikes = []
    at = rng.randrange(14, 34)
    while at < stage.frames:
        strikes.append(at)
        at += rng.randrange(52, 100)
    levels = [0.0, 0.42, 0.28, 0.08, 0.36, 0.22, 0.14, 0.08, 0.05, 0.02]
    flat = paint.fade(stage.size, lambda p: 1.0 - 0.6 * p)
    flashes = [Mask.of(paint.dim(flat, k)) for k in levels]
    bolts = [_bolt(stage, number) for number in range(min(3, len(strikes)))]

    def since(frame: int) -> int | None:
        return next((frame - s for s in strikes if 0 <= frame - s < len(levels)), None)

    def which(frame: int) -> int | None:
        struck = sum(s <= frame for s in strikes) - 1
        after = since(frame)
        return None if after is None or after in {0, 3} or after > 6 else struck % len(bolts)

    stage.layers.append(Spot(flashes, (205, 214, 255), rest(), since))
    if bolts:
        stage.layers.append(Spot(bolts, (246, 246, 255), rest(), which))


def _bolt(stage: Stage, number: int) -> Mask:
    rng = stage.dice("bolt", number)
    full = Image.new("L", stage.size)
    draw = ImageDraw.Draw(full)
    trunk = _crack((stage.width * rng.uniform(0.15, 0.85), -4.0), stage.horizon, stage.unit, rng)
    draw.line(trunk, fill=255, width=max(1, round(4.2 * stage.unit)), joint="curve")
    for x, y in trunk[2:-2]:
        if rng.random() < 0.16:
            twig = _crack((x, y), y + stage.unit * rng.uniform(60, 170), stage.unit, rng)
            draw.line(twig, fill=230, width=max(1, round(1.9 * stage.unit)))
    halo = paint.dim(full.filter(ImageFilter.BoxBlur(12 * stage.unit)), 2.2)
    return Mask.of(ImageChops.lighter(full.filter(ImageFilter.BoxBlur(0.6)), halo))


def _crack(
    start: tuple[float, float], floor: float, unit: float, rng: Random
) -> list[tuple[float, float]]:
    """The corners of a crooked line from `start` down to `floor`."""
    points = [start]
    lean = rng.uniform(-0.35, 0.35)
    while points[-1][1] < floor:
        x, y = points[-1]
        step = max(1.0, unit * rng.uniform(12, 34))
        points.append((x + step * (lean + rng.gauss(0, 0.75)), y + step))
    return points


def motes(
    stage: Stage,
    colour: RGB,
    count: int,
    *,
    radius: tuple[float, float],
    rise: float,
    strength: float = 0.8,
) -> None:
    """Specks that float upwards (a negative `rise` sinks): sparks, bubbles, dust, fireflies."""
    rng = stage.dice("motes")
    size = (radius[0] * stage.unit, radius[1] * stage.unit)
    full = paint.specks(stage.size, count, size, rng)
    mask = Mask.of(paint.dim(full, strength))
    phase = rng.uniform(0, math.tau)

    def motion(frame: int) -> tuple[float, float]:
        aside = 9 * math.sin(frame / 23 + phase) + 0.3 * frame
        return aside * stage.unit, -rise * stage.unit * frame

    stage.layers.append(Fall(mask, colour, motion, white=min(colour) > 180))
