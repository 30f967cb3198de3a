"""Profiles: what each kind of server speaks and can do. The facts stand in `profiles/*.toml`."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from sorapipe.errors import UsageError

Body = Literal["json", "multipart"]
Worth = Literal["none", "hint", "proof"]
Idempotency = Literal["none", "replay", "reject"]
Sizes = tuple[str, ...] | Literal["any", "even"]
Lengths = tuple[Decimal, ...] | Literal["any"]
Number = int | float | Decimal

ANY = "any"  # the model of a profile, and the size of a price, that stands for all others


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a profile knows of one model.

    `sizes` and `seconds` are lists, or `any`; sizes may also be `even` (both sides). `prices` are
    USD a second by size, or under `any` for all sizes; empty where nobody knows.
    """

    sizes: Sizes = "any"
    seconds: Lengths = "any"
    max_seconds: Decimal | None = None
    prices: Mapping[str, Decimal] = field(default_factory=dict)

    def takes_size(self, size: str) -> bool:
        """Whether this model renders that size ("WIDTHxHEIGHT")."""
        if self.sizes == "any":
            return True
        if self.sizes == "even":
            return all(side.isdecimal() and int(side) % 2 == 0 for side in size.split("x"))
        return size in self.sizes

    def takes_seconds(self, seconds: Number) -> bool:
        """Whether this model renders that length."""
        length = Decimal(str(seconds))
        if self.max_seconds is not None and length > self.max_seconds:
            return False
        return self.seconds == "any" or length in self.seconds

    def price(self, size: str) -> Decimal | None:
        """USD a second at that size, or None where nobody knows."""
        return self.prices.get(size, self.prices.get(ANY))


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The dialect and the abilities of one kind of server.

    `list` says what absence from the server's list proves about a render: `none`, a `hint`, or
    `proof`; `list_complete` whether it shows all renders, so that many can be watched at once.
    `idempotency` says what a repeated `Idempotency-Key` does: nothing, `replay` the first answer,
    or `reject`. `retention` is how many seconds content stays, `min_poll_interval` and
    `max_poll_interval` bound the seconds between two looks at a render. `checked` is the date of
    these facts.
    """

    name: str
    checked: date
    base_url: str | None = None
    body: Body = "json"
    list: Worth = "none"
    list_complete: bool = False
    delete: bool = False
    remix: bool = False
    edit: bool = False
    extend: bool = False
    variants: bool = False
    seed: bool = False
    file_id: bool = False
    idempotency: Idempotency = "none"
    failures_free: bool = False
    concurrency: int | None = None
    requests_per_minute: int | None = None
    retention: int | None = None
    min_poll_interval: float = 2.0
    max_poll_interval: float = 20.0
    models: Mapping[str, Model] = field(default_factory=dict)

    def model(self, name: str) -> Model | None:
        """What is known of that model; None where this kind of server does not have it."""
        return self.models.get(name, self.models.get(ANY))

    def price(self, model: str, size: str) -> Decimal | None:
        """USD a second for that model and size, or None where nobody knows."""
        known = self.model(model)
        return None if known is None else known.price(size)


@cache
def names() -> tuple[str, ...]:
    """The names of all profiles, in order."""
    folder = files("sorapipe.videos").joinpath("profiles")
    found = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


@cache
def load(name: str) -> Profile:
    """The profile of that name. Raises UsageError, with the nearest name, where there is none."""
    if name not in names():
        raise UsageError("profile", f"there is no profile '{name}'", nearest(name, names()))
    file = files("sorapipe.videos").joinpath("profiles", f"{name}.toml")
    return _profile(name, tomllib.loads(file.read_text("utf-8"), parse_float=Decimal))


def nearest(word: str, known: Iterable[str]) -> str:
    """The advice for an unknown word: the nearest known one, or all of them."""
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, n=1)
    if close:
        return f"did you mean '{close[0]}'?"
    return "known: " + ", ".join(choices) if choices else ""


def _profile(name: str, table: dict[str, Any]) -> Profile:
    fields = {key.replace("-", "_"): value for key, value in table.items()}
    models = _models(fields.pop("models", {}))
    for bound in ("min_poll_interval", "max_poll_interval"):
        fields[bound] = float(fields[bound])
    return Profile(name=name, models=models, **fields)


def _models(tables: dict[str, Any]) -> dict[str, Model]:
    """Models by name; the names under `also` mean the same model."""
    known: dict[str, Model] = {}
    for name, table in tables.items():
        model = _model(table)
        known |= dict.fromkeys((name, *table.get("also", ())), model)
    return known


def _model(table: dict[str, Any]) -> Model:
    sizes = table.get("sizes", "any")
    seconds = table.get("seconds", "any")
    longest = table.get("max-seconds")
    return Model(
        sizes=sizes if isinstance(sizes, str) else tuple(sizes),  # type: ignore[arg-type] # data
        seconds="any" if seconds == "any" else tuple(map(Decimal, seconds)),
        max_seconds=None if longest is None else Decimal(longest),
        prices={size: Decimal(usd) for size, usd in table.get("prices", {}).items()},
    )
