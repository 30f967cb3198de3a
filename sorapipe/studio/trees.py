"""Trees, drawn into masks of twice the size."""

from __future__ import annotations

import math
from random import Random

from PIL import Image, ImageDraw


def fir(drawing: Image.Image, x: float, foot: float, size: float, rng: Random) -> None:
    """A fir of that height, standing at (x, foot)."""
    draw = ImageDraw.Draw(drawing)
    wide = size * rng.uniform(0.15, 0.21)
    tiers = max(3, min(11, int(size / 16)))
    points: list[tuple[float, float]] = [(x, foot - size)]
    for side in (1, -1):
        edge: list[tuple[float, float]] = []
        for tier in range(1, tiers + 1):
            level = foot - size + size * 0.93 * tier / tiers
            out = wide * (tier / tiers) ** 0.85 * rng.uniform(0.8, 1.15)
            edge += [(x + side * out, level), (x + side * out * 0.45, level - size * 0.012)]
        points += edge if side == 1 else edge[::-1]
    draw.polygon(points, fill=255)
    draw.rectangle((x - size * 0.018, foot - size * 0.1, x + size * 0.018, foot), fill=255)


def leafy(drawing: Image.Image, x: float, foot: float, size: float, rng: Random) -> None:
    """A leafy tree of that height, standing at (x, foot)."""
    draw = ImageDraw.Draw(drawing)
    trunk = size * 0.035
    draw.polygon(
        (
            (x - trunk * 1.5, foot),
            (x - trunk * 0.6, foot - size * 0.5),
            (x + trunk * 0.6, foot - size * 0.5),
            (x + trunk * 1.5, foot),
        ),
        fill=255,
    )
    for _ in range(26):
        turn, far = rng.uniform(0, math.tau), math.sqrt(rng.random())
        across, up = 0.25 * far * math.cos(turn), 0.66 + 0.2 * far * math.sin(turn)
        reach = size * rng.uniform(0.08, 0.15)
        cx, cy = x + size * across, foot - size * up
        draw.ellipse((cx - reach, cy - reach * 0.85, cx + reach, cy + reach * 0.85), fill=255)
