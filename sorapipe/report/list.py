"""What a selection means: the shots of a storyboard, as text and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sorapipe.core.select import source_word
from sorapipe.core.standing import WORDS, state_of
from sorapipe.core.storyboard import Frame, Picture, Shot
from sorapipe.errors import printable
from sorapipe.report.plan import table
from sorapipe.run.prepare import Prepared

States = dict[str, list[tuple[str, str]]]  # by shot: its takes' names, each with its state


def as_data(prepared: Prepared, selected: frozenset[str]) -> dict[str, Any]:
    """The selected shots for programs, in the order of the storyboard."""
    states = _states(prepared)
    shots = prepared.loaded.storyboard.shots
    return {
        "version": 1,
        "shots": [
            {
                "id": shot.id,
                "takes": [{"take": name, "state": state} for name, state in states[shot.id]],
                "source": source_word(shot),
                "parent": shot.parent,
                "frame": shot.reference.frame if isinstance(shot.reference, Frame) else None,
                "tags": list(shot.tags),
                "model": shot.model,
                "size": shot.size,
                "seconds": shot.seconds,
            }
            for shot in shots
            if shot.id in selected
        ],
        "selected": len(selected),
        "of": len(shots),
    }


def as_text(prepared: Prepared, selected: frozenset[str]) -> str:
    """The selected shots for people: a row each, then how many they are."""
    states = _states(prepared)
    every = prepared.loaded.storyboard.shots
    shots = [shot for shot in every if shot.id in selected]
    if not shots:
        return f"nothing selected of {_counted(len(every), 'shot')}"
    rows = [
        (
            shot.id,
            _told(state for _, state in states[shot.id]),
            _source(shot),
            f"{shot.model} {shot.size} {shot.seconds:g} s",
            ", ".join(shot.tags),
        )
        for shot in shots
    ]
    found = [state for shot in shots for _, state in states[shot.id]]
    few = f"{len(shots)} of " if len(shots) < len(every) else ""
    lines = table(("shot", "takes", "from", "model, size, length", "tags"), rows)
    takes = f"{_counted(len(found), 'take')} ({_told(found)})"
    lines += ["", f"{few}{_counted(len(every), 'shot')}; {takes}"]
    return "\n".join(printable(line) for line in lines)


def _states(prepared: Prepared) -> States:
    states: States = {}
    for row in prepared.plan.takes:
        states.setdefault(row.shot, []).append((row.name, state_of(row, prepared.facts)))
    return states


def _told(states: Iterable[str]) -> str:
    """How many takes are in each state: `3 kept, 1 new`; of a single take its state alone."""
    counts = Counter(states)
    if counts.total() == 1:
        return next(iter(counts))
    return ", ".join(f"{counts[word]} {word}" for word in WORDS if counts[word])


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + "s" * (number != 1)


def _source(shot: Shot) -> str:
    """What the shot starts from, in words."""
    match shot.reference:
        case None:
            return f"{shot.operation} of {shot.parent}" if shot.parent else ""
        case Frame(shot=parent, frame=frame):
            return f"{frame} frame of {parent}"
        case Picture(path=path):
            return path
        case upload:
            return f"file {upload.file_id} of the provider"
