"""Profiles: what each kind of server speaks and can do. The facts stand in `profiles/*.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from sorapipe.errors import UsageError
from sorapipe.videos import profile_file, tables
from sorapipe.videos.dialect import Auth, Clues, Fields, ImageForms, Paths

Body = Literal["json", "multipart"]
Worth = Literal["none", "hint", "proof"]
Idempotency = Literal["none", "replay", "reject"]
Status = Literal["queued", "in_progress", "completed", "failed"]
Sizes = tuple[str, ...] | Literal["any", "even"]
Lengths = tuple[Decimal, ...] | Literal["any", "whole"]
Number = int | float | Decimal

ANY = "any"  # the model of a profile, and the size of a price, that stands for all others
LIKE = "generic"  # what a user's profile is like unless it says so

nearest = tables.nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a profile knows of one model.

    `sizes` and `seconds` are lists, or `any`; sizes may also be `even` (both sides), seconds
    `whole`. `prices` are USD a second by size, or under `any` for all sizes; empty where nobody
    knows. `priced` is their date.
    """

    sizes: Sizes = "any"
    seconds: Lengths = "any"
    max_seconds: Decimal | None = None
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    priced: date | None = None

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
        if self.seconds == "whole":
            return length == length.to_integral_value()
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
    or `reject`. `concurrency` is how many renders it runs at once, `queue_depth` how many more it
    keeps waiting without refusing them. `retention` is how many seconds content stays,
    `min_poll_interval` and `max_poll_interval` bound the seconds between two looks at a render.
    `auth` is how the key is sent. `statuses` are words of this kind of server for the API's own,
    `result_urls` dotted names of where its answers say that a result lies, `unknown_id` codes of
    its errors that say that it knows no video of an id. `checked` is the date of these facts,
    `origin` where they come from.
    """

    name: str
    checked: date
    about: str = ""
    origin: str = "built in"
    sources: Mapping[str, str] = field(default_factory=dict)
    base_url: str | None = None
    auth: Auth = "bearer"
    body: Body = "json"
    paths: Paths = field(default_factory=Paths)
    fields: Fields = field(default_factory=Fields)
    image: ImageForms = field(default_factory=ImageForms)
    statuses: Mapping[str, Status] = field(default_factory=dict)
    result_urls: tuple[str, ...] = ()
    unknown_id: tuple[str, ...] = ()
    clues: Clues = field(default_factory=Clues)
    list: Worth = "none"
    list_complete: bool = False
    delete: bool = False
    remix: bool = False
    edit: bool = False
    extend: bool = False
    variants: bool = False
    characters: bool = False
    seed: bool = False
    file_id: bool = False
    idempotency: Idempotency = "none"
    failures_free: bool = False
    concurrency: int | None = None
    queue_depth: int = 0
    requests_per_minute: int | None = None
    retention: int | None = None
    min_poll_interval: float = 2.0
    max_poll_interval: float = 20.0
    models: Mapping[str, Model] = field(default_factory=dict)

    @property
    def takes_images(self) -> bool:
        """Whether a reference image can be sent at all, as a file or as a data URL."""
        return bool(self.image.part or self.image.field)

    def model(self, name: str) -> Model | None:
        """What is known of that model; None where this kind of server does not have it."""
        return self.models.get(name, self.models.get(ANY))

    def price(self, model: str, size: str) -> Decimal | None:
        """USD a second for that model and size, or None where nobody knows."""
        known = self.model(model)
        return None if known is None else known.price(size)


@cache
def names() -> tuple[str, ...]:
    """The names of the built-in profiles, in order."""
    folder = files("sorapipe.videos").joinpath("profiles")
    found = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


@cache
def load(name: str) -> Profile:
    """The built-in profile of that name. Raises UsageError, with the nearest, where none is."""
    return _profile(name, f"profiles/{name}.toml: {name}", _table(name), {})


def own(name: str, said: Mapping[str, Any], where: str, origin: str) -> Profile:
    """A user's profile: what they say, over the built-in one that it is `like`.

    `where` is the table's place as errors name it, `origin` the file. Raises UsageError.
    """
    told = dict(said)
    like = told.pop("like", name if name in names() else LIKE)
    if not isinstance(like, str) or like not in names():
        known = nearest(like, names()) if isinstance(like, str) else ""
        raise UsageError(f"{where}.like", f"there is no built-in profile '{like}'", known)
    profile_file.checked(where, told)
    merged = profile_file.laid_over(_table(like), told)
    return _profile(name, where, merged, {"origin": f"{origin}, like '{like}'"})


@cache
def _table(name: str) -> dict[str, Any]:
    if name not in names():
        raise UsageError("profile", f"there is no profile '{name}'", nearest(name, names()))
    file = files("sorapipe.videos").joinpath("profiles", f"{name}.toml")
    return tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)


def _profile(name: str, where: str, table: Mapping[str, Any], more: Mapping[str, Any]) -> Profile:
    told = profile_file.checked(where, table)
    parts: dict[str, Any] = {
        "paths": Paths(**told.pop("paths", {})),
        "fields": Fields(**told.pop("fields", {})),
        "image": ImageForms(**told.pop("image", {})),
        "clues": Clues(**told.pop("clues", {})),
        "models": _models(told.pop("models", {})),
    }
    return Profile(name=name, **parts, **told, **more)


def _models(found: Mapping[str, dict[str, Any]]) -> dict[str, Model]:
    """Models by name; the names under `also` mean the same model."""
    known: dict[str, Model] = {}
    for name, table in found.items():
        also = table.pop("also", ())
        known |= dict.fromkeys((name, *also), Model(**table))
    return known
