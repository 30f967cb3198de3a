"""What earlier runs left open goes first: nothing is created before it was looked after once."""

from __future__ import annotations

import asyncio
from contextlib import suppress

LONGEST = 30.0  # seconds in all that creates wait: one slow download must not hold up a run


class Resumed:
    """Fingerprints of takes that were rendering, or rendered, when this run came upon them.

    Their content may be about to expire, so creates wait until each of them was fetched, or is
    seen to go on, or has failed once: trouble with one holds nobody up.
    """

    def __init__(self) -> None:
        self._all: set[str] = set()
        self._first: set[str] = set()
        self._over = asyncio.Event()
        self._over.set()
        self._until: float | None = None

    def add(self, fingerprint: str) -> None:
        """That take was left open."""
        if self._until is None:
            self._until = asyncio.get_running_loop().time() + LONGEST
        self._all.add(fingerprint)
        self._first.add(fingerprint)
        self._over.clear()

    def has(self, fingerprint: str) -> bool:
        """Whether that take was left open by an earlier run."""
        return fingerprint in self._all

    def done(self, fingerprint: str) -> None:
        """It was looked after, as far as others wait for it."""
        self._first.discard(fingerprint)
        if not self._first:
            self._over.set()

    async def over(self) -> None:
        """Come back when something new may be created."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._until):
                await self._over.wait()
