"""How many renders a minute may be asked for. Pure: it is told what time it is."""

from __future__ import annotations

import math
from collections import deque

from sorapipe.studio.refusal import Refusal

WINDOW = 60.0  # seconds


class Limit:
    """At most so many requests for renders in any 60 seconds; what is refused does not count.

    `now` is in seconds, of a clock that never goes back.
    """

    def __init__(self, per_minute: int) -> None:
        self._most = per_minute
        self._admitted: deque[float] = deque()

    def admit(self, now: float) -> None:
        """Count one more; raises Refusal (429) where that would be too many."""
        self._forget(now)
        if len(self._admitted) < self._most:
            self._admitted.append(now)
            return
        wait = math.ceil(self._admitted[0] + WINDOW - now)
        raise throttled(
            f"Rate limit reached on requests per min (RPM): Limit {self._most},"
            f" Used {self._most}, Requested 1. Please try again in {wait}s.",
            retry_after=wait,
        )

    def headers(self, now: float) -> dict[str, str]:
        """What every answer tells of the limit, as the real API words it."""
        self._forget(now)
        reset = self._admitted[-1] + WINDOW - now if self._admitted else 0.0
        return {
            "x-ratelimit-limit-requests": str(self._most),
            "x-ratelimit-remaining-requests": str(self._most - len(self._admitted)),
            "x-ratelimit-reset-requests": f"{round(reset, 3):g}s",
        }

    def _forget(self, now: float) -> None:
        while self._admitted and self._admitted[0] <= now - WINDOW:
            self._admitted.popleft()


def throttled(message: str, *, retry_after: int) -> Refusal:
    """429: too many requests; `retry_after` is in seconds."""
    return Refusal(
        message,
        status=429,
        kind="requests",
        code="rate_limit_exceeded",
        headers={"Retry-After": str(retry_after)},
    )
