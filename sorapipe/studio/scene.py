"""What a prompt's words ask the painter for. Pure: the same words and seed give the same scene."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import TypeVar, get_args

from sorapipe.studio import vocabulary
from sorapipe.studio.dice import dice
from sorapipe.studio.vocabulary import RGB, Figure, Ground, Hour, Weather

Thing = TypeVar("Thing")

# Prompts may have 32,000 characters; what they are about stands at their beginning.
_READ = 4000
_OUTSIDE: tuple[Ground, ...] = ("mountains", "hills", "forest", "sea", "desert", "city")
_HOURS_BY_GROUND: Mapping[Ground, Hour] = {
    "space": "night",
    "fire": "night",
    "street": "night",
    "abstract": "dusk",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be painted, before any colour or line is chosen."""

    hour: Hour
    ground: Ground
    weather: frozenset[Weather]
    figures: tuple[Figure, ...]
    water: bool
    moons: int
    tint: RGB | None


def read(prompt: str, seed: int) -> Scene:
    """The scene of a prompt; what its words leave open is chosen by the prompt and `seed`."""
    words = _words(prompt)
    rng = dice("scene", prompt, seed)
    ground = _ground(words, rng)
    weather = frozenset(
        name for name in get_args(Weather) if _has(words, vocabulary.WEATHERS[name])
    )
    figures = tuple(name for name in get_args(Figure) if _has(words, vocabulary.FIGURES[name]))
    return Scene(
        hour=_hour(words, ground, rng),
        ground=ground,
        weather=weather,
        figures=figures,
        water=ground == "sea" or _has(words, vocabulary.WATER),
        moons=2 if _has(words, vocabulary.TWO_MOONS) else 1,
        tint=_first(words, vocabulary.COLOURS),
    )


def _words(prompt: str) -> list[str]:
    """The words in their order; a sign that is a word by itself counts as one."""
    found = re.findall(r"[^\W\d_]+", prompt[:_READ].lower())
    words: list[str] = []
    for word in found:
        words.append(word)
        if ord(word[0]) >= 0x2E80:
            words.extend(word)
        elif len(word) > 3 and word.endswith("s"):
            words.append(word[:-1])
    return words


def _ground(words: list[str], rng: Random) -> Ground:
    named = _first(words, vocabulary.GROUNDS)
    if named:
        return named
    if _has(words, vocabulary.WATER):
        return rng.choice(("mountains", "hills", "forest"))
    outside = (*vocabulary.HOURS.values(), *vocabulary.WEATHERS.values())
    if any(_has(words, names) for names in outside):
        return rng.choice(_OUTSIDE)
    return rng.choice((*_OUTSIDE, "abstract"))


def _hour(words: list[str], ground: Ground, rng: Random) -> Hour:
    named = _first(words, vocabulary.HOURS)
    if named:
        return named
    if ground in _HOURS_BY_GROUND:
        return _HOURS_BY_GROUND[ground]
    return rng.choice(get_args(Hour))


def _first(words: list[str], table: Mapping[Thing, str]) -> Thing | None:
    """The thing whose word comes first in the prompt."""
    known: dict[str, Thing] = {}
    for thing, names in table.items():
        for name in names.split():
            known.setdefault(name, thing)
    return next((known[word] for word in words if word in known), None)


def _has(words: list[str], names: str) -> bool:
    return not set(names.split()).isdisjoint(words)
