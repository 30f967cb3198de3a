"""What a storyboard needs and whether the server has it; told before anything is spent."""

from __future__ import annotations

from collections.abc import Iterator

from sorapipe.core.gather import gathered
from sorapipe.core.storyboard import Operation, Shot, Storyboard, Upload
from sorapipe.core.wanted import operation_for
from sorapipe.core.wording import Fault, either
from sorapipe.videos.profile import Model, Profile, load, names, nearest
from sorapipe.videos.wire import reserved

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
    return gathered(need for shot in storyboard.shots for need in _of_shot(shot, profile))


def _of_shot(shot: Shot, profile: Profile) -> Iterator[Fault]:
    operation = operation_for(shot, operations_of(profile))
    if operation is None:
        yield _inability(shot, profile)
    yield from _words(shot, profile)
    if operation == "create":
        yield from _start(shot, profile)
    model = profile.model(shot.model)
    if model is None:
        near = nearest(shot.model, profile.models)
        yield _lack(shot, profile, "model", f"has no model '{shot.model}'", near)
    elif operation in ("create", "extend"):
        yield from _size_and_length(shot, profile, model, operation)


def _inability(shot: Shot, profile: Profile) -> Fault:
    """The server cannot do what the shot is; what it could do instead, and who can."""
    able = [name for name in names() if shot.operation in operations_of(load(name))]
    advice = f"choose a provider that can ({', '.join(able)})"
    if shot.operation == "remix":
        instead = ["edit"] if profile.edit else []
        instead += ["reference"] if profile.takes_images else []
        if instead:
            advice += f", or say 'fallback: {either(instead)}'"
    what = f"cannot {shot.operation}" + (f", nor {shot.fallback}" if shot.fallback else "")
    return _lack(shot, profile, _KEYS[shot.operation], what, advice)


def _words(shot: Shot, profile: Profile) -> Iterator[Fault]:
    """Fields that the server has no name for, or only for what is said elsewhere."""
    if shot.seed is not None and not profile.seed:
        yield _lack(shot, profile, "seed", "takes no seed", "remove 'seed'; takes differ anyway")
    for name in shot.extra:
        if name in reserved(profile):
            what = f"has '{name}' for what the shot says itself"
            yield _lack(shot, profile, "extra", what, f"remove '{name}' from 'extra'")


def _start(shot: Shot, profile: Profile) -> Iterator[Fault]:
    """What a create starts from: a picture in a form that the server takes."""
    if isinstance(shot.reference, Upload) and not profile.file_id:
        yield _lack(shot, profile, "reference", "takes no file-id", "name a file")
    elif shot.reference is not None and not profile.takes_images:
        yield _lack(shot, profile, "reference", "takes no picture", "remove 'reference'")
    elif shot.operation == "remix" and not profile.takes_images:
        fix = "choose a provider that remixes, or takes pictures"
        yield _lack(shot, profile, "fallback", "takes no picture", fix)


def _size_and_length(
    shot: Shot, profile: Profile, model: Model, operation: Operation
) -> Iterator[Fault]:
    # What a child has from its parent is told at the parent, but for a length: an extension's is
    # not asked for at once, and a remix of it that falls back to a create asks for all of it.
    if shot.operation == "create" and not model.takes_size(shot.size):
        listed = not isinstance(model.sizes, str)
        have = f"one of {', '.join(model.sizes)}" if listed else "both sides even"
        what = f"has no size {shot.size} for model '{shot.model}'"
        yield _lack(shot, profile, "size", what, have)
    if not model.takes_seconds(shot.seconds):
        key = "fallback" if operation != shot.operation else "seconds"
        what = f"has no {shot.seconds:g} s for model '{shot.model}'"
        yield _lack(shot, profile, key, what, _lengths(model))


def _lengths(model: Model) -> str:
    if isinstance(model.seconds, tuple):
        return "one of " + ", ".join(map(str, model.seconds))
    whole = "whole seconds" if model.seconds == "whole" else ""
    most = f"at most {model.max_seconds}" if model.max_seconds is not None else ""
    return ", ".join(filter(None, (whole, most)))


def _lack(shot: Shot, profile: Profile, key: str, what: str, fix: str) -> Fault:
    which = f"shot '{shot.id}'"
    return Fault((*shot.path, key), f"'{profile.name}' {what}", fix, which=which)
