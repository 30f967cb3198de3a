"""Space: a nebula, stars and planets."""

from __future__ import annotations

from PIL import Image, ImageChops

from sorapipe.studio import paint, sky
from sorapipe.studio.planes import RGB, Mask, Picture, gradient, mix
from sorapipe.studio.stage import Stage, even
from sorapipe.studio.weather import motes


def space(stage: Stage) -> None:
    """Stars at three distances, a nebula, and a planet in half light."""
    rng = stage.dice("space")
    hue = stage.scene.tint or rng.choice(
        ((92, 60, 190), (190, 60, 120), (30, 120, 180), (60, 150, 130))
    )
    stage.background = gradient(
        *stage.size, [(0, (3, 4, 14)), (1, mix((8, 6, 22), hue, 0.12))], rng
    )
    for number, colour in enumerate((hue, mix(hue, (255, 150, 90), 0.6))):
        cell = (round(460 * stage.unit), round(380 * stage.unit))
        cloud = paint.curve(
            paint.clouds(stage.size, cell, 5, stage.dice("nebula", number)),
            lambda v: ((v - 0.44) * 2.6) ** 1.6 if v > 0.44 else 0,
        )
        veil = paint.glow_over(
            stage.size,
            (stage.width * rng.uniform(0.2, 0.8), stage.height * rng.uniform(0.2, 0.7)),
            stage.width * 0.55 + stage.height * 0.2,
            1.0,
        )
        stage.background.tint(colour, Mask.of(paint.dim(ImageChops.multiply(cloud, veil), 0.85)))
    sky.stars(stage, 2.2, 1.0)
    stage.grain(stage.background, 1)
    motes(stage, (230, 236, 255), 60, radius=(0.5, 1.3), rise=0.18, strength=0.9)
    for number in range(stage.scene.moons):
        _planet(stage, number, hue)


def _planet(stage: Stage, number: int, hue: RGB) -> None:
    rng = stage.dice("planet", number)
    radius = stage.unit * (rng.uniform(150, 230) if number == 0 else rng.uniform(40, 60))
    side = even(radius * 2 + 8)
    size = (side, side)
    disc = paint.disc(size, (side / 2, side / 2), radius)
    colour = mix(hue, (236, 196, 150), rng.uniform(0.35, 0.8))
    bands = paint.clouds(size, (side * 2, max(3, side // 9)), 4, rng).rotate(
        rng.uniform(-24, 24), Image.Resampling.BICUBIC
    )
    lit = paint.glow_over(size, (side * 0.28, side * 0.26), radius * 1.6, 1.25)
    body = Image.composite(
        Image.new("RGB", size, mix(colour, (255, 255, 255), 0.25)),
        Image.new("RGB", size, mix(colour, (40, 20, 40), 0.35)),
        bands,
    )
    shaded = Image.composite(
        body,
        Image.new("RGB", size, mix((2, 3, 10), colour, 0.05)),
        paint.dim(lit, 1.25),
    )
    x = stage.width * (rng.uniform(0.58, 0.72) if number == 0 else rng.uniform(0.14, 0.3))
    y = stage.height * (rng.uniform(0.34, 0.46) if number == 0 else rng.uniform(0.16, 0.3))
    drift = stage.unit * (0.22 if number == 0 else 0.5) * -stage.direction
    stage.layers.append(
        _Body(Picture.of(shaded), Mask.of(disc), (x - side / 2, y - side / 2), drift)
    )


class _Body:
    """A planet that drifts."""

    def __init__(self, picture: Picture, mask: Mask, at: tuple[float, float], drift: float) -> None:
        self._picture, self._mask, self._at, self._drift = picture, mask, at, drift

    def paint(self, onto: Picture, frame: int) -> None:
        """Paste it where it is now."""
        spot = even(self._at[0] + self._drift * frame), even(self._at[1])
        onto.put(self._picture, spot, self._mask)
