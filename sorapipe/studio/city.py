"""Cities: skylines with lit windows, and a street with lamps and wet ground."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sorapipe.studio import figures, paint
from sorapipe.studio.layers import Mirror, Pano
from sorapipe.studio.planes import RGB, Mask, Picture, gradient, mix
from sorapipe.studio.stage import Rank, Stage, even

_WARM: tuple[RGB, ...] = ((255, 206, 120), (255, 178, 92), (255, 226, 168))
_COLD: tuple[RGB, ...] = ((150, 214, 255), (120, 190, 255), (178, 150, 255))
_NEON: tuple[RGB, ...] = ((255, 70, 160), (60, 230, 240), (255, 150, 60), (150, 110, 255))


Rect = tuple[float, float, float, float]


@dataclass(slots=True)
class _Block:
    """A row of houses: where they are, and what they look like (drawings, twice the size)."""

    stage: Stage
    rank: Rank
    cell: float  # how wide a window's place is, pixels
    walls: Image.Image
    picture: Image.Image
    rng: Random


def skyline(stage: Stage) -> None:
    """Three rows of towers behind each other."""
    below = stage.height - stage.horizon
    foot = stage.horizon if stage.scene.water else even(stage.horizon + below * 0.55)
    if not stage.scene.water:
        ink = mix(stage.depth(0.97), (0, 0, 0), 0.35)
        stage.surface(Picture.plain(*stage.size, ink), foot)
    ranks = (Rank(0, 0.44, 0.22, 1, 46), Rank(1, 0.40, 0.50, 1, 62), Rank(2, 0.34, 0.97, 2, 92))
    for rank in ranks:
        _row(stage, rank, foot, 4.5 + 2.0 * rank.share)


def street(stage: Stage) -> None:
    """Houses close by, signs and lamps, and a pavement that mirrors them."""
    ground = even(stage.height * 0.72)
    ranks = (Rank(0, 0.66, 0.24, 1, 80), Rank(1, 0.62, 0.55, 2, 130), Rank(2, 0.60, 0.86, 3, 190))
    for rank in ranks:
        _row(stage, rank, ground, 6.5 + 6.5 * rank.share, signs=rank.number > 0)
    _pavement(stage, ground)
    _lamps(stage, ground)


def _lit(stage: Stage) -> float:
    base = {"night": 0.42, "dusk": 0.30, "dawn": 0.16, "day": 0.05}[stage.scene.hour]
    return min(0.5, base + (0.12 if stage.scene.weather else 0.0))


def _row(stage: Stage, rank: Rank, low: int, cell: float, *, signs: bool = False) -> None:
    reach, motion = stage.travel(rank.halves)
    raised = (low - stage.horizon) * (1 - rank.share)  # farther rows stand higher in the picture
    walls = stage.canvas(reach, min(stage.unit * 720 * rank.high + raised, low - 8))
    colour = stage.depth(rank.share)
    picture = Image.composite(
        Image.new("RGB", walls.size, mix(colour, stage.palette.haze, 0.5 * (1 - rank.share))),
        Image.new("RGB", walls.size, colour),
        paint.fade(walls.size, lambda p: p**1.4),
    )
    rng = stage.dice("block", rank.number)
    block = _Block(stage, rank, max(3.0, cell * stage.unit * 2), walls, picture, rng)
    _build(block)
    if rank.share > 0.8 and "person" in stage.scene.figures:
        figures.person(walls, walls.width * 0.52, walls.height, stage.unit * 2 * 70)
    if signs and stage.scene.hour != "day":
        _signs(block, 5 + 3 * rank.number)
    stage.layers.append(Pano(picture, walls, even(low - walls.height // 2), motion))
    if rank.halves <= 1:
        stage.mark_far()


def _build(block: _Block) -> None:
    rng, unit = block.rng, block.stage.unit * 2
    tallest = block.walls.height
    x = -10.0 * unit
    while x < block.walls.width:
        width = unit * block.rank.detail * rng.uniform(0.55, 1.25)
        tall = tallest * (0.34 + 0.58 * rng.random() ** 1.6)
        box = (x, tallest - tall, x + width, float(tallest))
        _tower(block, box)
        _windows(block, box)
        x += width


def _tower(block: _Block, box: Rect) -> None:
    left, top, right, _ = box
    rng = block.rng
    draw, wide = ImageDraw.Draw(block.walls), right - left
    draw.rectangle(box, fill=255)
    crown = rng.random()
    rise = min(wide * 0.4, top)
    if crown < 0.22:
        draw.rectangle((left + wide * 0.2, top - rise * 0.5, right - wide * 0.2, top), fill=255)
        draw.rectangle((left + wide * 0.36, top - rise * 0.85, right - wide * 0.36, top), fill=255)
    elif crown < 0.36:
        draw.polygon(((left, top), (left + wide * 0.5, top - rise), (right, top)), fill=255)
    elif crown < 0.48:
        draw.polygon(((left, top), (left, top - rise * 0.7), (right, top)), fill=255)
    if rng.random() < 0.25:
        mast = left + wide * rng.uniform(0.3, 0.7)
        thick = max(2, round(2 * block.stage.unit))
        draw.line((mast, top - rise * 1.6, mast, top), fill=255, width=thick)


def _windows(block: _Block, box: Rect) -> None:
    """Lit windows: warm ones in homes, cold ones in offices, which go dark by the floor."""
    left, top, right, bottom = box
    rng, cell, share = block.rng, block.cell, block.rank.share
    draw = ImageDraw.Draw(block.picture)
    office = rng.random() < 0.3
    colour = block.stage.depth(share)
    shades = [mix(colour, light, 0.30 + 0.55 * share) for light in (_COLD if office else _WARM)]
    lit = _lit(block.stage)
    floors, columns = int((bottom - top) / (cell * 1.5)), int((right - left) / cell) - 1
    for floor in range(1, floors):
        awake = lit * rng.choice((0.25, 0.8, 1.5)) if office else lit
        for column in range(1, columns):
            if rng.random() > awake:
                continue
            x, y = left + column * cell + cell * 0.2, top + floor * cell * 1.5
            draw.rectangle((x, y, x + cell * 0.6, y + cell * 0.8), fill=rng.choice(shades))


def _signs(block: _Block, count: int) -> None:
    """Upright neon tubes on the walls, with a glow around them."""
    unit, rng = block.stage.unit * 2, block.rng
    for _ in range(count):
        wide, tall = unit * rng.uniform(10, 19), unit * rng.uniform(44, 104)
        rim = unit * 26
        mark = Image.new("L", (round(wide + 2 * rim), round(tall + 2 * rim)))
        draw = ImageDraw.Draw(mark)
        box = (rim, rim, rim + wide, rim + tall)
        draw.rounded_rectangle(box, radius=wide / 3, outline=255, width=max(2, round(unit * 2.4)))
        for i in range(3):
            level = rim + tall * (0.22 + 0.26 * i)
            draw.line(
                (rim + wide * 0.3, level, rim + wide * 0.7, level),
                fill=255,
                width=max(2, round(unit * 3)),
            )
        halo = paint.dim(mark.filter(ImageFilter.BoxBlur(rim / 2.4)), 2.1)
        x, y = rng.uniform(0, block.walls.width), block.walls.height * rng.uniform(0.34, 0.66)
        block.picture.paste(rng.choice(_NEON), (round(x), round(y)), ImageChops.lighter(mark, halo))


def _pavement(stage: Stage, ground: int) -> None:
    near = mix(stage.palette.ink, (0, 0, 0), 0.25)
    far = mix(stage.depth(0.8), stage.palette.haze, 0.25)
    stops = [(ground / stage.height, far), (1.0, near)]
    body = gradient(stage.width, stage.height, stops, stage.dice("pavement"))
    stage.surface(body, ground)
    wet = 0.80 if stage.scene.weather & {"rain", "storm"} else 0.5
    size = (stage.width, stage.height - ground)
    gloss = Mask.of(paint.fade(size, lambda p: wet * (1 - p) ** 0.7))
    stage.layers.append(Mirror(ground, gloss, max(1, even(stage.unit * 14))))


def _lamps(stage: Stage, ground: int) -> None:
    rng = stage.dice("lamps")
    reach, motion = stage.travel(4)
    tall = stage.unit * 330
    posts, glows = stage.canvas(reach, tall), stage.canvas(reach, tall)
    draw = ImageDraw.Draw(posts)
    thick = max(2, round(stage.unit * 7))
    x = stage.unit * 2 * rng.uniform(60, 200)
    while x < posts.width:
        head = posts.height * 0.16
        draw.line((x, head, x, posts.height), fill=255, width=thick)
        arm = stage.unit * 2 * 34
        draw.line((x, head, x + arm, head - arm * 0.3), fill=255, width=max(2, thick // 2))
        radius = stage.unit * 2 * 46
        light = paint.glow(even(radius * 2), 2.4)
        spot = (round(x + arm - radius), round(head - arm * 0.3 - radius))
        glows.paste(light, spot)
        x += stage.unit * 2 * rng.uniform(420, 560)
    top = even(ground + (stage.height - ground) * 0.35 - tall)
    stage.band(posts, mix(stage.palette.ink, (0, 0, 0), 0.4), top, motion, solid=False)
    if stage.scene.hour != "day":
        stage.band(glows, (255, 226, 170), top, motion, solid=False)
