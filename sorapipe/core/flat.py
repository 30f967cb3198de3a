"""The flat storyboard: the same shots with nothing left to look up.

No `each`, no `vars`, no `defaults`: every shot says what it means, but for what it has from its
parent. Read again it gives the very same shots.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sorapipe.core.storyboard import Frame, Picture, Reference, Shot, Storyboard, TakeNumber
from sorapipe.core.substitute import escaped


def flat(storyboard: Storyboard) -> dict[str, Any]:
    """The storyboard as data for a document, its keys in the order in which people write them."""
    head = {
        "version": storyboard.version,
        "title": storyboard.title or None,
        "provider": storyboard.provider,
        "budget": None if storyboard.budget is None else _number(storyboard.budget),
        "on-ambiguous": storyboard.on_ambiguous,
        "shots": [_shot(shot) for shot in storyboard.shots],
    }
    return {key: value for key, value in head.items() if value is not None}


def _shot(shot: Shot) -> dict[str, Any]:
    has_own_look = shot.operation == "create"
    has_fit = isinstance(shot.reference, Picture | Frame)
    said = {
        "id": shot.id,
        "prompt": escaped(shot.prompt),
        "remix-of": shot.remix_of,
        "edit-of": shot.edit_of,
        "extend-of": shot.extend_of,
        "reference": None if shot.reference is None else _reference(shot.reference),
        "fit": shot.fit if has_fit else None,
        "fallback": shot.fallback,
        "model": escaped(shot.model) if has_own_look else None,
        "seconds": shot.seconds if has_own_look or shot.extend_of is not None else None,
        "size": shot.size if has_own_look else None,
        "takes": shot.takes,
        "seed": shot.seed,
        "tags": [escaped(tag) for tag in shot.tags] or None,
        "file": "".join(_part(part) for part in shot.file) or None,
        "extra": _escaped(shot.extra) or None,
    }
    return {key: value for key, value in said.items() if value is not None}


def _reference(reference: Reference) -> str | dict[str, str]:
    if isinstance(reference, Picture):
        return escaped(reference.path)
    if isinstance(reference, Frame):
        return {"shot": reference.shot, "frame": reference.frame}
    return {"file-id": escaped(reference.file_id)}


def _part(part: str | TakeNumber) -> str:
    if isinstance(part, str):
        return escaped(part)
    return "{take0}" if part.first == 0 else "{take}"


def _escaped(value: Any) -> Any:
    """Every text inside with its braces escaped."""
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, Mapping):
        return {key: _escaped(item) for key, item in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, list) else value


def _number(amount: Decimal) -> int | float:
    return int(amount) if amount == int(amount) else float(amount)
