"""A clock for tests of waiting: whoever sleeps by it is later at once."""

from __future__ import annotations


class Hand:
    """A clock that every sleep moves on; `slept` has them all, in seconds."""

    def __init__(self, time: float = 1000.0) -> None:
        self.time = time
        self.slept: list[float] = []

    def now(self) -> float:
        """Its time."""
        return self.time

    def monotonic(self) -> float:
        """Its time."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Be that much later."""
        self.slept.append(seconds)
        self.time += seconds
