"""One run's books: what happened goes to the ledger first, then to the tally and the listeners.

Whatever listens (the terminal, the JSON stream, the report) sees an event only once it is durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from sorapipe.clock import Clock, stamp
from sorapipe.core.take import Event, Take, apply
from sorapipe.core.tally import TAKE_EVENTS, Tally
from sorapipe.ledger import Ledger
from sorapipe.videos.secret import NO_SECRET, Secret

Listener = Callable[[Event], None]


def redacted(secret: Secret, request: Mapping[str, Any]) -> dict[str, Any]:
    """The request without the API key in its words.

    Only what people or servers wrote is looked at: an id, an address or a name that happens to
    have the key in it must come back as it was.
    """
    words = {key: request[key] for key in ("prompt", "extra") if key in request}
    return {**request, **_without_key(secret, words)}


def _without_key(secret: Secret, value: Any) -> Any:
    if isinstance(value, str):
        return secret.redact(value)
    if isinstance(value, Mapping):
        return {key: _without_key(secret, inner) for key, inner in value.items()}
    return [_without_key(secret, inner) for inner in value] if isinstance(value, list) else value


class Session:
    """The ledger, its fold, and who listens. `secret` is kept out of every event."""

    def __init__(
        self,
        ledger: Ledger,
        tally: Tally,
        clock: Clock,
        listener: Listener,
        secret: Secret = NO_SECRET,
    ) -> None:
        self.ledger = ledger
        self.tally = tally
        self.clock = clock
        self._listener = listener
        self._secret = secret
        self._recording: set[asyncio.Task[Event]] = set()
        self._ahead: dict[
            str, tuple[int, Take]
        ] = {}  # takes as their queued events will leave them

    async def record(self, name: str, **fields: Any) -> Event:
        """Append the event, wait until it is durable, fold it in, tell the listeners.

        A caller that is cancelled meanwhile does not stop it: what was begun is recorded.

        Raises:
            IllegalEvent: it cannot happen now, or after what is being written; nothing was written.
            StorageError: the ledger could not be written.
        """
        if "request" in fields:
            fields["request"] = self.redacted(fields["request"])
        if fields.get("why"):
            fields["why"] = _without_key(self._secret, fields["why"])
        if name in TAKE_EVENTS:
            mark = fields["fp"]
            count, take = self._ahead.get(mark, (0, self.tally.take(mark)))
            self._ahead[mark] = (count + 1, apply(take, {"event": name, **fields}))
        task = asyncio.ensure_future(self._record(name, fields))
        self._recording.add(task)
        task.add_done_callback(self._recording.discard)
        return await asyncio.shield(task)

    async def _record(self, name: str, fields: Mapping[str, Any]) -> Event:
        try:
            event = await self.ledger.append(name, **fields)
            self.tally.apply(event)
        finally:
            if name in TAKE_EVENTS:
                count, take = self._ahead.pop(fields["fp"])
                if count > 1:
                    self._ahead[fields["fp"]] = (count - 1, take)
        self._listener(event)
        return event

    def redacted(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The request as the ledger keeps it: without the API key in its words."""
        return redacted(self._secret, request)

    def tell(self, name: str, **fields: Any) -> None:
        """Tell the listeners of something that is worth seeing but not worth keeping."""
        self._listener({"at": stamp(self.clock.now()), "event": name, **fields})

    def take(self, fingerprint: str) -> Take:
        """What is known of that take."""
        return self.tally.take(fingerprint)

    async def settle(self) -> None:
        """Wait for what is being recorded."""
        while self._recording:
            await asyncio.wait(self._recording)

    async def close(self) -> None:
        """Wait for what is being recorded, then close the ledger."""
        await self.settle()
        await self.ledger.aclose()
