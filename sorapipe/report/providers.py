"""Providers and profiles, told as text and as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from sorapipe.config import Provider
from sorapipe.core.price import as_number, told
from sorapipe.errors import SorapipeError, printable
from sorapipe.report.plan import table
from sorapipe.run.prepare import address_of
from sorapipe.videos.profile import Model, Profile

ABILITIES = ("delete", "remix", "edit", "extend", "variants", "characters", "seed", "file_id")


def profile_data(profile: Profile) -> dict[str, Any]:
    """A profile as plain data; prices are USD a second, None where nobody knows."""
    models = {name: _model_data(model) for name, model in profile.models.items()}
    found: dict[str, Any] = _plain({**asdict(profile), "models": models})
    return found


def provider_data(provider: Provider) -> dict[str, Any]:
    """A provider as plain data; its key is only said to be there or not."""
    return {
        "name": provider.name,
        "profile": provider.profile.name,
        "address": _address(provider),
        "why": provider.why,
        "key": {"from": provider.key_from, "present": bool(provider.api_key)},
        "concurrency": provider.concurrency,
        "requests_per_minute": provider.requests_per_minute,
        "prices": {model: as_number(usd) for model, usd in provider.prices.items()},
    }


def overview_data(
    chosen: Provider | SorapipeError,
    providers: Mapping[str, Provider | SorapipeError],
    profiles: Mapping[str, Profile],
) -> dict[str, Any]:
    """All configured providers, all profiles, and which provider is the default."""
    return {
        "default": _or_error(chosen),
        "providers": [{"name": name} | _or_error(found) for name, found in providers.items()],
        "profiles": [
            {
                "name": name,
                "about": profile.about,
                "checked": profile.checked.isoformat(),
                "origin": profile.origin,
            }
            for name, profile in profiles.items()
        ],
    }


def overview_text(
    chosen: Provider | SorapipeError,
    providers: Mapping[str, Provider | SorapipeError],
    profiles: Mapping[str, Profile],
) -> str:
    """The same for people."""
    lines = []
    if isinstance(chosen, Provider):
        lines.append(f"default: {chosen.name} at {_address(chosen)} ({chosen.why})")
    else:
        lines.append(f"default: none; {chosen}")
    if providers:
        head = ("provider", "profile", "key", "address")
        shown = [(name, *_cells(found)) for name, found in providers.items()]
        lines += ["", *table(head, shown)]
    rows = [(name, p.checked.isoformat(), _about(p)) for name, p in profiles.items()]
    lines += ["", *table(("profile", "checked", "is"), rows)]
    return "\n".join(map(printable, lines))


def one_text(provider: Provider) -> str:
    """One provider for people: where it is, what it can, what it takes and costs."""
    profile = provider.profile
    lines = [
        f"{provider.name}: {_about(profile)}",
        f"address: {_address(provider)}",
        f"key: {_key(provider)}",
        f"profile: {profile.name}, checked {profile.checked.isoformat()} ({profile.origin})",
        *(f"{name}: {value}" for name, value in facts(profile)),
        f"renders in flight: {provider.concurrency}",
        f"requests a minute: {provider.requests_per_minute or 'learned when it refuses'}",
    ]
    lines += ["", *table(("model", "sizes", "seconds", "USD a second"), list(model_rows(profile)))]
    own = [f"{model} {told(usd)}" for model, usd in provider.prices.items()]
    if own:
        lines.append(f"your own prices a second: {', '.join(own)}")
    if profile.sources:
        lines += ["", *(f"{name}: {source}" for name, source in profile.sources.items())]
    return "\n".join(map(printable, lines))


def facts(profile: Profile) -> Iterator[tuple[str, str]]:
    """What a profile says of its kind of server, each under a name."""
    image, names = profile.image, profile.fields
    can = [name.replace("_", "-") for name in ABILITIES if getattr(profile, name)]
    cannot = [name.replace("_", "-") for name in ABILITIES if not getattr(profile, name)]
    yield "can", ", ".join(["create", *can])
    yield "cannot", ", ".join(cannot) or "nothing of what the API has"
    complete = ", complete" if profile.list_complete else ""
    yield "its list is", f"{_LIST[profile.list]}{complete}"
    yield "a repeated Idempotency-Key", _KEYS[profile.idempotency]
    yield "a failed render", "is free" if profile.failures_free else "counts as paid"
    yield "the key goes as", "api-key: KEY" if profile.auth == "api-key" else "bearer token"
    yield "a create is", f"{profile.body}, with {names.seconds} as {_WRITTEN[names.seconds_type]}"
    yield "an image goes as", " or ".join(filter(None, (_part(image.part), _field(profile))))
    limits = [
        f"{profile.concurrency} renders at once" if profile.concurrency else "",
        f"{profile.queue_depth} more may wait" if profile.queue_depth else "",
        f"{profile.requests_per_minute} requests a minute" if profile.requests_per_minute else "",
        f"content stays {profile.retention} s" if profile.retention else "",
    ]
    yield "limits", ", ".join(filter(None, limits)) or "none that are known"
    yield "polled every", f"{profile.min_poll_interval:g} to {profile.max_poll_interval:g} s"


_LIST = {"none": "not there", "hint": "a hint", "proof": "proof of what was accepted"}
_KEYS = {"none": "is ignored", "replay": "gives the same render", "reject": "is refused"}
_WRITTEN = {"text": "text", "integer": "a whole number"}


def model_rows(profile: Profile) -> Iterator[tuple[str, str, str, str]]:
    """Each model: its name, sizes, seconds, and prices with their date."""
    for name, model in profile.models.items():
        sizes = model.sizes if isinstance(model.sizes, str) else ", ".join(model.sizes)
        yield name, sizes, _seconds(model), _prices(model)


def _seconds(model: Model) -> str:
    most = f" to {model.max_seconds}" if model.max_seconds is not None else ""
    if isinstance(model.seconds, str):
        return model.seconds + most
    return ", ".join(map(str, model.seconds))


def _prices(model: Model) -> str:
    if not model.prices:
        return "unknown"
    groups: dict[Decimal, list[str]] = {}
    for size, usd in model.prices.items():
        groups.setdefault(usd, []).append(size)
    several = len(groups) > 1 or "any" not in model.prices
    parts = [
        (told(usd) if usd else "free") + (f" ({', '.join(at)})" if several else "")
        for usd, at in groups.items()
    ]
    since = f", of {model.priced.isoformat()}" if model.priced else ""
    return "; ".join(parts) + since


def _part(name: str) -> str:
    return f"a file in '{name}'" if name else ""


def _field(profile: Profile) -> str:
    name, shape = profile.image.field, profile.image.shape
    return f"a URL in '{name}' ({shape})" if name else ""


def _about(profile: Profile) -> str:
    own = "" if profile.origin == "built in" else f" [{profile.origin}]"
    return profile.about + own


def _address(provider: Provider) -> str:
    if provider.base_url is None and provider.profile.name != "local":
        return "not said; give --base-url, or base-url in the config file"
    return address_of(provider)


def _key(provider: Provider) -> str:
    if provider.base_url is None and provider.profile.name == "local":
        return "none needed"
    return f"{provider.key_from} is {'set' if provider.api_key else 'not set'}"


def _cells(found: Provider | SorapipeError) -> tuple[str, str, str]:
    if isinstance(found, Provider):
        return found.profile.name, _key(found), _address(found)
    return "", "", str(found)


def _or_error(found: Provider | SorapipeError) -> dict[str, Any]:
    return provider_data(found) if isinstance(found, Provider) else {"error": str(found)}


def _model_data(model: Model) -> dict[str, Any]:
    return {
        "sizes": model.sizes,
        "seconds": model.seconds,
        "max_seconds": model.max_seconds,
        "prices": dict(model.prices),
        "priced": model.priced,
    }


def _plain(value: Any) -> Any:
    """The value as JSON has it."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value
