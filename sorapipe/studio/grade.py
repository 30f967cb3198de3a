"""A new mood over pictures that exist: how a remix looks like its parent and yet is another."""

from __future__ import annotations

from PIL import Image

from sorapipe.studio import paint
from sorapipe.studio.caption import Layout
from sorapipe.studio.palette import Palette
from sorapipe.studio.planes import Mask, Picture, mix, yuv
from sorapipe.studio.scene import Scene
from sorapipe.studio.vocabulary import Hour

# Light, contrast and how much colour stays, by hour.
_LOOKS: dict[Hour, tuple[float, float, float]] = {
    "dawn": (1.04, 0.94, 0.75),
    "day": (1.16, 1.06, 1.05),
    "dusk": (0.86, 1.12, 0.80),
    "night": (0.52, 0.92, 0.48),
}
_CAST = {"dawn": 0.34, "day": 0.20, "dusk": 0.55, "night": 0.62}


class Grade:
    """The grade of one scene, as tables for Y, U and V."""

    def __init__(self, scene: Scene, palette: Palette) -> None:
        light, contrast, colour = _LOOKS[scene.hour]
        if scene.weather:
            light, colour = light * (0.74 if "storm" in scene.weather else 0.92), colour * 0.6
        self._y = [_held(16 + _curve((v - 16) / 219, light, contrast) * 219) for v in range(256)]
        middle = palette.sky[len(palette.sky) // 2]
        _, u, v = yuv(mix(middle, scene.tint or middle, 0.5))
        cast = _CAST[scene.hour]
        self._u = [_held(128 + (c - 128) * colour + (u - 128) * cast) for c in range(256)]
        self._v = [_held(128 + (c - 128) * colour + (v - 128) * cast) for c in range(256)]

    def of(self, picture: Picture) -> Picture:
        """The picture in this light."""
        return Picture(picture.y.point(self._y), picture.u.point(self._u), picture.v.point(self._v))


def _curve(value: float, light: float, contrast: float) -> float:
    value = min(1.0, max(0.0, value * light))
    bent = value * value * (3 - 2 * value)
    return (
        value + (bent - value) * (contrast - 1) * 3
        if contrast > 1
        else 0.5 * (1 - contrast) * 0.3 + value * contrast
    )


def _held(value: float) -> int:
    return min(235, max(16, round(value)))


class Frost:
    """Frosted glass over the caption of a parent, so that a new one can be written there."""

    def __init__(self, size: tuple[int, int]) -> None:
        layout = Layout(*size)
        self._tall = min(layout.height, round(layout.band * 1.12) // 2 * 2)
        if self._tall:
            self._mask = Mask.of(paint.fade((layout.width, self._tall), lambda p: p * 7))

    def over(self, picture: Picture) -> None:
        """Blur the picture's caption band in place."""
        if not self._tall:
            return
        width, height = picture.size
        top = height - self._tall
        band = picture.crop((0, top, width, height))
        planes = [_blurred(plane) for plane in band.planes()]
        picture.put(Picture(planes[0], planes[1], planes[2]), (0, top), self._mask)


def _blurred(plane: Image.Image) -> Image.Image:
    width, height = plane.size
    coarse = (max(1, width // 40), max(1, height // 28))
    small = plane.resize(coarse, Image.Resampling.BOX)
    return small.resize((width, height), Image.Resampling.BICUBIC)
