"""The user's config file and the limits: read and checked, nothing decided."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from sorapipe.errors import UsageError
from sorapipe.videos import tables
from sorapipe.videos.profile import Profile, nearest, own

_TOP = ("provider", "providers", "profiles", "prices", "limits")
_TEXTS = ("profile", "base-url", "key-env", "key-file")
_COUNTS = ("concurrency", "requests-per-minute")
_ENTRY = (*_TEXTS, *_COUNTS)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NAMES = "letters, digits, '.', '_', '-'"
_LONGEST = 1e9  # seconds: thirty years is no patience, it is a slip of the hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long to be patient, in seconds, and how many bytes to take.

    `settle_timeout` is how long an ambiguous render is looked for, `poll_interval` a fixed one
    instead of a learned one; `backoff_cap` bounds a server's Retry-After too.
    """

    read_timeout: float = 120.0
    settle_timeout: float = 120.0
    poll_interval: float | None = None
    backoff_cap: float = 120.0
    render_timeout: float = 3600.0
    download_timeout: float = 600.0
    max_video_bytes: int = 2 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """What the user's file says, checked; empty where there is no file."""

    path: Path | None = None
    default: str | None = None
    providers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The file, as errors name it."""
        return str(self.path or "config")


def read(path: Path | None, environ: Mapping[str, str]) -> ConfigFile:
    """The file at `path`, else the one in the user's config folder, else an empty one.

    Raises UsageError for a file that can't be read, and for what it can't say.
    """
    place = path if path is not None else _usual(environ)
    if place is None or (path is None and not place.exists()):
        return ConfigFile()
    try:
        table = tomllib.loads(place.read_text("utf-8"), parse_float=Decimal)
    except OSError as error:
        raise UsageError(str(place), error.strerror or "it can't be read", "") from error
    except ValueError as error:  # TOML's and UTF-8's own
        raise UsageError(str(place), f"it is not TOML: {error}", "") from error
    return _checked(place, table)


def limits(file: ConfigFile, environ: Mapping[str, str]) -> Limits:
    """The limits of the file, and over them those of the environment."""
    told: dict[str, float | int] = {}
    for limit in fields(Limits):
        key = limit.name.replace("_", "-")
        variable = f"SORAPIPE_{limit.name.upper()}"
        if environ.get(variable):
            told[limit.name] = _limit(key, environ[variable], variable)
        elif key in file.limits:
            told[limit.name] = _limit(key, file.limits[key], f"{file.where}: limits.{key}")
    # An answer that may still come after that long can't have been looked for in vain before.
    told.setdefault("settle_timeout", max(120.0, told.get("read_timeout", 120.0)))
    return Limits(**told)  # type: ignore[arg-type] # only max_video_bytes is whole, and is checked so


def _usual(environ: Mapping[str, str]) -> Path | None:
    home, configured = environ.get("HOME", ""), environ.get("XDG_CONFIG_HOME", "")
    if configured.startswith("/"):  # relative ones are to be ignored, says the XDG specification
        return Path(configured, "sorapipe", "config.toml")
    return Path(home, ".config", "sorapipe", "config.toml") if home else None


def _checked(path: Path, table: dict[str, Any]) -> ConfigFile:
    where = str(path)
    _known(where, "", table, _TOP)
    default = table.get("provider")
    if default is not None and not isinstance(default, str):
        raise UsageError(f"{where}: provider", "it is not a name", 'provider = "NAME"')
    providers = _table(where, "providers", table)
    for name in providers:
        _check_entry(where, name, _table(f"{where}: providers", name, providers))
    profiles = _table(where, "profiles", table)
    return ConfigFile(
        path=path,
        default=default,
        providers=providers,
        profiles={name: _own(where, name, profiles) for name in profiles},
        prices={
            model: _price(f"{where}: prices.{model}", usd)
            for model, usd in _table(where, "prices", table).items()
        },
        limits=_known(
            where,
            "limits.",
            _table(where, "limits", table),
            [limit.name.replace("_", "-") for limit in fields(Limits)],
        ),
    )


def _own(where: str, name: str, profiles: Mapping[str, Any]) -> Profile:
    place = f"{where}: profiles.{name}"
    if not _NAME.fullmatch(name):
        raise UsageError(place, "this can't be a profile's name", _NAMES)
    return own(name, _table(f"{where}: profiles", name, profiles), place, where)


def _check_entry(where: str, name: str, entry: dict[str, Any]) -> None:
    place = f"{where}: providers.{name}"
    if not _NAME.fullmatch(name):
        raise UsageError(place, "this can't be a provider's name", _NAMES)
    for key in ("key", "api-key", "api_key"):
        if key in entry:
            raise UsageError(f"{place}.{key}", "keys don't stand in this file", "key-env, key-file")
    _known(where, f"providers.{name}.", entry, _ENTRY)
    for key in _TEXTS:
        if key in entry and not (isinstance(entry[key], str) and entry[key]):
            raise UsageError(f"{place}.{key}", "it is not a text", f'{key} = "..."')
    if not _VARIABLE.fullmatch(entry.get("key-env", "KEY")):
        what = "that is not the name of a variable"  # it may be a key, so it is not shown
        raise UsageError(f"{place}.key-env", what, 'the NAME, such as key-env = "FARM_KEY"')
    if "key-env" in entry and "key-file" in entry:
        raise UsageError(place, "it has key-env and key-file", "one of the two")
    for key in _COUNTS:
        tables.count(f"{place}.{key}", entry.get(key, 1))


def _table(where: str, key: str, table: Mapping[str, Any]) -> dict[str, Any]:
    found = table.get(key, {})
    if not isinstance(found, dict):
        raise UsageError(f"{where}: {key}", "it is not a table", f"[{key}]")
    return found


def _known(
    where: str, prefix: str, table: dict[str, Any], keys: tuple[str, ...] | list[str]
) -> dict[str, Any]:
    for key in table:
        if key not in keys:
            raise UsageError(where, f"there is no key '{prefix}{key}'", nearest(key, keys))
    return table


MOST = 10**9  # USD a second: what is more is a slip of the finger


def _price(where: str, value: object) -> Decimal:
    number = _number(value) if not isinstance(value, str) else None
    if number is None or not 0 <= number <= MOST:
        raise UsageError(where, f"{value!s} is no price", "USD a second, as a number")
    return number


def _limit(key: str, value: object, where: str) -> float | int:
    number = _number(value)
    least = 0 if key == "settle-timeout" else None  # nothing to wait for is fine only there
    if number is None or (number <= 0 and number != least) or number > Decimal(2**62):
        raise UsageError(where, f"'{value}' is not possible", "a number above 0")
    if key == "max-video-bytes":
        if number != int(number):
            raise UsageError(where, f"'{value}' is not possible", "a whole number of bytes")
        return int(number)
    if number > _LONGEST:
        raise UsageError(where, f"{value} seconds are too many", f"at most {_LONGEST:.0f}")
    return float(number)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = Decimal(value)
    except (ArithmeticError, ValueError):
        return None
    return number if math.isfinite(number) else None
