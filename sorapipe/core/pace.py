"""When a render is worth looking at again: by its own progress, or by what others took. Pure.

All times are seconds on one clock that does not go backwards.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MOST = 64  # durations of a kind that are remembered: the newest
ENOUGH = 3  # durations that have to be known before they tell anything
SHARE = 0.35  # of those that still go on may have ended when we look: more waits, less asks in vain
UNKNOWN = 8  # where nothing is known, an eighth of the time that has passed
FIRST = 6  # longest pauses in a row that may be saved before the first look
STILL = 4  # where progress stands still, a quarter of that time
POINTS = 5.0  # of progress between two looks: fewer tell no speed


def kind(request: Mapping[str, Any]) -> Hashable:
    """What renders that take about as long have in common; `request` is as the ledger has it."""
    return tuple(request.get(key) for key in ("operation", "model", "size", "seconds"))


@dataclass(slots=True)
class Past:
    """How long renders took, by their `kind`."""

    _took: dict[Hashable, deque[float]] = field(default_factory=dict)

    def learn(self, kind: Hashable, seconds: float) -> None:
        """One of that kind took that long."""
        if math.isfinite(seconds) and seconds >= 0:
            self._took.setdefault(kind, deque(maxlen=MOST)).append(seconds)

    def of(self, kind: Hashable) -> list[float]:
        """What is known of that kind, shortest first; empty where it is too little."""
        took = self._took.get(kind, ())
        return sorted(took) if len(took) >= ENOUGH else []

    def usual(self) -> float | None:
        """The median over all kinds, or None where nothing is known."""
        took = sorted(seconds for kind in self._took.values() for seconds in kind)
        return took[len(took) // 2] if len(took) >= ENOUGH else None


@dataclass(slots=True)
class Course:
    """What was seen of one render. `begun` is the earliest moment at which it can have begun."""

    begun: float
    last: float = 0.0  # when it was last seen
    progress: float | None = None
    changed: float = 0.0  # when its progress was last seen to have changed
    _first: tuple[float, float] | None = None  # moment and progress

    def __post_init__(self) -> None:
        self.last = self.changed = self.begun

    def sight(self, now: float, progress: float | None, *, queued: bool) -> None:
        """It goes on, and that was seen of it."""
        self.last = now
        if queued:
            self.begun = now
        if progress != self.progress:
            self.progress, self.changed = progress, now
        if self._first is None and _tells(progress):
            self._first = now, progress or 0.0

    def took(self, now: float) -> float:
        """Seconds from its beginning to its end, which came between the last look and this one."""
        return (self.last + now) / 2 - self.begun

    def pause(self, now: float, took: Sequence[float], *, floor: float, cap: float) -> float:
        """Seconds until the next look; `took` are durations of its kind, shortest first."""
        left = self._left(now)
        if left is None:
            left = _by_past(now - self.begun, took)
        return min(max(left, floor), cap)

    def _left(self, now: float) -> float | None:
        """What its progress lets expect; None where it tells nothing."""
        if not _tells(self.progress) or self.progress is None:
            return None
        missing = 100.0 - self.progress
        left = missing * (now - self.begun) / self.progress
        if self._first is not None and self.progress - self._first[1] >= POINTS:
            when, then = self._first
            left = min(left, missing * (now - when) / (self.progress - then))
        return max(left, (now - self.changed) / STILL)


def first_pause(took: Sequence[float], *, floor: float, cap: float) -> float:
    """Seconds until the first look at a render that was just accepted: until it may be there.

    None at all where nothing is known, or where it may be there at once; else some of the longest
    pauses at most, since servers get faster, too.
    """
    expected = _by_past(0.0, took)
    return 0.0 if expected < floor else min(expected, FIRST * cap)


def gathering(usual: float | None, watched: int, pages: int, *, floor: float, cap: float) -> float:
    """Seconds from one reading of a list of that many pages to the next one.

    So many that a video costs less than one page, but never so many that a finished render waits
    for long: a sixteenth of what renders usually take.
    """
    if usual is None or watched < 1:
        return floor
    return min(max(min(1.1 * pages * usual / watched, usual / 16), floor), cap)


def _tells(progress: float | None) -> bool:
    return progress is not None and 1.0 <= progress < 100.0


def _by_past(elapsed: float, took: Sequence[float]) -> float:
    """Until a share of those that took longer had ended: robust, however long the longest were."""
    longer = [seconds for seconds in took if seconds > elapsed]
    if not longer:
        return elapsed / UNKNOWN
    return longer[math.ceil(SHARE * len(longer)) - 1] - elapsed
