"""Clocks for tests of waiting: nobody waits for them."""

from __future__ import annotations

import asyncio


class Hand:
    """A clock that every sleep moves on at once; `slept` has them all, in seconds."""

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


class Loops:
    """A clock that tells the time of the loop that runs, whatever that says."""

    def now(self) -> float:
        """Its time."""
        return asyncio.get_running_loop().time()

    monotonic = now

    async def sleep(self, seconds: float) -> None:
        """Be that much later."""
        await asyncio.sleep(seconds)
