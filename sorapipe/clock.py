"""The only room that knows what time it is and how to wait. Tests hand in another clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the rest of the house may ask about time."""

    def now(self) -> float:
        """Wall time in seconds since the epoch: for records, never for measuring."""

    def monotonic(self) -> float:
        """Seconds that never go backwards: for timeouts and durations."""

    async def sleep(self, seconds: float) -> None:
        """Come back after that many seconds."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Wall time in seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since boot, where the system can count those it slept through."""
        return time.clock_gettime(_BOOTTIME) if _BOOTTIME is not None else time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Come back after that many seconds."""
        from asyncio import sleep  # 60 ms that a run with nothing to do can spare

        await sleep(seconds)


# Linux's monotonic clock stands still while a laptop sleeps; a render's deadline does not.
_BOOTTIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def stamp(wall: float) -> str:
    """That wall time as ISO 8601 in UTC, to the millisecond, as the ledger writes it."""
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds")
