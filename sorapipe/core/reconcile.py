"""Which listed video, if any, is the one that we asked for without getting an answer. Pure.

A list echoes prompt, model, size and seconds, sometimes the parent, nothing of ours. So a match is
a guess that is only safe when it is the only one possible, in the right time, and nobody else's;
and absence is only proved when nothing in that time could be it, even at the widest reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

MARGIN = 5.0  # seconds: created_at is whole, and clocks are never quite together

Verdict = Literal["found", "several", "absent"]


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
    """What was asked for; `since` and `until` bound when it was taken in, by the server's clock.

    `seconds` is None where the answer's length is not the asked one: that of a remix, an edit or
    an extension is the parent's, or the whole's.
    """

    prompt: str
    model: str
    size: str
    seconds: float | None
    parent: str | None
    since: float
    until: float


def sought(intent: Mapping[str, Any], *, prompt: str, until: float, offset: float) -> Sought:
    """What an `intent` event asked for.

    `prompt` is as it was sent (the ledger keeps no API key), `offset` the server's clock less ours
    as it is known now; the one known then stands in the intent, and both must fit the window.
    """
    request = intent["request"]
    offsets = (offset, intent.get("offset", 0.0))
    return Sought(
        prompt=prompt,
        model=request["model"],
        size=request["size"],
        seconds=request["seconds"] if request["operation"] == "create" else None,
        parent=intent.get("parent"),
        since=intent["wall"] + min(offsets) - MARGIN,
        until=until + max(offsets) + MARGIN,
    )


def judge(
    wanted: Sought, listed: Iterable[Listed], claimed: frozenset[str]
) -> tuple[Verdict, list[str]]:
    """The verdict, and the ids that may be it.

    `found` only where a single video may be it and tells enough to be sure: prompt and time.
    """
    possible = [video for video in listed if video.id not in claimed and may_be(wanted, video)]
    ids = [video.id for video in possible]
    if not ids:
        return "absent", ids
    sure = len(ids) == 1 and possible[0].prompt is not None and possible[0].created_at is not None
    return ("found" if sure else "several"), ids


def may_be(wanted: Sought, video: Listed) -> bool:
    """Whether nothing that the server tells of it speaks against it."""
    in_time = video.created_at is None or wanted.since <= video.created_at <= wanted.until
    same_parent = video.parent is None or video.parent == wanted.parent
    return in_time and same_parent and _same_words(wanted, video)


def _same_words(wanted: Sought, video: Listed) -> bool:
    return (
        video.prompt in (None, wanted.prompt)
        and video.model in (None, wanted.model)
        and video.size in (None, wanted.size)
        and (wanted.seconds is None or video.seconds in (None, wanted.seconds))
    )
