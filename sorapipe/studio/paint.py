"""Brushes: noise, ridges, glows and specks, as masks ('L' images, 0..255)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Size = tuple[int, int]


def clouds(size: Size, cell: Size, octaves: int, rng: Random) -> Image.Image:
    """Smooth noise around 128; `cell` is the size of the largest blobs in pixels."""
    width, height = size
    result: Image.Image | None = None
    for octave in range(octaves):
        grid = (
            max(2, round(width / max(cell[0], 1)) << octave),
            max(2, round(height / max(cell[1], 1)) << octave),
        )
        grid = (min(grid[0], width), min(grid[1], height))
        seeds = Image.frombytes("L", grid, rng.randbytes(grid[0] * grid[1]))
        layer = seeds.resize(size, Image.Resampling.BICUBIC)
        result = layer if result is None else Image.blend(result, layer, 0.5 ** (octave + 0.45))
    assert result is not None
    return result


def curve(mask: Image.Image, shape: Callable[[float], float]) -> Image.Image:
    """The mask with each value v (0..1) turned into shape(v), held to 0..1."""
    return mask.point([round(255 * min(1.0, max(0.0, shape(v / 255)))) for v in range(256)])


def dim(mask: Image.Image, share: float) -> Image.Image:
    """The mask with only that share of itself (a share over 1 makes it stronger)."""
    return mask.point([min(255, round(v * share)) for v in range(256)])


def fade(size: Size, share: Callable[[float], float]) -> Image.Image:
    """From top (0) to bottom (1), each row as much as `share` says (0..1)."""
    height = size[1]
    column = bytes(
        round(255 * min(1.0, max(0.0, share((row + 0.5) / height)))) for row in range(height)
    )
    return Image.frombytes("L", (1, height), column).resize(size)


def glow(diameter: int, power: float = 2.0) -> Image.Image:
    """A round light that fades to nothing at its rim; the higher `power`, the tighter."""
    # Pillow's radial gradient is 255 at the corners, so 180 where its circle touches the sides.
    shade = curve(Image.radial_gradient("L"), lambda v: max(0.0, 1 - v * 255 / 180) ** power)
    return shade.resize((diameter, diameter), Image.Resampling.BILINEAR)


def glow_over(size: Size, centre: tuple[float, float], radius: float, power: float) -> Image.Image:
    """A mask of that size with one glow in it."""
    mask = Image.new("L", size)
    diameter = max(2, round(radius * 2))
    mask.paste(glow(diameter, power), (round(centre[0] - radius), round(centre[1] - radius)))
    return mask


def disc(size: Size, centre: tuple[float, float], radius: float) -> Image.Image:
    """A mask of that size with one smooth-edged disc in it."""
    side = max(2, round(radius * 2)) + 4
    big = Image.new("L", (side * 4, side * 4))
    middle, reach = side * 2, radius * 4
    box = (middle - reach, middle - reach, middle + reach, middle + reach)
    ImageDraw.Draw(big).ellipse(box, fill=255)
    mask = Image.new("L", size)
    mask.paste(big.reduce(4), (round(centre[0] - side / 2), round(centre[1] - side / 2)))
    return mask


def ridge(
    count: int, rng: Random, coarse: int, roughness: float = 0.5, *, sharp: bool = False
) -> list[float]:
    """Heights (0..1) of a skyline at `count` even steps, `coarse` steps between its main peaks.

    A sharp one comes to points, another one rolls.
    """
    heights = [0.0] * count
    step, weight, total = max(2, coarse), 1.0, 0.0
    while step >= 2 and weight > 0.01:
        knots = [rng.random() for _ in range(count // step + 3)]
        for i in range(count):
            at, rest = divmod(i, step)
            share = rest / step
            smooth = share if sharp else share * share * (3 - 2 * share)
            heights[i] += weight * (knots[at] + (knots[at + 1] - knots[at]) * smooth)
        total += weight
        step, weight = step // 2, weight * roughness
    return [height / total for height in heights]


def specks(size: Size, count: int, radius: tuple[float, float], rng: Random) -> Image.Image:
    """Small soft dots, `count` of them, that stay clear of the edges so that the mask tiles."""
    width, height = size
    mask = Image.new("L", size)
    for _ in range(count):
        reach = rng.uniform(*radius)
        dot = _dot(reach, rng.uniform(0.35, 1.0))
        side = dot.width
        at = (rng.randrange(max(1, width - side)), rng.randrange(max(1, height - side)))
        mask.paste(ImageChops.lighter(dot, mask.crop((*at, at[0] + side, at[1] + side))), at)
    return mask


def _dot(radius: float, strength: float) -> Image.Image:
    if radius < 1.2:
        return Image.new("L", (1, 1) if radius < 0.8 else (2, 2), round(255 * strength))
    side = round(radius * 2) + 2
    big = Image.new("L", (side * 4, side * 4))
    edge = (side / 2 - radius) * 4
    ImageDraw.Draw(big).ellipse(
        (edge, edge, side * 4 - edge, side * 4 - edge), fill=round(255 * strength)
    )
    return big.reduce(4).filter(ImageFilter.BoxBlur(radius / 3))
