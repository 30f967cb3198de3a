"""Skies: gradient, sun or moon, stars and clouds."""

from __future__ import annotations

import math

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sorapipe.studio import paint
from sorapipe.studio.layers import Spot, rest, slide
from sorapipe.studio.planes import RGB, Mask, Picture, gradient, mix
from sorapipe.studio.stage import Stage


def sky(stage: Stage) -> None:
    """Paint the sky into the background and hang its moving parts."""
    stops = _stops(stage)
    stage.background = gradient(stage.width, stage.height, stops, stage.dice("sky"))
    scene = stage.scene
    if scene.hour == "night" and not scene.weather & {"storm", "fog"}:
        stars(stage, 1.0 if not scene.weather else 0.35)
    _sun_or_moon(stage)
    _clouds(stage)
    stage.mark_far()
    stage.grain(stage.background, 1)


def sun_at(stage: Stage) -> tuple[float, float]:
    """Where the sun or the moon stands."""
    rng = stage.dice("sun")
    across = rng.choice((rng.uniform(0.16, 0.38), rng.uniform(0.62, 0.84)))
    above = {"dawn": (0.04, 0.16), "dusk": (0.02, 0.12), "day": (0.55, 0.8), "night": (0.5, 0.78)}
    low, high = above[stage.scene.hour]
    return stage.width * across, stage.horizon * (1 - rng.uniform(low, high))


def _stops(stage: Stage) -> list[tuple[float, RGB]]:
    colours = stage.palette.sky
    reach = stage.horizon / stage.height
    last = len(colours) - 1
    # The colours crowd towards the horizon, as they do in air.
    return [(reach * (i / last) ** 0.8, colour) for i, colour in enumerate(colours)]


def stars(stage: Stage, share: float, down: float | None = None) -> None:
    """Still stars, fewer towards the horizon, and some that twinkle."""
    rng = stage.dice("stars")
    floor = stage.horizon if down is None else stage.height * down
    count = int(170 * share * max(1.0, stage.width * stage.height / 600_000) ** 0.7)
    mask = Image.new("L", stage.size)
    draw = ImageDraw.Draw(mask)
    for _ in range(count):
        x, y = rng.uniform(0, stage.width), floor * rng.random() ** 1.4
        light = int(60 + 195 * rng.random() ** 2.2)
        size = 0 if rng.random() < 0.72 else 1 * max(1, round(stage.unit))
        draw.rectangle((x, y, x + size, y + size), fill=light)
    stage.background.tint((235, 240, 255), Mask.of(mask))
    for phase in range(3):
        _twinkle(stage, phase, floor)


def _twinkle(stage: Stage, number: int, floor: float) -> None:
    rng = stage.dice("twinkle", number)
    side = max(2, round(2 * stage.unit)) // 2 * 2
    size = (side * 5, side * 5)
    bright = paint.glow_over(size, (size[0] / 2, size[1] / 2), side * 2.4, 3)
    masks = [Mask.of(paint.dim(bright, 0.25 + 0.75 * k / 5)) for k in range(6)]
    period = rng.randrange(30, 60)
    for _ in range(4):
        at = (rng.randrange(stage.width) // 2 * 2, int(floor * rng.random() * 0.8) // 2 * 2)
        phase = rng.uniform(0, math.tau)

        def which(frame: int, phase: float = phase) -> int:
            return round(2.5 + 2.5 * math.sin(math.tau * frame / period + phase))

        stage.layers.append(Spot(masks, (240, 244, 255), rest(*at), which))


def _sun_or_moon(stage: Stage) -> None:
    scene, light = stage.scene, stage.palette.light
    x, y = sun_at(stage)
    veil = 0.25 if "storm" in scene.weather else 0.55 if scene.weather else 1.0
    night = scene.hour == "night"
    wide = stage.width * 0.62 + stage.height * 0.45
    warm = mix(light, stage.palette.sky[-2], 0.35)
    for reach, power, strength in (
        (wide, 1.7, 0.60 if not night else 0.34),
        (wide * 0.36, 1.9, 0.60 if not night else 0.35),
    ):
        mask = paint.dim(paint.glow_over(stage.size, (x, y), reach, power), strength * veil)
        stage.background.tint(warm, Mask.of(mask))
    if "storm" in scene.weather or ("fog" in scene.weather and not night):
        return
    radius = stage.unit * (34 if night else 40 if scene.hour != "day" else 30)
    body = paint.dim(paint.disc(stage.size, (x, y), radius), 0.4 + 0.6 * veil)
    stage.background.tint(light, Mask.of(body))
    if night:
        _craters(stage, (x, y), radius)
        if scene.moons > 1:
            other = (stage.width - x * 0.8, y * 0.72)
            small = paint.disc(stage.size, other, radius * 0.55)
            stage.background.tint(mix(light, stage.palette.sky[-1], 0.3), Mask.of(small))


def _craters(stage: Stage, centre: tuple[float, float], radius: float) -> None:
    rng = stage.dice("craters")
    spots = Image.new("L", stage.size)
    draw = ImageDraw.Draw(spots)
    for _ in range(7):
        turn, far = rng.uniform(0, math.tau), radius * rng.random() * 0.75
        x, y = centre[0] + far * math.cos(turn), centre[1] + far * math.sin(turn)
        reach = radius * rng.uniform(0.12, 0.34)
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=54)
    blurred = spots.filter(ImageFilter.BoxBlur(radius * 0.08))
    inside = paint.disc(stage.size, centre, radius)
    stage.background.tint(
        mix(stage.palette.light, (110, 120, 150), 0.7),
        Mask.of(ImageChops.multiply(blurred, inside)),
    )


