"""Which listed video, if any, is the one that we asked for without getting an answer. Pure.

A list echoes prompt, model, size, seconds and the parent, nothing of ours. So a match is a guess
that is only safe when it is the only one possible, in the right time, and nobody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MARGIN = 5.0  # seconds: created_at is whole, and clocks are never quite together


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One video of a server's list; None where the server did not say."""

    id: str
    created_at: float | None
    prompt: str | None
    model: str | None
    size: str | None
    seconds: float | None
    parent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What was asked for; `since` and `until` bound when it was taken in, by the server's clock."""

    prompt: str
    model: str
    size: str
    seconds: float
    parent: str | None
    since: float
    until: float


def sought(intent: Mapping[str, Any], *, until: float, offset: float = 0.0) -> Sought:
    """What an `intent` event asked for; `offset` is the server's clock less ours, in seconds."""
    request = intent["request"]
    return Sought(
        prompt=request["prompt"],
        model=request["model"],
        size=request["size"],
        seconds=request["seconds"],
        parent=intent.get("parent"),
        since=intent["wall"] + offset - MARGIN,
        until=until + offset + MARGIN,
    )


def candidates(wanted: Sought, listed: Iterable[Listed], claimed: frozenset[str]) -> list[str]:
    """The ids that may be it: all that is echoed equal, in its time, and not known to be another's.

    A video whose prompt or time the server does not tell is never a candidate.
    """
    return [
        video.id
        for video in listed
        if video.id not in claimed
        and video.prompt == wanted.prompt
        and video.created_at is not None
        and wanted.since <= video.created_at <= wanted.until
        and video.model in (None, wanted.model)
        and video.size in (None, wanted.size)
        and (video.parent == wanted.parent)
        and (video.seconds is None or wanted.parent is not None or video.seconds == wanted.seconds)
    ]
