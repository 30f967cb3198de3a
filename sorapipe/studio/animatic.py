"""The face of the studio's renderer: an animatic goes in, an MP4 comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import av
import PIL

from sorapipe.studio import footage, scenery, sound
from sorapipe.studio import frames as pictures
from sorapipe.studio.caption import Caption
from sorapipe.studio.encode import FPS, Writer
from sorapipe.studio.planes import Picture
from sorapipe.studio.stage import Stage

# Raised whenever the same animatic is drawn differently than before.
_EDITION = 1
_DRAWN_FROM = 96  # pixels: the least shorter side that a scene is drawn at
_EVERY = 4  # frames between two looks at `cancelled`


class Cancelled(Exception):
    """The render was told to stop; what stands at its target is not a video."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Animatic:
    """What is to be rendered.

    `width` and `height` are even, 16 to 4096. `seconds` is the clip's length, and for an extension
    what is added to its parent. `reference` is an encoded JPEG, PNG or WebP of any size;
    `parent` is the MP4 that a remix, an edit or an extension starts from.
    """

    prompt: str
    model: str
    width: int
    height: int
    seconds: float
    seed: int
    kind: Literal["create", "remix", "edit", "extend"] = "create"
    reference: bytes | None = None
    parent: Path | None = None


def engine() -> str:
    """What identical bytes depend on: the studio's edition and the versions of av and Pillow."""
    return f"studio/{_EDITION} av/{av.__version__} pillow/{PIL.__version__}"


def render(
    animatic: Animatic,
    target: Path,
    *,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Write the animatic's MP4 at `target`.

    `progress` hears of shares from 0 to 1. Raises Cancelled soon after `cancelled()` turns true.
    """
    frames = max(1, round(animatic.seconds * FPS))
    size = animatic.width, animatic.height
    extends = animatic.parent if animatic.kind == "extend" else None
    before = footage.count(extends) if extends else 0
    stage = _stage(animatic, frames)
    tone = sound.pad(stage.scene, frames / FPS, stage.dice("sound"))
    if extends:
        tone = sound.joined(footage.sound(extends), before, tone)
    total = before + frames
    busy = bool(stage.scene.weather & {"rain", "storm", "snow"})
    with Writer(target, size, tone, busy=busy) as film:
        for number, picture in enumerate(_shown(animatic, stage, before)):
            if number % _EVERY == 0:
                if cancelled and cancelled():
                    raise Cancelled
                if progress:
                    progress(number / total)
            film.show(picture)
    if progress:
        progress(1.0)


def _stage(animatic: Animatic, frames: int) -> Stage:
    """A whole scene where one is drawn; only its weather where there is a picture already."""
    prompt, seed, width, height = animatic.prompt, animatic.seed, animatic.width, animatic.height
    if animatic.kind != "extend" and (animatic.parent or animatic.reference is not None):
        return scenery.weather_only(prompt, seed, width, height, frames)
    # Lines a pixel wide need pixels: small pictures are drawn large and scaled down.
    factor = max(1, _DRAWN_FROM // min(width, height))
    return scenery.build(prompt, seed, width * factor, height * factor, frames)


def _shown(animatic: Animatic, stage: Stage, before: int) -> Iterator[Picture]:
    """All frames as they are encoded, the parent's own ones untouched."""
    size = animatic.width, animatic.height
    if before and animatic.parent:
        last = Picture.plain(*size)
        for last in footage.frames(animatic.parent, *size):
            yield last
        fresh = pictures.carried_on(last, stage)
    elif animatic.parent is not None:
        fresh = pictures.graded(animatic.parent, stage)
    elif animatic.reference is not None:
        fresh = pictures.pushed(footage.still(animatic.reference), stage)
    else:
        fresh = pictures.drawn(stage, size)
    label = f"{animatic.model} · {animatic.width}×{animatic.height}"
    if animatic.kind != "create":
        label += f" · {animatic.kind}"
    total = before + stage.frames
    caption = Caption(animatic.prompt, label, size, frames=total, accent=stage.palette.accent)
    for number, picture in enumerate(fresh, start=before):
        # Over a parent's last pictures the caption comes in softly.
        share = min(1.0, (number - before + 1) / (FPS / 2)) if before else 1.0
        caption.onto(picture, number, share)
        yield picture
