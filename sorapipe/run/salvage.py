"""When the ledger is damaged: nothing is bought, and what was paid for is still brought home.

The ledger is not written to. The bytes go to the store under their fingerprint, so that a run with
the ledger restored finds them there, and to `takes/` for people.
"""

from __future__ import annotations

from pathlib import Path

from sorapipe.config import Provider
from sorapipe.core.take import Event
from sorapipe.errors import SorapipeError
from sorapipe.ledger import History
from sorapipe.run.connect import connect
from sorapipe.run.fetch import download
from sorapipe.run.prepare import address_of
from sorapipe.store import Store
from sorapipe.videos.patience import Patience

_ENDED = frozenset({"kept", "failed", "lost"})


def in_flight(history: History, address: str) -> list[Event]:
    """The `accepted` or `adopted` events of that server that no end follows, damage or not."""
    open_: dict[str, Event] = {}
    sent_to: dict[str, str] = {}
    for event in (*history.events, *history.after):
        if event["event"] == "intent":
            sent_to[event["fp"]] = event["address"]
        elif event["event"] in ("accepted", "adopted") and sent_to.get(event["fp"]) == address:
            open_[event["fp"]] = event
        elif event["event"] in _ENDED:
            open_.pop(event["fp"], None)
    return list(open_.values())


async def salvage(history: History, provider: Provider, out: Path, store: Store) -> list[str]:
    """Fetch what is finished; a line for each render that was in flight."""
    lines = []
    async with connect(provider, out) as (client, _):
        for event in in_flight(history, address_of(provider)):
            take, video = event["take"], event["video"]
            try:
                found = await client.retrieve(video)
                if found.status != "completed":
                    lines.append(f"{take} is {found.word or found.status} as {video}")
                    continue
                kept, _ = await download(client, found, store, provider.limits, Patience())
                record = {"sha256": kept.sha256, "bytes": kept.bytes, "video": video}
                store.name(event["fp"], {**record, "provider": provider.name})
                store.deliver(kept.sha256, out / "takes" / f"{take}.mp4")
                lines.append(f"{take} was fetched to takes/{take}.mp4")
            except SorapipeError as error:
                lines.append(f"{take} is {video}, and could not be fetched: {error}")
    return lines
