"""From a prompt to a stage full of layers, and from a stage to its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sorapipe.studio import (
    city,
    coast,
    deep,
    figures,
    fire,
    land,
    lights,
    room,
    sky,
    space,
    water,
    weather,
)
from sorapipe.studio.dice import dice
from sorapipe.studio.palette import choose
from sorapipe.studio.planes import Picture
from sorapipe.studio.scene import read
from sorapipe.studio.stage import Stage
from sorapipe.studio.vocabulary import Ground

_GROUNDS: Mapping[Ground, Callable[[Stage], None]] = {
    "mountains": land.mountains,
    "hills": land.hills,
    "forest": land.forest,
    "desert": land.desert,
    "sea": coast.islands,
    "city": city.skyline,
    "street": city.street,
    "interior": room.interior,
    "underwater": deep.underwater,
    "space": space.space,
    "fire": fire.fire,
    "abstract": lights.abstract,
}

_INSIDE = frozenset({"interior", "underwater", "space", "abstract"})  # no moving sky
_OPEN = frozenset({"mountains", "hills", "forest", "desert", "sea", "city"})


def build(prompt: str, seed: int, width: int, height: int, frames: int) -> Stage:
    """The stage for a prompt."""
    stage = _stage(prompt, seed, width, height, frames)
    sky.sky(stage)
    if stage.scene.ground in _INSIDE:
        stage.layers.clear()
        stage.mark_far()
    _GROUNDS[stage.scene.ground](stage)
    if stage.scene.water and stage.scene.ground in _OPEN:
        water.water(stage)
        if not {"lighthouse", "person", "house"}.isdisjoint(stage.scene.figures):
            coast.headland(stage)
    if "birds" in stage.scene.figures:
        figures.birds(stage)
    weather.weather(stage)
    stage.finish()
    return stage


def frames(stage: Stage) -> Iterator[Picture]:
    """All frames of a stage, without a caption.

    What is far away moves so slowly that it is painted for every other frame only; so is all of
    a small picture, in which nothing moves far.
    """
    small = stage.unit < 0.25
    picture = stage.background
    far, near = stage.layers[: stage.far], stage.layers[stage.far :]
    distance = stage.background
    for number in range(stage.frames):
        if number % 2 == 0:
            distance = stage.background.copy()
            for layer in far:
                layer.paint(distance, number)
        if number % 2 == 0 or not small:
            picture = distance.copy()
            for layer in near:
                layer.paint(picture, number)
        yield picture.copy() if small else picture


def _stage(prompt: str, seed: int, width: int, height: int, frames: int) -> Stage:
    scene = read(prompt, seed)
    palette = choose(scene, dice("palette", prompt, seed))
    empty = Picture.plain(width, height)
    return Stage(width, height, frames, scene, palette, (prompt, seed), empty)


def weather_only(prompt: str, seed: int, width: int, height: int, frames: int) -> Stage:
    """A stage with the prompt's light and weather, to lay over pictures that exist."""
    stage = _stage(prompt, seed, width, height, frames)
    weather.weather(stage)
    stage.finish()
    return stage


def over(stage: Stage, picture: Picture, number: int) -> None:
    """Paint a stage's layers over a picture."""
    for layer in stage.layers:
        layer.paint(picture, number)
