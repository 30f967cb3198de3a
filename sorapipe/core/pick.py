"""Which take of a shot its children and the cut use."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Standing(StrEnum):
    """How far a take has come, as far as picking is concerned."""

    OPEN = "open"  # it may still be kept
    KEPT = "kept"
    ENDED = "ended"  # it has come to rest without bytes


def pick(takes: Sequence[Standing], chosen: int | None = None) -> int | None:
    """The number (from 1) of the picked take, or None while it is open or where there is none.

    `chosen` is the take that was picked before, if it is still wanted: a pick stays. Otherwise it
    is the lowest-numbered kept take, decided only once every lower number has ended, so that the
    order in which renders happen to finish never matters.
    """
    if chosen is not None and chosen <= len(takes):
        return chosen if takes[chosen - 1] is Standing.KEPT else None
    for number, standing in enumerate(takes, start=1):
        if standing is Standing.KEPT:
            return number
        if standing is Standing.OPEN:
            return None
    return None


def hopeless(takes: Sequence[Standing], chosen: int | None = None) -> bool:
    """Whether no pick can come of these takes any more."""
    if chosen is not None and chosen <= len(takes):
        return takes[chosen - 1] is Standing.ENDED
    return all(standing is Standing.ENDED for standing in takes)
