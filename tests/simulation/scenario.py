"""What a seed stands for: a storyboard, a kind of server, the weather, what befalls the runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Literal

from sorapipe.core.storyboard import OnAmbiguous, Shot, Storyboard

PRICE = Decimal("0.1")  # USD a second
SETTLE = 30.0  # seconds that our runs look for a lost answer
PROMISE = 24.0  # seconds after which the list of a `proof` server has whatever was sent to it
WORDS = ("a red fox", "rain on tin", "a steam engine", "two paper boats")

Worth = Literal["none", "hint", "proof"]
Keys = Literal["none", "replay", "reject"]
Blow = Literal["kill", "power", "signal", "full", "sync", "write", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of server. All times are seconds; `skew` is its clock less the true one.

    `hides` is the share of renders that its list never shows, `echo` whether it tells prompts,
    `cap` how many entries a page has at most, `counts` whether it says `has_more`. `forgets` says
    that a render is unknown after its retention, not only without content; `ranges` that a download
    can be gone on with; `crowd` that somebody else with our key asks for the same a moment later.
    """

    worth: Worth
    keys: Keys
    failures_free: bool
    remix: bool
    skew: float
    lag: float
    hides: float
    echo: bool
    cap: int
    counts: bool
    retention: float
    forgets: bool
    ranges: bool
    crowd: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How often something goes wrong, as shares: of creates, of looks, of downloads, of renders."""

    create: float = 0.0
    look: float = 0.0
    fetch: float = 0.0
    render: float = 0.0
    stuck: float = 0.0


CALM = Weather()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One run of a project's storyboard, and what ends it or goes wrong in it.

    The blow falls at the `at`-th change of disk or network; `lasts` says that a refusing disk goes
    on refusing. The machine is down for `pause` seconds after it.
    """

    project: int
    blow: Blow | None = None
    at: int = 0
    lasts: bool = False
    pause: float = 1.0
    retry_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All that a seed decides beforehand. `skew` is our machine's clock less the true one.

    `owner` says whether what is unknown is settled by its owner at last, `impatient` whether that
    is done at once, and often wrongly.
    """

    storyboard: Storyboard
    kind: Kind
    weather: Weather
    sessions: tuple[Session, ...]
    projects: int
    concurrency: int
    run_budget: Decimal | None
    skew: float
    owner: bool
    impatient: bool
    retry_failed: bool


def scenario(seed: int) -> Scenario:
    """What that seed stands for."""
    chance = Random(f"scenario {seed}")
    projects = 2 if chance.random() < 0.2 else 1
    kind = _kind(chance)
    if projects == 2:  # what could go wrong between them needs a list, and no keys
        worth = "hint" if kind.worth == "none" else kind.worth
        kind = replace(kind, worth=worth, keys="none", echo=True)
    shots = _shots(chance, remix=kind.remix)
    weather = _weather(chance)
    alike = len({shot.prompt for shot in shots}) < sum(shot.takes for shot in shots)
    if projects == 1 and not alike and chance.random() < 0.5:  # a stranger alone would be adopted
        kind = replace(kind, crowd=True, hides=0.0)
        weather = replace(weather, render=0.0)
    whole = sum((PRICE * Decimal(str(shot.seconds)) * shot.takes for shot in shots), Decimal(0))
    takes = sum(shot.takes for shot in shots)
    budget = whole * Decimal(chance.randint(9, 20)) / 10 if chance.random() < 0.5 else None
    luck = 1.0 if kind.crowd else Random(f"late {seed}").random()
    impatient = luck < 0.2
    if luck < 0.3:  # a list that is minutes behind, and perhaps an owner who does not wait for it
        kind = replace(kind, worth="hint", keys="none", echo=True, lag=200.0, hides=0.0)
        weather = replace(weather, create=0.5, render=0.25)
    hold: OnAmbiguous = "hold" if Random(f"hold {seed}").random() < 0.15 else "settle"
    return Scenario(
        storyboard=Storyboard(shots=shots, budget=budget, on_ambiguous=hold),
        kind=kind,
        weather=weather,
        sessions=tuple(_sessions(chance, projects, takes)),
        projects=projects,
        concurrency=chance.choice((1, 2, 4, 8)),
        run_budget=whole * Decimal(chance.randint(9, 12)) / 10 if chance.random() < 0.15 else None,
        skew=chance.choice((0.0, 0.0, 0.0, 2.0, -40.0, 3600.0)),
        owner=chance.random() < 0.6 or impatient,
        impatient=impatient,
        retry_failed=chance.random() < 0.2 or impatient,
    )


def _kind(chance: Random) -> Kind:
    worth: Worth = chance.choice(("proof", "proof", "hint", "none"))
    proof = worth == "proof"
    return Kind(
        worth=worth,
        keys=chance.choice(("none", "none", "replay", "reject")),
        failures_free=chance.random() < 0.4,
        remix=chance.random() < 0.7,
        skew=chance.choice((0.0, 0.0, 1.5, -30.0, 400.0, -7200.0, -90_000.0)),
        lag=chance.choice((0.0, 0.0, 3.0, 8.0 if proof else 300.0)),
        hides=0.0 if proof else chance.choice((0.0, 0.2, 0.6)),
        echo=chance.random() < 0.7,
        cap=chance.choice((2, 3, 100, 100)),
        counts=chance.random() < 0.8,
        retention=chance.choice((86400.0, 86400.0, 3600.0, 400.0)),
        forgets=not proof and chance.random() < 0.5,
        ranges=chance.random() < 0.5,
        crowd=False,
    )


def _weather(chance: Random) -> Weather:
    force = chance.choice((0.0, 0.15, 0.3, 0.6))
    return Weather(
        create=force,
        look=force * chance.choice((0.0, 0.3, 0.6)),
        fetch=force * chance.choice((0.0, 0.5, 1.5)),
        render=chance.choice((0.0, 0.05, 0.25)),
        stuck=0.02 if chance.random() < 0.1 else 0.0,
    )


def _shots(chance: Random, *, remix: bool) -> tuple[Shot, ...]:
    count = chance.choices(range(1, 9), (46, 26, 12, 6, 4, 2, 2, 2))[0]
    words = WORDS[: chance.randint(1, len(WORDS))]  # few words make many that look alike
    shots: list[Shot] = []
    for number in range(count):
        parent = chance.choice(shots) if shots and remix and chance.random() < 0.3 else None
        seconds = parent.seconds if parent else chance.choice((4, 4, 8))
        shots.append(
            Shot(
                id=f"s{number}",
                prompt=chance.choice(words),
                seconds=seconds,
                length=seconds,
                remix_of=parent.id if parent else None,
                takes=chance.choices((1, 2, 3), (80, 15, 5))[0],
                path=("shots", number),
            )
        )
    return tuple(shots)


def _sessions(chance: Random, projects: int, takes: int) -> list[Session]:
    count = chance.choices(range(5), (16, 50, 22, 9, 3))[0] + projects - 1
    return [_session(chance, number % projects, takes) for number in range(count)]


def _session(chance: Random, project: int, takes: int) -> Session:
    blows: tuple[Blow, ...] = ("kill", "power", "signal", "full", "sync", "write", "open")
    most = 70 + 60 * takes
    early = chance.random() < 0.4
    at = int(math.exp(chance.uniform(0, math.log(most)))) if early else chance.randint(1, most)
    return Session(
        project=project,
        blow=chance.choices(blows, (36, 30, 10, 6, 9, 5, 4))[0],
        at=at,
        lasts=chance.random() < 0.5,
        pause=chance.choice((0.0, 1.0, 3.0, 8.0, 90.0, 1000.0)),
        retry_failed=chance.random() < 0.1,
    )
