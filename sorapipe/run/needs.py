"""What a storyboard needs and whether the server has it; told before anything is spent."""

from __future__ import annotations

from collections.abc import Iterator

from sorapipe.core.storyboard import Operation, Shot, Storyboard, Upload
from sorapipe.core.wanted import operation_for
from sorapipe.core.wording import Fault
from sorapipe.videos.profile import Model, Profile, nearest

_KEYS: dict[Operation, str] = {
    "remix": "remix-of",
    "edit": "edit-of",
    "extend": "extend-of",
    "create": "prompt",
}


def operations_of(profile: Profile) -> frozenset[str]:
    """The requests that the server knows."""
    able = {"create": True, "remix": profile.remix, "edit": profile.edit, "extend": profile.extend}
    return frozenset(name for name, can in able.items() if can)


def unmet(storyboard: Storyboard, profile: Profile) -> list[Fault]:
    """Every need of the storyboard that the server does not meet, in the order of the shots."""
    return [need for shot in storyboard.shots for need in _of_shot(shot, profile)]


def _of_shot(shot: Shot, profile: Profile) -> Iterator[Fault]:
    operation = operation_for(shot, operations_of(profile))
    who = f"'{profile.name}'"
    if operation is None:
        advice = (
            ", or give the shot a 'fallback'"
            if shot.operation == "remix" and not shot.fallback
            else ""
        )
        yield Fault(
            (*shot.path, _KEYS[shot.operation]),
            f"{who} cannot {shot.operation} (shot '{shot.id}')",
            f"choose a provider that can{advice}",
        )
    if shot.seed is not None and not profile.seed:
        yield Fault(
            (*shot.path, "seed"),
            f"{who} takes no seed (shot '{shot.id}')",
            "remove 'seed'; takes differ by themselves",
        )
    if isinstance(shot.reference, Upload) and not profile.file_id:
        yield Fault(
            (*shot.path, "reference"), f"{who} takes no file-id (shot '{shot.id}')", "name a file"
        )
    model = profile.model(shot.model)
    if model is None:
        yield Fault(
            (*shot.path, "model"),
            f"{who} has no model '{shot.model}' (shot '{shot.id}')",
            nearest(shot.model, profile.models),
        )
        return
    if operation in ("create", "extend"):
        yield from _size_and_length(shot, model, who)


def _size_and_length(shot: Shot, model: Model, who: str) -> Iterator[Fault]:
    if shot.operation == "create" and not model.takes_size(shot.size):
        have = (
            "both sides even"
            if isinstance(model.sizes, str)
            else "one of " + ", ".join(model.sizes)
        )
        yield Fault(
            (*shot.path, "size"),
            f"{who} has no size {shot.size} for model '{shot.model}' (shot '{shot.id}')",
            have,
        )
    if not model.takes_seconds(shot.seconds):
        have = (
            f"at most {model.max_seconds}"
            if isinstance(model.seconds, str)
            else "one of " + ", ".join(map(str, model.seconds))
        )
        yield Fault(
            (*shot.path, "seconds"),
            f"{who} has no {shot.seconds:g} s for model '{shot.model}' (shot '{shot.id}')",
            have,
        )
