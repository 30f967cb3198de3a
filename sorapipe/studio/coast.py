"""The sea's shore: far islands, a headland, and a lighthouse whose beam goes round."""

from __future__ import annotations

import math

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sorapipe.studio import figures, paint
from sorapipe.studio.layers import Motion
from sorapipe.studio.planes import RGB, Mask, Picture, mix
from sorapipe.studio.sky import sun_at
from sorapipe.studio.stage import Stage, even

_TURN = 110  # frames in which a lighthouse's beam goes round


def islands(stage: Stage) -> None:
    """Low land far out at sea, here and there."""
    for number, (high, share) in enumerate(((0.055, 0.16), (0.04, 0.34))):
        rng = stage.dice("island", number)
        reach, motion = stage.travel(1)
        drawing = stage.canvas(reach, stage.unit * 720 * high)
        count = drawing.width // 8 + 2
        heights = paint.ridge(count, rng, max(2, count // 3), 0.42)
        top = max(heights)
        points = [(i * 8.0, drawing.height * (1.5 - 1.45 * h / top)) for i, h in enumerate(heights)]
        ImageDraw.Draw(drawing).polygon(
            [(0, drawing.height + 9), *points, (drawing.width, drawing.height + 9)], fill=255
        )
        stage.band(
            drawing, stage.depth(share), stage.horizon - drawing.height // 2, motion, solid=False
        )
    stage.mark_far()


def headland(stage: Stage) -> None:
    """A rock in the foreground, with whatever the prompt puts on it."""
    rng = stage.dice("headland")
    reach, motion = stage.travel(2)
    tall = stage.unit * 720 * 0.52
    drawing = stage.canvas(reach, tall)
    side = -1 if sun_at(stage)[0] > stage.width / 2 else 1  # not before the sun
    left = drawing.width / 2 + side * stage.width * 0.62
    wide = stage.width * 2 * 0.36 + stage.unit * 160
    count = 60
    rough = paint.ridge(count + 1, rng, 16, 0.55)
    crown = drawing.height * 0.34
    points = []
    for i in range(count + 1):
        place = i / count * 2 - 1
        swell = max(0.0, 1 - abs(place) ** 1.7)
        points.append(
            (left + place * wide / 2, drawing.height - crown * swell * (0.62 + 0.7 * rough[i]))
        )
    ImageDraw.Draw(drawing).polygon(
        [(points[0][0], drawing.height), *points, (points[-1][0], drawing.height)], fill=255
    )
    top = even(stage.horizon + (stage.height - stage.horizon) * 0.30 - tall)
    ink = stage.depth(0.96)
    if "lighthouse" in stage.scene.figures:
        foot = min(points, key=lambda point: abs(point[0] - left))
        lamp = _tower(drawing, foot[0], foot[1] + 8, stage.unit * 2 * 205)
        stage.layers.append(Beam(stage, (lamp[0] / 2, top + lamp[1] / 2), motion))
    if "person" in stage.scene.figures:
        x, y = points[count // 2 - side * 9]
        figures.person(drawing, x, y + 3, stage.unit * 2 * 50)
    stage.band(drawing, ink, top, motion, solid=False)
    foot_rows = drawing.crop((0, round(drawing.height - crown), drawing.width, drawing.height))
    turned = foot_rows.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    faint = ImageChops.multiply(turned, paint.fade(turned.size, lambda p: 0.75 * (1 - p) ** 1.2))
    stage.band(faint, ink, top + drawing.height // 2, motion, solid=False)


def _tower(drawing: Image.Image, x: float, foot: float, tall: float) -> tuple[float, float]:
    """A lighthouse standing at (x, foot); gives the place of its lamp."""
    draw = ImageDraw.Draw(drawing)

    def at(across: float, up: float) -> tuple[float, float]:
        return x + across * tall, foot - up * tall

    draw.polygon([at(-0.105, 0), at(-0.062, 0.80), at(0.062, 0.80), at(0.105, 0)], fill=255)
    draw.polygon([at(-0.092, 0.80), at(-0.092, 0.825), at(0.092, 0.825), at(0.092, 0.80)], fill=255)
    for across in (-0.085, -0.045, 0.0, 0.045, 0.085):
        draw.line(
            [at(across, 0.82), at(across, 0.865)], fill=255, width=max(1, round(tall * 0.008))
        )
    draw.polygon([at(-0.09, 0.862), at(-0.09, 0.872), at(0.09, 0.872), at(0.09, 0.862)], fill=255)
    for across in (-0.048, 0.048):
        draw.line([at(across, 0.82), at(across, 0.93)], fill=255, width=max(2, round(tall * 0.014)))
    draw.polygon([at(-0.066, 0.925), at(0, 0.995), at(0.066, 0.925)], fill=255)
    draw.line([at(0, 0.99), at(0, 1.04)], fill=255, width=max(1, round(tall * 0.01)))
    return at(0, 0.875)


class Beam:
    """A lamp and its beam, which sweeps around and dazzles when it looks at us."""

    def __init__(self, stage: Stage, lamp: tuple[float, float], motion: Motion) -> None:
        self._lamp, self._motion = lamp, motion
        self._colour: RGB = mix((255, 244, 205), stage.palette.light, 0.3)
        self._unit = stage.unit
        self._strong = {"night": 0.85, "dusk": 0.62, "dawn": 0.5, "day": 0.22}[stage.scene.hour]
        if "storm" in stage.scene.weather:
            self._strong = max(self._strong, 0.7)
        side = even(stage.unit * 190)
        self._halo = Mask.of(paint.glow_over((side, side), (side / 2, side / 2), side / 2, 2.6))
        self._size = even(stage.width), even(stage.unit * 200)
        self._fall = _beam_fall((256, 1))
        self._ray, self._glow = self._halo, self._halo

    def paint(self, onto: Picture, frame: int) -> None:
        """Paint the beam of that frame; it is turned on every other one."""
        turn = math.tau * (frame - frame % 2) / _TURN
        side, facing = math.cos(turn), math.sin(turn)
        if frame % 2 == 0:
            self._ray = self._turned(side, self._strong * (0.35 + 0.65 * max(0.0, facing + 0.25)))
            dazzle = min(1.0, self._strong * (0.45 + 0.75 * max(0.0, facing) ** 4))
            self._glow = Mask.of(paint.dim(self._halo.y, dazzle))
        x, y = self._lamp[0] - self._motion(frame)[0], self._lamp[1]
        wide, tall = self._ray.y.size
        left = x if side > 0 else x - wide
        onto.tint(self._colour, self._ray, (even(left), even(y - tall / 2)))
        reach = self._glow.y.width / 2
        onto.tint(self._colour, self._glow, (even(x - reach), even(y - reach)))

    def _turned(self, side: float, light: float) -> Mask:
        """The beam's mask, drawn small and scaled up: that is also what makes it soft."""
        wide, tall = even(self._size[0] * abs(side)), self._size[1]
        small = (max(2, wide // 8), max(4, tall // 8))
        ray = Image.new("L", small)
        spread = small[1] * (0.12 + 0.26 * abs(side))
        middle = small[1] / 2
        near, far = (0, middle - 0.6), (small[0], middle - spread)
        corners = (near, far, (small[0], middle + spread), (0, middle + 0.6))
        ImageDraw.Draw(ray).polygon(corners, fill=round(255 * light))
        ray = ImageChops.multiply(ray.filter(ImageFilter.BoxBlur(1)), self._fall.resize(small))
        if side < 0:
            ray = ray.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        size, how = (max(4, wide), tall), Image.Resampling.BILINEAR
        return Mask(ray.resize(size, how), ray.resize((size[0] // 2, size[1] // 2), how))


def _beam_fall(size: tuple[int, int]) -> Image.Image:
    """How a beam grows weaker from left to right."""
    wide, tall = size
    row = bytes(round(235 * (1 - i / wide) ** 1.5) for i in range(wide))
    return Image.frombytes("L", (wide, 1), row).resize((wide, tall))
