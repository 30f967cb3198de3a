"""What a server's answers tell about it: its key, its kind, its abilities. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sorapipe.videos import reading
from sorapipe.videos.errors import bounded
from sorapipe.videos.profile import ANY, Profile
from sorapipe.videos.wire import WireAnswer, WireRequest

Key = Literal["accepted", "refused", "not refused"]
Answers = Mapping[str, tuple[WireRequest, WireAnswer]]

_REFUSED = frozenset({401, 403})
_NO_LIST = frozenset({400, 404, 405, 422, 501})  # it has none, or none without words of its own
_NOWHERE = frozenset({404, 405, 501})
# Abilities that are routes: each with the path of the profile that it has, and its method.
_ROUTES = {
    "list": ("list", "get"),
    "delete": ("delete", "delete"),
    "remix": ("remix", "post"),
    "edit": ("edit", "post"),
    "extend": ("extend", "post"),
    "characters": ("characters", "post"),
}


@dataclass(frozen=True, slots=True)
class Probe:
    """One question, the status of its answer, and the server's words where it has some."""

    asked: str
    status: int
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a server answered.

    `silent` are the questions that got no whole answer. `trouble` says why it could not be reached,
    and is empty where it could; a `stranger` answers, but not as a Videos API. `likely` are the
    profiles that it shows signs of, `models` what it serves. `abilities` are those that its OpenAPI
    document or its list tells of. `differences` say where it is not as its profile has it.
    """

    probes: tuple[Probe, ...] = ()
    silent: tuple[str, ...] = ()
    trouble: str = ""
    stranger: bool = False
    key: Key = "not refused"
    likely: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    abilities: Mapping[str, bool] = field(default_factory=dict)
    differences: tuple[str, ...] = ()


def judge(answers: Answers, host: str, profile: Profile, known: Collection[Profile]) -> Findings:
    """What follows from those answers, by the names that `check` has for its questions."""
    found = {name: answer for name, (_, answer) in answers.items()}
    nobody, listed, options = (found.get(name) for name in ("nobody", "list", "options"))
    routes, served = _routes(found.get("document")), _models(found.get("models"))
    abilities = _abilities(profile, routes, listed)
    signs = _Signs(
        headers=frozenset(name for answer in found.values() for name in answer.headers),
        host=host,
        paths=frozenset(routes),
        owners=frozenset(served.values()),
    )
    likely = tuple(sorted(other.name for other in known if signs.of(other)))
    told = list(_differences(profile, abilities, likely, tuple(served)))
    if options is not None and "POST" not in options.headers.get("allow", "POST").upper():
        told.append(f"{profile.paths.create} takes no POST there")
    if nobody is not None and nobody.status == 405:
        told.append(f"{profile.paths.retrieve} takes no GET there")
    return Findings(
        stranger=not _is_api(profile, found),
        probes=tuple(
            Probe(request.where, answer.status, _said(answer))
            for request, answer in answers.values()
        ),
        key=_key(nobody, listed),
        likely=likely,
        models=tuple(served),
        abilities=abilities,
        differences=tuple(told),
    )


def _is_api(profile: Profile, found: Mapping[str, WireAnswer]) -> bool:
    """Whether it may be a Videos API: it speaks JSON, and has something at the paths it should."""
    answered = [answer for answer in found.values() if reading.parse(answer.body) is not None]
    nowhere = all(answer.status in _NOWHERE for answer in found.values())
    return bool(answered) and not (nowhere and profile.list != "none")


def _key(*answers: WireAnswer | None) -> Key:
    statuses = {answer.status for answer in answers if answer is not None}
    if statuses & _REFUSED:
        return "refused"
    return "accepted" if any(200 <= status < 300 for status in statuses) else "not refused"


def _routes(document: WireAnswer | None) -> dict[str, frozenset[str]]:
    """Methods by path, out of an OpenAPI document; `{}` stands for any parameter."""
    found = _object(document).get("paths")
    if not isinstance(found, dict):
        return {}
    return {
        re.sub(r"\{[^{}]*\}", "{}", path): frozenset(map(str.lower, methods))
        for path, methods in found.items()
        if isinstance(methods, dict)
    }


def _models(answer: WireAnswer | None) -> dict[str, str]:
    """The models that are served, with their owners."""
    if answer is None:
        return {}
    entries = _object(answer).get("data")
    return {
        bounded(answer.secret.redact(name)): str(entry.get("owned_by") or "")
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and (name := reading.text(entry.get("id")))
    }


def _abilities(
    profile: Profile, routes: Mapping[str, frozenset[str]], listed: WireAnswer | None
) -> dict[str, bool]:
    """The abilities that the server's routes tell of; none where it describes no creates."""
    found: dict[str, bool] = {}
    if _has(routes, profile.paths.create, "post"):
        for ability, (name, method) in _ROUTES.items():
            found[ability] = _has(routes, getattr(profile.paths, name), method)
    if listed is not None and listed.status in _NO_LIST:
        found["list"] = False
    elif listed is not None and listed.status == 200:
        found["list"] = isinstance(_object(listed).get("data"), list)
    return found


def _has(routes: Mapping[str, frozenset[str]], path: str, method: str) -> bool:
    wanted = path.partition("?")[0].replace("{id}", "{}")
    return any(there.endswith(wanted) and method in routes[there] for there in routes)


@dataclass(frozen=True, slots=True)
class _Signs:
    """By what the kind of a server may be known."""

    headers: frozenset[str]
    host: str
    paths: frozenset[str]
    owners: frozenset[str]

    def of(self, profile: Profile) -> bool:
        """Whether any of them is that profile's."""
        clues = profile.clues
        return bool(
            (clues.header and clues.header in self.headers)
            or (clues.host and f".{self.host}".endswith(f".{clues.host.lstrip('.')}"))
            or (clues.path and clues.path in self.paths)
            or (clues.owner and clues.owner in self.owners)
        )


def _differences(
    profile: Profile, abilities: Mapping[str, bool], likely: Collection[str], models: Sequence[str]
) -> Iterator[str]:
    for ability, there in abilities.items():
        claimed = profile.list != "none" if ability == "list" else getattr(profile, ability)
        if claimed and not there:
            yield f"the profile has {ability}, the server has not"
        elif there and not claimed:
            yield f"the server has {ability}, the profile has not"
    if likely and profile.name not in likely:
        yield f"it looks like {' or '.join(likely)}, and is spoken to as {profile.name}"
    if models and ANY not in profile.models and not set(models) & set(profile.models):
        yield "it serves none of the models that the profile knows"


def _said(answer: WireAnswer) -> str:
    """The server's own words for what is wrong."""
    if answer.status < 400:
        return ""
    _, message = reading.complaint(reading.parse(answer.body))
    return bounded(answer.secret.redact(message))


def _object(answer: WireAnswer | None) -> dict[str, Any]:
    if answer is None or answer.status != 200 or not answer.whole:
        return {}
    found = reading.parse(answer.body)
    return found if isinstance(found, dict) else {}
