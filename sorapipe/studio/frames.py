"""The frames of an animatic, before its caption: drawn, pushed in on, graded or carried on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from sorapipe.studio import footage, scenery
from sorapipe.studio.encode import FPS
from sorapipe.studio.grade import Frost, Grade
from sorapipe.studio.planes import Picture
from sorapipe.studio.stage import Stage

_PUSH = 0.10  # how much of a still's width a push takes in 8 seconds
_FRAME = "a frame of a video"  # what `sorapipe.media.frames` writes into its PNGs
_DISSOLVE = 1.3  # seconds in which a continuation leaves its parent's last picture


def drawn(stage: Stage, size: tuple[int, int]) -> Iterator[Picture]:
    """The stage's scene at that size, of which the stage's own is a multiple."""
    factor = stage.width // size[0]
    for picture in scenery.frames(stage):
        yield picture.reduce(factor) if factor > 1 else picture


def pushed(image: Image.Image, stage: Stage) -> Iterator[Picture]:
    """A slow push over a still, with the stage's weather falling before it."""
    width, height = stage.size
    room = 1.0 + _PUSH * min(2.0, stage.frames / (8 * FPS))
    wide, tall = round(width * room / 2) * 2, round(height * room / 2) * 2
    still = footage.covering(image, wide, tall)
    if image.info.get("Source") == _FRAME:  # most likely one of ours, with a caption of its own
        Frost(still.size).over(still)
    rng = stage.dice("push")
    lean = rng.uniform(0.4, 0.6), rng.uniform(0.35, 0.55)
    for number in range(stage.frames):
        part = _ease(number / max(1, stage.frames - 1))
        across, down = wide + (width - wide) * part, tall + (height - tall) * part
        left, top = (wide - across) * lean[0], (tall - down) * lean[1]
        picture = still.view((left, top, left + across, top + down), (width, height))
        scenery.over(stage, picture, number)
        yield picture


def graded(parent: Path, stage: Stage) -> Iterator[Picture]:
    """The parent's pictures in the stage's light and weather, without the parent's caption."""
    grade, frost = Grade(stage.scene, stage.palette), Frost(stage.size)
    number = 0
    picture = Picture.plain(*stage.size)
    for shown in footage.frames(parent, *stage.size):
        if number == stage.frames:
            return
        picture = grade.of(shown)
        frost.over(picture)
        scenery.over(stage, picture, number)
        yield picture
        number += 1
    for _ in range(number, stage.frames):
        yield picture.copy()


def carried_on(last: Picture, stage: Stage) -> Iterator[Picture]:
    """From a parent's last picture, which keeps drifting, into the stage's scene."""
    width, height = last.size
    over = min(stage.frames, round(_DISSOLVE * FPS))
    frost = Frost(last.size)
    clean = last.copy()
    frost.over(clean)
    for number, picture in enumerate(drawn(stage, last.size)):
        if number >= over:
            yield picture
            continue
        part = (number + 1) / (over + 1)
        inset = 0.03 * part * part
        box = (width * inset, height * inset, width * (1 - inset), height * (1 - inset))
        held = clean.view(box, (width, height))
        if part < 0.25:
            held = last.view(box, (width, height)).blend(held, part * 4)
        yield held.blend(picture, part * part * (3 - 2 * part))


def _ease(part: float) -> float:
    """Nearly steady, with a soft start and end."""
    return part - math.sin(math.tau * part) / math.tau * 0.35
