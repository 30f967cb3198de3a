"""Where a scene is built: its size and length, its colours, its background and its layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from PIL import Image, ImageChops

from sorapipe.studio.dice import dice
from sorapipe.studio.layers import Band, Layer, Motion, Pano, slide
from sorapipe.studio.palette import Palette
from sorapipe.studio.planes import RGB, Picture, gradient, mix
from sorapipe.studio.scene import Scene


@dataclass(frozen=True, slots=True)
class Rank:
    """One of the rows that stand behind each other in a scene, the farthest is number 0.

    `high` is how high it is (of 720 lines), `share` how near (0 the horizon, 1 right here),
    `halves` its speed in half pixels a frame, `detail` the size or number of what is in it.
    """

    number: int
    high: float
    share: float
    halves: float
    detail: float = 0


@dataclass(slots=True)
class Stage:
    """A scene in the making. Sizes in pixels, times in frames."""

    width: int
    height: int
    frames: int
    scene: Scene
    palette: Palette
    key: tuple[str, int]  # prompt and seed: what all its chance comes from
    background: Picture
    layers: list[Layer] = field(default_factory=list)
    far: int = 0  # how many of the first layers are so far away that they move on every other frame
    direction: int = field(init=False)  # which way the camera goes: 1 or -1
    horizon: int = field(init=False)  # the row where land or water begins; even

    def __post_init__(self) -> None:
        self.direction = 1 if self.dice("direction").random() < 0.5 else -1
        self.horizon = even(self.height * self.dice("horizon").uniform(0.56, 0.64))

    @property
    def unit(self) -> float:
        """One pixel of a picture whose shorter side has 720."""
        return min(self.width, self.height) / 720

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height

    def dice(self, name: str, number: int = 0) -> Random:
        """Chance for one part of the picture, untouched by what the other parts use."""
        return dice(*self.key, name, number)

    def speed(self, halves: float) -> float:
        """Pixels a frame: so many half pixels at 720 lines, held back where the clip is long."""
        wanted = halves * 0.5 * self.unit
        if self.unit >= 0.6:
            wanted = max(0.5, round(wanted * 2) / 2)
        return min(wanted, 0.6 * self.width / max(1, self.frames))

    def travel(self, halves: float) -> tuple[int, Motion]:
        """How far a layer of that speed comes in the whole clip, and its motion."""
        speed = self.speed(halves)
        reach = even(speed * self.frames) + 8
        if self.direction > 0:
            return reach, slide(speed)
        return reach, slide(-speed, reach)

    def canvas(self, reach: int, height: float) -> Image.Image:
        """An empty drawing, twice the size of a band that slides by `reach`."""
        return Image.new("L", ((self.width + reach) * 2 + 16, max(4, even(height)) * 2))

    def depth(self, share: float) -> RGB:
        """The colour of land at a distance: 0 at the horizon, 1 right here."""
        return mix(self.palette.haze, self.land, 0.16 + 0.84 * share**1.15)

    @property
    def land(self) -> RGB:
        """The colour of land right here."""
        green = (70, 104, 62) if not self.scene.weather & {"snow"} else (150, 165, 180)
        return mix(self.palette.ink, green, self.palette.lit * 0.45)

    def mist(self, top: int, share: float, name: str, bottom: int | None = None) -> Picture:
        """A paint for a band at that depth: its colour at `top`, in haze further down."""
        bottom = self.height if bottom is None else bottom
        colour = self.depth(share)
        low = mix(colour, self.palette.haze, 0.62 * (1 - share) ** 1.3)
        stops = [(top / self.height, colour), (max(bottom, top + 2) / self.height, low)]
        return gradient(self.width, self.height, stops, self.dice(name))

    def band(
        self,
        drawing: Image.Image,
        paint: Picture | RGB,
        top: int,
        motion: Motion,
        *,
        solid: bool = True,
    ) -> Band:
        """Add a drawing (twice the size) as a layer whose first row is at `top`."""
        layer = Band(drawing, paint, even(top), motion, self.height if solid else 0)
        self.layers.append(layer)
        return layer

    def surface(self, body: Picture, top: int) -> None:
        """Add ground or water that fills all from that row down and does not move."""
        whole = Image.new("L", ((self.width + 4) * 2 + 8, 8), 255)
        self.band(whole, body, top, slide(0.0))

    def mark_far(self) -> None:
        """Count all layers so far as far away."""
        self.far = len(self.layers)

    def finish(self) -> None:
        """Darken the corners of what stands still, and leave out what nearer bands cover."""
        floor = self.height
        for layer in reversed(self.layers):
            if isinstance(layer, Band | Pano):
                layer.hide(floor)
                if layer.bottom and layer.solid is not None:
                    floor = min(floor, layer.solid)
                layer.ready()

    def grain(self, picture: Picture, strength: int) -> None:
        """Still noise over the background, against bands in soft light."""
        picture.y = ImageChops.add_modulo(
            picture.y, noise(picture.size, strength, self.dice("grain"))
        )


def noise(size: tuple[int, int], strength: int, rng: Random) -> Image.Image:
    """Values from -strength to +strength, wrapped, for `ImageChops.add_modulo`."""
    spread = 2 * strength + 1
    table = bytes((i % spread - strength) % 256 for i in range(256))
    return Image.frombytes("L", size, rng.randbytes(size[0] * size[1]).translate(table))


def even(value: float) -> int:
    """The nearest even number."""
    return round(value / 2) * 2
