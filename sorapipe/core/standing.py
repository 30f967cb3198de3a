"""Where takes stand, in the five words that people select shots by. Pure.

new      nothing was kept under its name
stale    what was kept under its name was made from something else than what is wanted now
kept     the bytes that are wanted are at hand, or can be fetched again without paying
failed   it was accepted or refused, and nothing came of it: failed, lost, rejected, written off
unknown  whether it was paid for is an open question
"""

from __future__ import annotations

from collections.abc import Mapping

from sorapipe.core.plan import Facts, Plan, PlannedTake
from sorapipe.core.take import OPEN, State

WORDS = ("new", "stale", "failed", "unknown", "kept")

_UNSETTLED = frozenset({State.INTENDED, State.AMBIGUOUS, State.UNKNOWN})
_ENDED = frozenset({State.REJECTED, State.FAILED, State.LOST, State.WRITTEN_OFF, State.KEPT})


def state_of(row: PlannedTake, facts: Facts) -> str:
    """One of WORDS for that row of a plan.

    What is in flight is not there yet: it is new, or stale where something else is there. A take
    below one that is to be rendered cannot be compared: what is there counts as stale, though it
    may turn out to be what is wanted.
    """
    mark = row.fingerprint
    if row.state in _UNSETTLED:
        return "unknown"
    if row.state not in OPEN and mark is not None:
        if mark in facts.held or mark in facts.refetchable:
            return "kept"
        if row.state in _ENDED:  # of KEPT: its bytes are gone, here and there
            return "failed"
    return "stale" if facts.tally.current.get(row.name, mark) != mark else "new"


def states_of(plan: Plan, facts: Facts) -> Mapping[str, frozenset[str]]:
    """By the ids of the plan's shots, the words of their takes.

    The plan is to be that of all shots, made without `force`: otherwise it doesn't know what its
    children are wanted to be.
    """
    words: dict[str, set[str]] = {}
    for row in plan.takes:
        words.setdefault(row.shot, set()).add(state_of(row, facts))
    return {shot: frozenset(found) for shot, found in words.items()}
