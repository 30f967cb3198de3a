"""Land in the open: mountains, hills, forests and deserts, each as ridges behind ridges."""

from __future__ import annotations

from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sorapipe.studio import figures, paint, trees
from sorapipe.studio.planes import RGB, Picture, gradient, mix
from sorapipe.studio.stage import Rank, Stage

_STEP = 4  # pixels between two points of a ridge

_HILLS = (
    Rank(0, 0.12, 0.18, 1),
    Rank(1, 0.10, 0.40, 1, 10),
    Rank(2, 0.09, 0.64, 2, 9),
    Rank(3, 0.10, 0.97, 3, 3),
)
_FORESTS = (
    Rank(0, 0.30, 0.16, 1),
    Rank(1, 0.26, 0.36, 1),
    Rank(2, 0.26, 0.60, 2),
    Rank(3, 0.30, 0.97, 4),
)
_DUNES = (
    Rank(0, 0.08, 0.22, 1),
    Rank(1, 0.12, 0.45, 1),
    Rank(2, 0.16, 0.72, 2),
    Rank(3, 0.18, 1.0, 3),
)

Points = list[tuple[float, float]]


def mountains(stage: Stage) -> None:
    """Three ranges, the farther two with light on their faces, and wooded hills before them."""
    for rank in (
        Rank(0, 0.36, 0.20, 1, 300),
        Rank(1, 0.25, 0.42, 1, 240),
        Rank(2, 0.15, 0.66, 2, 190),
    ):
        _range(stage, rank)
        _settle(stage, rank)
    if not stage.scene.water:
        _hill(stage, Rank(7, 0.10, 0.95, 3, 26))


def hills(stage: Stage) -> None:
    """Rolling land under a wide sky, with trees here and there."""
    for rank in _before_water(stage, _HILLS):
        _hill(stage, rank)
        _settle(stage, rank)
    if not stage.scene.water:
        grass(stage)


def forest(stage: Stage) -> None:
    """Rows of firs with mist between them."""
    for rank in _before_water(stage, _FORESTS):
        _firs(stage, rank)
        _settle(stage, rank)


def desert(stage: Stage) -> None:
    """Dunes with a lit and a shaded side."""
    for rank in _before_water(stage, _DUNES):
        _dune(stage, rank)
        _settle(stage, rank)


def _settle(stage: Stage, rank: Rank) -> None:
    if rank.halves <= 1:
        stage.mark_far()


def _before_water(stage: Stage, ranks: tuple[Rank, ...]) -> tuple[Rank, ...]:
    """The ranks that stand on the far shore where there is water, else all of them."""
    return ranks[:-1] if stage.scene.water else ranks


def base(stage: Stage, share: float) -> int:
    """The row on which land at that depth stands; even."""
    if stage.scene.water:
        return stage.horizon
    below = stage.height - stage.horizon
    return int(stage.horizon + below * 0.62 * share**1.7) // 2 * 2


def _outline(tall: float, heights: list[float]) -> Points:
    return [(i * _STEP * 2.0, (tall - height * tall) * 2) for i, height in enumerate(heights)]


def _heights(
    stage: Stage, reach: int, coarse: float, rng: Random, rough: float, *, sharp: bool = False
) -> list[float]:
    count = (stage.width + reach) // _STEP + 6
    return paint.ridge(count, rng, max(2, int(coarse * stage.unit / _STEP)), rough, sharp=sharp)


def _fill(drawing: Image.Image, points: Points) -> None:
    corners = [(-8.0, drawing.height + 8.0), (-8.0, points[0][1]), *points]
    corners.append((points[-1][0], drawing.height + 8.0))
    ImageDraw.Draw(drawing).polygon(corners, fill=255)


def _range(stage: Stage, rank: Rank) -> None:
    number, share, coarse = rank.number, rank.share, rank.detail
    rng = stage.dice("range", number)
    reach, motion = stage.travel(rank.halves)
    tall = stage.unit * 720 * rank.high
    low = base(stage, share * 0.6)
    heights = [h**1.4 for h in _sharp(_heights(stage, reach, coarse * 0.75, rng, 0.47, sharp=True))]
    points = _outline(tall, heights)
    drawing = stage.canvas(reach, tall)
    _fill(drawing, points)
    top = low - int(tall) // 2 * 2
    stage.band(drawing, stage.mist(top, share, f"range{number}"), top, motion)
    if number < 2 and stage.unit > 0.15:
        light = mix(
            stage.depth(share), mix(stage.palette.light, (255, 255, 255), 0.3), (0.5, 0.22)[number]
        )
        stage.band(_faces(stage, drawing, points, rng), light, top, motion, solid=False)


