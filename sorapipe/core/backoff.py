"""How long to wait, as pure arithmetic; the randomness, a number from 0 to 1, is handed in."""

from __future__ import annotations

import math


def delay(attempt: int, chance: float, *, first: float = 0.5, cap: float = 120.0) -> float:
    """Seconds before try `attempt + 1`: doubling from `first` up to `cap`, half of it jitter."""
    whole = min(cap, first * 2.0 ** min(attempt - 1, 32))
    return whole * (0.5 + 0.5 * chance)


def bounded(asked: float | None, *, cap: float) -> float | None:
    """What a server asked us to wait, brought within reason; None where it said nothing usable."""
    if asked is None or math.isnan(asked) or asked < 0:
        return None
    return min(asked, cap)
