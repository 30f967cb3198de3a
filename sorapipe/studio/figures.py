"""Silhouettes that stand in a landscape: people, trees, houses; and birds that cross it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

from sorapipe.studio import trees
from sorapipe.studio.layers import Spot
from sorapipe.studio.planes import Mask
from sorapipe.studio.stage import Stage, even

_NEAR = 0.9  # the depth from which on figures stand


def stand(
    stage: Stage, drawing: Image.Image, ridge: Sequence[tuple[float, float]], share: float
) -> None:
    """Put the prompt's figures on the nearest ridge of a drawing (twice the size)."""
    if share < (0.5 if stage.scene.water else _NEAR):
        return
    rng = stage.dice("figures")
    middle = drawing.width / 2
    spread = stage.width * 2 * 0.5
    side = rng.choice((-1, 1))
    if "house" in stage.scene.figures:
        x, y = _spot(ridge, middle - side * spread * rng.uniform(0.35, 0.6))
        house(drawing, x, y, stage.unit * 2 * 46)
    if "tree" in stage.scene.figures and stage.scene.ground != "forest":
        x, y = _spot(ridge, middle - side * spread * rng.uniform(0.3, 0.5))
        trees.leafy(drawing, x, y + 4, min(y * 0.98, stage.unit * 2 * 190), rng)
    if "person" in stage.scene.figures:
        x, y = _spot(ridge, middle + side * spread * rng.uniform(0.05, 0.4))
        person(drawing, x, y + 2, stage.unit * 2 * (64 if share >= _NEAR else 30))


def _spot(ridge: Sequence[tuple[float, float]], x: float) -> tuple[float, float]:
    return min(ridge, key=lambda point: abs(point[0] - x))


def person(drawing: Image.Image, x: float, foot: float, tall: float) -> None:
    """Someone in a coat, seen from behind, standing at (x, foot)."""
    draw = ImageDraw.Draw(drawing)

    def at(across: float, up: float) -> tuple[float, float]:
        return x + across * tall, foot - up * tall

    head = 0.062
    cx, cy = at(0, 0.93)
    draw.ellipse(
        (cx - head * tall, cy - head * 1.15 * tall, cx + head * tall, cy + head * 1.15 * tall),
        fill=255,
    )
    coat = (
        (-0.035, 0.86),
        (-0.11, 0.80),
        (-0.135, 0.55),
        (-0.15, 0.30),
        (0.15, 0.30),
        (0.135, 0.55),
        (0.11, 0.80),
        (0.035, 0.86),
    )
    draw.polygon([at(*point) for point in coat], fill=255)
    for side in (-1, 1):
        leg = ((side * 0.015, 0.34), (side * 0.105, 0.34), (side * 0.10, 0.0), (side * 0.035, 0.0))
        draw.polygon([at(*point) for point in leg], fill=255)
        arm = (
            (side * 0.09, 0.80),
            (side * 0.135, 0.76),
            (side * 0.185, 0.46),
            (side * 0.145, 0.44),
        )
        draw.polygon([at(*point) for point in arm], fill=255)


def house(drawing: Image.Image, x: float, foot: float, size: float) -> None:
    """A small house with a chimney, its floor at (x, foot)."""
    draw = ImageDraw.Draw(drawing)
    wide, wall, roof = size, size * 0.55, size * 0.5
    draw.rectangle((x - wide / 2, foot - wall, x + wide / 2, foot + size), fill=255)
    eaves = wide * 0.58
    draw.polygon(
        ((x - eaves, foot - wall), (x, foot - wall - roof), (x + eaves, foot - wall)), fill=255
    )
    draw.rectangle(
        (x + wide * 0.22, foot - wall - roof * 0.95, x + wide * 0.34, foot - wall), fill=255
    )


def birds(stage: Stage) -> None:
    """A few birds that cross the sky, beating their wings."""
    rng = stage.dice("birds")
    ink = stage.depth(0.8)
    start_x = stage.width * rng.uniform(0.1, 0.4)
    start_y = stage.horizon * rng.uniform(0.3, 0.55)
    pace = stage.unit * 0.9 * stage.direction
    for number in range(rng.randrange(4, 8)):
        span = stage.unit * rng.uniform(9, 17)
        masks = [_bird(span, lift) for lift in (0.5, 0.25, -0.1, -0.3, -0.1, 0.25)]
        x = start_x + stage.unit * (number * 34 + rng.uniform(-14, 14))
        y = start_y + stage.unit * (abs(number - 2) * 15 + rng.uniform(-8, 8))
        beat, phase = rng.uniform(2.4, 3.4), rng.randrange(6)

        def motion(frame: int, x: float = x, y: float = y) -> tuple[float, float]:
            rise = math.sin(frame / 31 + x) * stage.unit * 4
            return x + pace * frame, y - frame * 0.12 * stage.unit + rise

        def which(frame: int, beat: float = beat, phase: int = phase) -> int:
            return int(frame / beat + phase)

        stage.layers.append(Spot(masks, ink, motion, which))


def _bird(span: float, lift: float) -> Mask:
    side = even(span * 2 + 6)
    big = Image.new("L", (side * 4, side * 4))
    draw, middle = ImageDraw.Draw(big), side * 2
    reach, up, thick = span * 4, span * lift * 4, max(3.0, span * 0.42)
    for way in (-1, 1):
        elbow = (middle + way * reach * 0.45, middle - up * 0.9)
        tip = (middle + way * reach, middle - up * 0.35)
        draw.polygon(
            (
                (middle, middle - thick),
                elbow,
                tip,
                (elbow[0], elbow[1] + thick * 1.5),
                (middle, middle + thick),
            ),
            fill=255,
        )
    return Mask.of(big.reduce(4))
