"""Colours of an hour and its weather."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from sorapipe.studio.planes import RGB, mix
from sorapipe.studio.scene import Scene
from sorapipe.studio.vocabulary import Hour


@dataclass(frozen=True, slots=True)
class Palette:
    """`sky` runs from the zenith to the horizon; `ink` is what stands near, against the light."""

    sky: tuple[RGB, ...]
    light: RGB
    ink: RGB
    lit: float  # how far the land is out of the dark: 0 silhouettes, 1 full daylight

    @property
    def haze(self) -> RGB:
        """The air between here and the horizon."""
        return self.sky[-1]

    @property
    def accent(self) -> RGB:
        """A colour for small signs in the caption."""
        return mix(self.light, self.sky[len(self.sky) // 2], 0.25)


def _rgb(text: str) -> RGB:
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def _palette(sky: str, light: str, ink: str, lit: float) -> Palette:
    return Palette(tuple(_rgb(c) for c in sky.split()), _rgb(light), _rgb(ink), lit)


_HOURS: dict[Hour, tuple[Palette, ...]] = {
    "dawn": (
        _palette("2b3a67 6f6391 c98b94 f4b183 ffdca6", "fff1cf", "1c1c33", 0.10),
        _palette("40618f 8aa3bd d9bdb4 f8d3ae ffedcd", "fff6dd", "213042", 0.18),
        _palette("3a3560 8a5d8c e08a8c ffc39b ffe6bf", "fff0d2", "22182f", 0.08),
    ),
    "day": (
        _palette("1f66b5 4c94d6 8fc3ea cfe7f2", "fffbe6", "18402f", 0.55),
        _palette("3b83ad 72b4c4 b3dad5 f2efd9", "fffdf0", "23453a", 0.50),
        _palette("2a5ca8 6a9fd8 b9d8ec f4ead6", "fff8e0", "2a3d2a", 0.50),
    ),
    "dusk": (
        _palette("1e1b3a 4d2a66 a83f6c ee7752 ffb65c ffd98a", "ffe9b0", "150d20", 0.05),
        _palette("14233f 3a4a7d 8f5f92 e08464 f9b978", "ffe3b8", "10131f", 0.06),
        _palette("2a1f3d 6b2f52 c9503f f58a3c ffc765", "fff0c0", "1a0f16", 0.05),
    ),
    "night": (
        _palette("040917 0a1836 142c55 27507c", "f0f4ff", "02050c", 0.0),
        _palette("06071a 141438 2b2a5e 4a4580", "f3efff", "04040e", 0.0),
        _palette("03101a 07242f 0e4250 1f6a70", "effff8", "020a0d", 0.0),
    ),
}

# Air that a weather fills the sky with, by how much, and how much of the sun it leaves.
_AIR: dict[str, tuple[RGB, float]] = {
    "storm": ((40, 47, 60), 0.72),
    "rain": ((88, 98, 110), 0.50),
    "snow": ((186, 198, 214), 0.45),
    "fog": ((178, 186, 192), 0.42),
}
_NIGHT_AIR = 0.28  # how bright that air is at night


def choose(scene: Scene, rng: Random) -> Palette:
    """The palette of a scene; `rng` picks among an hour's palettes and turns it a little."""
    palette = rng.choice(_HOURS[scene.hour])
    if scene.tint:
        palette = _tinted(palette, scene.tint, scene.hour)
    for weather in sorted(scene.weather):
        palette = _aired(palette, weather, scene.hour)
    return _turned(palette, rng.uniform(-8, 8))


def _tinted(palette: Palette, tint: RGB, hour: Hour) -> Palette:
    share = 0.42 if hour != "night" else 0.34
    lift = [share * (0.45 + 0.55 * i / len(palette.sky)) for i in range(len(palette.sky))]
    dim = [mix(tint, colour, 0.25) for colour in palette.sky]
    sky = tuple(mix(c, d, part) for c, d, part in zip(palette.sky, dim, lift, strict=True))
    return replace(palette, sky=sky, ink=mix(palette.ink, tint, 0.06))


def _aired(palette: Palette, weather: str, hour: Hour) -> Palette:
    air, share = _AIR[weather]
    if hour == "night":
        air = mix((4, 7, 14), air, _NIGHT_AIR)
    if hour in {"dawn", "dusk"} and weather != "snow":
        share *= 0.8
    last = len(palette.sky) - 1
    # The horizon keeps more of its colour: the light comes in under the clouds.
    sky = tuple(
        mix(c, mix(air, (255, 255, 255), 0.10 * i / last), share * (1 - 0.35 * i / last))
        for i, c in enumerate(palette.sky)
    )
    ink = mix(palette.ink, air, 0.10)
    return replace(palette, sky=sky, ink=ink, light=mix(palette.light, air, share * 0.4))


def _turned(palette: Palette, amount: float) -> Palette:
    """Warmer (positive) or colder by so many steps of red against blue."""

    def turn(colour: RGB) -> RGB:
        r, g, b = colour
        shift = amount * (r + g + b) / 765
        return _held(r + shift), g, _held(b - shift)

    return replace(palette, sky=tuple(turn(c) for c in palette.sky), light=turn(palette.light))


def _held(value: float) -> int:
    return min(255, max(0, round(value)))