def _sharp(heights: list[float]) -> list[float]:
    """Peaks made pointed, as the folded middle of the noise."""
    low, high = min(heights), max(heights)
    level = [(h - low) / max(high - low, 1e-9) for h in heights]
    return [0.1 + 0.5 * h + 0.4 * h**3 for h in level]


def _faces(stage: Stage, drawing: Image.Image, points: Points, rng: Random) -> Image.Image:
    """The sides of the peaks that look at the light, fading downwards."""
    faces = Image.new("L", drawing.size)
    draw = ImageDraw.Draw(faces)
    lean = 0.8 if stage.dice("sun").random() < 0.5 else -0.8
    down = drawing.height
    wide = 6
    for i in range(wide, len(points) - wide):
        slope = (points[i + wide][1] - points[i - wide][1]) / (
            points[i + wide][0] - points[i - wide][0]
        )
        lit = slope * lean * 1.25 + rng.uniform(-0.1, 0.1)
        if lit <= 0.05:
            continue
        (x, y), (x2, y2) = points[i], points[i + 1]
        reach = (down - y) * rng.uniform(0.35, 0.75)
        slant = reach * 0.55 * (1 if lean > 0 else -1)
        corners = ((x, y), (x2 + 1, y2), (x2 + 1 + slant, y2 + reach), (x + slant, y + reach))
        draw.polygon(corners, fill=min(255, int(255 * lit)))
    coarse = faces.reduce(2).filter(ImageFilter.BoxBlur(1.1 * stage.unit + 0.2))
    soft = coarse.resize(faces.size, Image.Resampling.BILINEAR)
    lower = paint.fade(drawing.size, lambda p: 1.0 - p * 1.15)
    return ImageChops.multiply(ImageChops.multiply(soft, lower), drawing)


def _hill(stage: Stage, rank: Rank) -> None:
    number, share, wood = rank.number, rank.share, rank.detail
    rng = stage.dice("hill", number)
    reach, motion = stage.travel(rank.halves)
    tall = stage.unit * 720 * rank.high
    crown = stage.unit * (26 + 70 * share) if wood else 0.0
    heights = _heights(stage, reach, 460, rng, 0.28)
    drawing = stage.canvas(reach, tall + crown)
    points = [(x, y + crown * 2) for x, y in _outline(tall, heights)]
    _fill(drawing, points)
    for _ in range(round(wood * (1 + reach / stage.width))):
        x, y = points[rng.randrange(len(points))]
        size = crown * 2 * rng.uniform(0.45, 0.95)
        (trees.leafy if rng.random() < 0.55 else trees.fir)(drawing, x, y + size * 0.05, size, rng)
    sunk = 1.0 if stage.scene.water else 0.6
    top = base(stage, share) - int(tall * sunk + crown) // 2 * 2
    figures.stand(stage, drawing, points, share)
    stage.band(drawing, stage.mist(top, share, f"hill{number}"), top, motion)


def _firs(stage: Stage, rank: Rank) -> None:
    number, share = rank.number, rank.share
    rng = stage.dice("firs", number)
    reach, motion = stage.travel(rank.halves)
    tall = stage.unit * 720 * rank.high
    drawing = stage.canvas(reach, tall)
    heights = _heights(stage, reach, 300, rng, 0.5)
    ground = [
        (x, drawing.height - (6 + 0.30 * h * drawing.height))
        for (x, _), h in zip(_outline(tall, heights), heights, strict=True)
    ]
    _fill(drawing, ground)
    gap = stage.unit * (16 + 44 * share)
    x = 0.0
    while x < drawing.width:
        spot = ground[min(len(ground) - 1, int(x / (2 * _STEP)))]
        size = drawing.height * rng.uniform(0.30, 0.66) * (1.0 if rng.random() < 0.8 else 1.3)
        trees.fir(drawing, x, spot[1] + 4, min(size, spot[1]), rng)
        x += gap * 2 * rng.uniform(0.35, 1.1)
    top = base(stage, share) - int(tall * (1.0 if stage.scene.water else 0.72)) // 2 * 2
    figures.stand(stage, drawing, ground, share)
    stage.band(drawing, stage.mist(top, share, f"firs{number}"), top, motion)


