"""Giving up renders that are under way: they are deleted on the server. Nothing here can spend.

What is rendered already is paid for, and never deleted here: a run fetches it. A render is recorded
as given up once it is known to be gone: a crash before that leaves the take in flight, and it can
be cancelled again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sorapipe.core.take import State, Take
from sorapipe.core.tally import Tally
from sorapipe.ledger import Ledger
from sorapipe.run.removal import ends_all, look, refuses, remove
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.errors import APIError

DELETED = "cancelled by its owner: deleted on the server"
GONE = "cancelled by its owner: it was gone from the server"
RENDERED = "it is rendered, and paid for"


@dataclass(slots=True, kw_only=True)
class Cancelling:
    """One cancelling: the books, and the server by its provider's `name` and its `address`.

    `given_up` are the takes as they are now; `left` maps those that stay in flight to the reason;
    `undeleted` are those of them that the server would not delete; `refused` says that it did not
    take our key.
    """

    ledger: Ledger
    tally: Tally
    name: str
    address: str
    given_up: list[Take] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    undeleted: set[str] = field(default_factory=set)
    refused: bool = False

    def at_hand(self, takes: Iterable[Take]) -> list[Take]:
        """Those that are under way at this server, as far as the ledger knows."""
        here = []
        for take in takes:
            place = (take.intent["provider"], take.intent["address"])
            if take.state is State.RENDERED:
                self.left[take.fingerprint] = RENDERED
            elif place != (self.name, self.address):
                self.left[take.fingerprint] = f"it is at {place[0]} ({place[1]}), not at this one"
            else:
                here.append(take)
        return here

    async def under_way(self, videos: AsyncVideos, takes: list[Take]) -> list[Take]:
        """Those that have not ended on the server, which is asked for each; none if it cannot."""
        here = []
        for take in takes:
            try:
                video = await look(videos, take.video or "")
            except APIError as error:
                self._stay(takes, error)
                return []
            if video is not None and video.status in ("completed", "failed"):
                failed = "it has failed there already, and a run takes note of it"
                self.left[take.fingerprint] = RENDERED if video.status == "completed" else failed
            else:
                here.append(take)
        return here

    async def delete(self, videos: AsyncVideos, takes: list[Take]) -> None:
        """Delete them on the server, and record those that are gone as given up by their owner.

        Raises:
            StorageError: the ledger took no more events.
        """
        for number, take in enumerate(takes):
            try:
                why = DELETED if await remove(videos, take.video or "") else GONE
            except APIError as error:
                if ends_all(error):
                    self._stay(takes[number:], error)
                    return
                self._stay([take], error)
                self.undeleted.add(take.fingerprint)
            else:
                event = self.ledger.append_sync(
                    "written-off", fp=take.fingerprint, take=take.name, video=take.video, why=why
                )
                self.tally.apply(event)
                self.given_up.append(self.tally.take(take.fingerprint))

    def _stay(self, takes: Iterable[Take], error: APIError) -> None:
        self.left |= {take.fingerprint: str(error) for take in takes}
        self.refused = refuses(error)
