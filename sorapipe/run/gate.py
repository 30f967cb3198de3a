"""One gate for all paid requests of a run: first come, first served, at the server's tempo.

Only what a server says to a create moves it. That it throttles looks or downloads says nothing of
creates: those are counted apart, and asking whether they are too costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sorapipe.clock import Clock
from sorapipe.core.tempo import Tempo


class Gate:
    """Holds requests back while too many renders are in flight, and after a refusal.

    After a refusal nobody passes until it opens, and then one alone, until that one was taken.
    `in_a_row` counts the refusals since. Nothing of this is kept: another run learns anew.
    """

    def __init__(self, tempo: Tempo, clock: Clock) -> None:
        self.tempo = tempo
        self.in_a_row = 0
        self._clock = clock
        self._until = self._last = float("-inf")
        self._flying: set[str] = set()
        self._posting: set[str] = set()
        self._line = asyncio.Lock()
        self._moved = asyncio.Event()

    @asynccontextmanager
    async def turn(self, mark: str, check: Callable[[], None]) -> AsyncIterator[None]:
        """Wait for this take's turn; inside the block its request may be sent.

        It is in flight from here on, until it lands. Raises what `check` raises, which is where
        nothing may be sent any more: nobody waits for a turn that would come to nothing.
        """
        async with self._line:
            await self._open(check)
            self._last = self._clock.monotonic()
            self._posting.add(mark)
            self.fly(mark)
        try:
            yield
        finally:
            self._posting.discard(mark)
            self._moved.set()

    async def _open(self, check: Callable[[], None]) -> None:
        while True:
            check()
            opens = max(self._until, self._last + self.tempo.spacing)
            if (left := opens - self._clock.monotonic()) > 0:
                await self._clock.sleep(left)
            elif len(self._flying) >= self.tempo.slots or (self.in_a_row and self._posting):
                self._moved.clear()
                await self._moved.wait()
            else:
                return

    def fly(self, mark: str) -> None:
        """That take's render is in flight."""
        self._flying.add(mark)

    def land(self, mark: str) -> None:
        """It is so no more, or never was."""
        self._flying.discard(mark)
        self._moved.set()

    def took(self, sent_at: float) -> None:
        """The server took a request that was sent at that monotonic time."""
        if self.tempo.took(sent_at, self._clock.monotonic()):
            self.in_a_row = 0
        self._moved.set()

    def refused(self, sent_at: float, *, named: bool) -> None:
        """The server said "later", and whether it named a time."""
        self.in_a_row += self.tempo.refused(sent_at, self._clock.monotonic(), named=named)

    def close(self, seconds: float) -> None:
        """Let nobody pass for that long."""
        self._until = max(self._until, self._clock.monotonic() + seconds)