def grass(stage: Stage) -> None:
    """Blades right before the lens."""
    rng = stage.dice("grass")
    reach, motion = stage.travel(6)
    tall = stage.unit * 110
    drawing = stage.canvas(reach, tall)
    draw = ImageDraw.Draw(drawing)
    x = 0.0
    while x < drawing.width:
        size = drawing.height * rng.uniform(0.25, 0.95)
        bend, thick = size * rng.uniform(-0.3, 0.3), max(1.0, 2.6 * stage.unit)
        foot = drawing.height
        draw.polygon(((x - thick, foot), (x + bend, foot - size), (x + thick, foot)), fill=255)
        x += rng.uniform(3, 16) * stage.unit * 2
    top = stage.height - int(tall * 0.8) // 2 * 2
    stage.band(drawing, mix(stage.land, (0, 0, 0), 0.35), top, motion, solid=False)


def _dune(stage: Stage, rank: Rank) -> None:
    number, share = rank.number, rank.share
    rng = stage.dice("dune", number)
    reach, motion = stage.travel(rank.halves)
    tall = stage.unit * 720 * rank.high
    heights = _heights(stage, reach, 640, rng, 0.16)
    drawing = stage.canvas(reach, tall)
    points = _outline(tall, heights)
    _fill(drawing, points)
    top = base(stage, share) - int(tall * (1.0 if stage.scene.water else 0.55)) // 2 * 2
    shade = _shade(stage)
    bright = 0.30 + 0.55 * stage.palette.lit + (-0.1 if stage.scene.hour == "night" else 0.16)
    sand = mix(shade, mix(stage.palette.sky[-2], (222, 150, 84), 0.55), bright)
    colour = mix(stage.palette.haze, sand, 0.30 + 0.70 * share)
    stage.band(drawing, _sand(stage, top, colour, number), top, motion)
    lee = _lee(stage, drawing, points)
    stage.band(lee, mix(colour, shade, 0.72), top, motion, solid=False)
    room = int(stage.unit * 80) // 2 * 2  # above the dune, for whoever stands on its crest
    walkers = stage.canvas(reach, tall + room)
    figures.stand(stage, walkers, [(x, y + room * 2) for x, y in points], share)
    if walkers.getbbox():
        dark = mix(stage.palette.ink, (0, 0, 0), 0.4)
        stage.band(walkers, dark, top - room, motion, solid=False)


def _shade(stage: Stage) -> RGB:
    """Sand that no light falls on: brown by day, as dark as all else at night."""
    return mix(stage.palette.ink, (120, 74, 44), min(1.0, stage.palette.lit * 1.8))


def _sand(stage: Stage, top: int, colour: RGB, number: int) -> Picture:
    """The paint of a dune: lit at its crest, darker down its slope."""
    crest = top / stage.height
    stops = [
        (crest, mix(colour, stage.palette.light, 0.12)),
        (min(1.0, crest + 0.5), mix(colour, _shade(stage), 0.55)),
    ]
    return gradient(stage.width, stage.height, stops, stage.dice("sand", number))


def _lee(stage: Stage, drawing: Image.Image, points: Points) -> Image.Image:
    """The shaded side of dunes: from each crest a curved edge runs down into the sand."""
    shade = Image.new("L", drawing.size)
    draw = ImageDraw.Draw(shade)
    side = 1 if stage.dice("sun").random() < 0.5 else -1
    for i in range(2, len(points) - 2):
        (x, y), (x2, y2) = points[i], points[i + 1]
        slope = (y2 - y) / max(x2 - x, 1e-9) * side
        if slope <= 0:
            continue
        reach = drawing.height * min(1.0, slope * 5)
        slant = -side * reach * 0.9
        draw.polygon(
            ((x, y), (x2 + 1, y2), (x2 + 1 + slant, y2 + reach), (x + slant, y + reach)), fill=205
        )
    soft = shade.filter(ImageFilter.BoxBlur(1.5 * stage.unit + 0.3))
    lower = paint.fade(drawing.size, lambda p: 1.0 - p * 0.8)
    return ImageChops.multiply(ImageChops.multiply(soft, lower), drawing)
