"""Pictures of nothing but light: discs out of focus that drift over deep colour."""

from __future__ import annotations

import math

from PIL import ImageChops, ImageFilter

from sorapipe.studio import paint
from sorapipe.studio.layers import Spot
from sorapipe.studio.planes import Mask, gradient, mix
from sorapipe.studio.stage import Stage, even
from sorapipe.studio.weather import motes


def abstract(stage: Stage) -> None:
    """Soft lights that drift over deep colour."""
    rng = stage.dice("abstract")
    colours = stage.palette.sky
    deep = mix(colours[0], (6, 6, 12), 0.45)
    stops = [
        (0, deep),
        (0.55, mix(deep, colours[len(colours) // 2], 0.55)),
        (1, mix(deep, (0, 0, 0), 0.3)),
    ]
    stage.background = gradient(*stage.size, stops, rng)
    for _ in range(4):
        spot = stage.width * rng.random(), stage.height * rng.random()
        light = paint.glow_over(
            stage.size, spot, (stage.width + stage.height) * rng.uniform(0.2, 0.36), 1.8
        )
        stage.background.tint(rng.choice(colours[1:]), Mask.of(paint.dim(light, 0.6)))
    stage.grain(stage.background, 1)
    for number in range(15):
        _bokeh(stage, number)
    motes(
        stage,
        mix(stage.palette.light, (255, 255, 255), 0.4),
        40,
        radius=(0.7, 1.8),
        rise=0.4,
        strength=0.8,
    )


def _bokeh(stage: Stage, number: int) -> None:
    rng = stage.dice("bokeh", number)
    radius = stage.unit * rng.uniform(18, 105)
    side = even(radius * 2 + 12)
    size, middle = (side, side), (side / 2, side / 2)
    rim = ImageChops.subtract(
        paint.disc(size, middle, radius), paint.disc(size, middle, radius * 0.94)
    )
    flat = paint.dim(paint.disc(size, middle, radius), 0.55)
    strength = rng.uniform(0.22, 0.6)
    mask = paint.dim(
        ImageChops.lighter(rim, flat).filter(ImageFilter.BoxBlur(radius * 0.03)), strength
    )
    x, y = (
        stage.width * rng.uniform(-0.05, 1.0) - radius,
        stage.height * rng.uniform(-0.05, 0.9) - radius,
    )
    dx, dy = stage.unit * rng.uniform(-0.7, 0.7), stage.unit * rng.uniform(-0.5, 0.1)

    def motion(frame: int) -> tuple[float, float]:
        return x + dx * frame + 5 * stage.unit * math.sin(frame / 40 + x), y + dy * frame

    colour = mix(rng.choice(stage.palette.sky[1:]), stage.palette.light, rng.uniform(0.15, 0.7))
    stage.layers.append(Spot([Mask.of(mask)], colour, motion))