def _clouds(stage: Stage) -> None:
    rng = stage.dice("clouds")
    heavy = {"storm": 0.95, "rain": 0.75, "snow": 0.55, "fog": 0.35}
    cover = max((heavy[w] for w in stage.scene.weather), default=rng.uniform(0.12, 0.5))
    if stage.scene.hour == "night" and not stage.scene.weather:
        cover *= 0.5
    sky_colours = stage.palette.sky
    top = mix(sky_colours[0], (12, 14, 22), 0.45) if "storm" in stage.scene.weather else None
    lit = mix(stage.palette.light, sky_colours[-1], 0.45)
    shade = top or mix(sky_colours[0], sky_colours[-2], 0.55)
    high, low = mix(shade, sky_colours[0], 0.3), mix(lit, sky_colours[-1], 0.3)
    if stage.scene.hour == "night":
        high, low = mix(sky_colours[1], sky_colours[-1], 0.35), mix(sky_colours[-1], lit, 0.12)
    body = gradient(
        stage.width,
        stage.height,
        [(0.0, high), (stage.horizon / stage.height, low)],
        stage.dice("cloud"),
    )
    for number, (rows, share) in enumerate((((0.45, 1.0), 0.8), ((0.0, 0.75), 1.0))):
        _bank(stage, number, rows, cover * share, body)


def _bank(
    stage: Stage, number: int, rows: tuple[float, float], cover: float, body: Picture
) -> None:
    """One bank of clouds; the low one is so far away that it seems to stand still."""
    reach, motion = stage.travel(1) if number else (0, slide(0.0))
    top, bottom = (int(stage.horizon * row) // 2 * 2 for row in rows)
    rng = stage.dice("bank", number)
    width, height = stage.width + reach + 8, max(8, bottom - top)
    cell = (stage.unit * rng.uniform(420, 620), stage.unit * (60 + 60 * number))
    puffs = paint.clouds((width, height), (int(cell[0]), max(2, int(cell[1]))), 4, rng)
    edge = 0.66 - 0.34 * cover
    soft = paint.curve(puffs, lambda v: (v - edge) / 0.26 * (0.35 + 0.6 * cover))
    veil = paint.fade(
        (width, height), lambda p: min(1.0, (p + 0.02 + number * 0.4) * 4, (1 - p) * 3)
    )
    puff = ImageChops.multiply(soft, veil)
    if not number:
        seen = Mask.of(puff.crop((0, 0, stage.width, height)))
        stage.background.put(body.crop((0, top, stage.width, top + height)), (0, top), seen)
        return
    drawing = puff.resize((width * 2, height * 2), Image.Resampling.BILINEAR)
    stage.band(drawing, body, top, motion, solid=False)
