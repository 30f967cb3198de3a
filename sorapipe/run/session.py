"""One run's books: what happened goes to the ledger first, then to the tally and the listeners.

Whatever listens (the terminal, the JSON stream, the report) sees an event only once it is durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from sorapipe.clock import Clock, stamp
from sorapipe.core.take import Event, Take
from sorapipe.core.tally import Tally
from sorapipe.ledger import Ledger

Listener = Callable[[Event], None]


class Session:
    """The ledger, its fold, and who listens."""

    def __init__(self, ledger: Ledger, tally: Tally, clock: Clock, listener: Listener) -> None:
        self.ledger = ledger
        self.tally = tally
        self.clock = clock
        self._listener = listener
        self._recording: set[asyncio.Task[Event]] = set()

    async def record(self, name: str, **fields: Any) -> Event:
        """Append the event, wait until it is durable, fold it in, tell the listeners.

        A caller that is cancelled meanwhile does not stop it: what was begun is recorded.

        Raises:
            IllegalEvent: it cannot happen now; nothing was written.
            StorageError: the ledger could not be written.
        """
        self.tally.check({"event": name, **fields})
        task = asyncio.ensure_future(self._record(name, fields))
        self._recording.add(task)
        task.add_done_callback(self._recording.discard)
        return await asyncio.shield(task)

    async def _record(self, name: str, fields: Mapping[str, Any]) -> Event:
        event = await self.ledger.append(name, **fields)
        self.tally.apply(event)
        self._listener(event)
        return event

    def tell(self, name: str, **fields: Any) -> None:
        """Tell the listeners of something that is worth seeing but not worth keeping."""
        self._listener({"at": stamp(self.clock.now()), "event": name, **fields})

    def take(self, fingerprint: str) -> Take:
        """What is known of that take."""
        return self.tally.take(fingerprint)

    async def close(self) -> None:
        """Wait for what is being recorded, then close the ledger."""
        if self._recording:
            await asyncio.wait(self._recording)
        await self.ledger.aclose()
