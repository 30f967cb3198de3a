"""What the other output folders of this user have open at the same server, by their ledgers.

Two folders may ask for the same with one key. A list cannot tell whose video it shows; their
ledgers can: they have each intent before its request leaves, and each id as soon as it is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sorapipe.claims import Claims
from sorapipe.core.take import Event, IllegalEvent
from sorapipe.core.tally import Tally
from sorapipe.errors import SorapipeError
from sorapipe.ledger import read
from sorapipe.run.shelf import STUDIO


@dataclass(frozen=True, slots=True)
class Other:
    """Another output folder: the ids that are its own, and the intents that no id is known of.

    `readable` is False where its ledger is damaged: then anything may be its own.
    """

    folder: Path
    videos: frozenset[str] = frozenset()
    open: tuple[Event, ...] = ()
    readable: bool = True


@dataclass(slots=True)
class Others:
    """The other folders that may have requests open at that server. Reads, never writes."""

    claims: Claims
    address: str
    out: Path
    _seen: dict[Path, tuple[tuple[int, int], Other]] = field(default_factory=dict)

    def now(self) -> list[Other]:
        """What their ledgers say now; one whose ledger is gone has nothing open any more.

        Raises:
            StorageError: the index could not be read.
        """
        if self.address == STUDIO:  # every folder has a studio of its own
            return []
        mine = self.out.absolute()
        folders = (one for one in self.claims.entered(self.address) if one != mine)
        return [other for one in folders if (other := self._other(one)) is not None]

    def _other(self, folder: Path) -> Other | None:
        path = folder / "ledger.jsonl"
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            return Other(folder, readable=False)
        stamp = (status.st_mtime_ns, status.st_size)
        if folder not in self._seen or self._seen[folder][0] != stamp:
            self._seen[folder] = (stamp, _look(folder, path, self.address))
        return self._seen[folder][1]


def _look(folder: Path, path: Path, address: str) -> Other:
    try:
        tally = Tally()
        if read(path, tally.apply).damage is not None:
            return Other(folder, readable=False)
    except (SorapipeError, IllegalEvent, KeyError, TypeError, ValueError, ArithmeticError):
        return Other(folder, readable=False)
    return Other(folder, frozenset(tally.videos), tuple(still_open(tally, address)))


def still_open(tally: Tally, address: str) -> list[Event]:
    """The intents at that server that no id is known of, and that nothing proves to be free."""
    given_up = (one.intent for one in tally.superseded.values() if not one.proved)
    intents = (*(take.intent for take in tally.unsettled), *given_up)
    return [intent for intent in intents if intent["address"] == address]
