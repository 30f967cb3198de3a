"""Files in the output folder that nothing wants any more, and what a killed run left there.

A file is only removed while it is as we left it and its bytes are in the store, by their digest: a
file that its owner changed is the only one of its kind, and is named and left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sorapipe.core.deliver import files_of
from sorapipe.core.names import caseless
from sorapipe.core.plan import Decision, PlannedTake
from sorapipe.core.storyboard import Shot
from sorapipe.core.take import OPEN, Event
from sorapipe.errors import StorageError
from sorapipe.files import fsync_dir, leftovers, refusals
from sorapipe.ledger import Ledger
from sorapipe.run.prepare import Prepared
from sorapipe.run.shelf import digest, intact
from sorapipe.store import Store

CHANGED = "it is not as it was delivered: somebody changed it"
UNSAFE = "its bytes are not in the store: this may be the only copy"


@dataclass(slots=True)
class Orphans:
    """What may be removed: `files` by name, each with its `delivered` event, and `leftovers`.

    `left` maps the files that stay to the reason.
    """

    files: dict[str, Event] = field(default_factory=dict)
    leftovers: list[Path] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """How many bytes the files have."""
        return sum(event["bytes"] for event in self.files.values())


def is_there(row: PlannedTake, prepared: Prepared) -> bool:
    """Whether the bytes of that take are at hand, as they are wanted now."""
    here = row.decision is Decision.REUSE and row.fingerprint in prepared.facts.held
    return here and not row.stale


def unwanted(prepared: Prepared) -> list[str]:
    """The delivered files that are still there and that no wanted take brings any more, by name.

    The earlier file of a take that is wanted and not there yet is none of them, whatever its name.
    """
    rows = prepared.plan.takes
    coming = {row.name for row in rows if not is_there(row, prepared)}
    wanted = {caseless(name) for name in _wanted(prepared)}
    return sorted(
        name
        for name, event in prepared.tally.delivered.items()
        if caseless(name) not in wanted
        and event["take"] not in coming
        and prepared.tally.take(event["fp"]).state not in OPEN
        and (prepared.out / name).exists()
    )


def _wanted(prepared: Prepared) -> Iterator[str]:
    """The names of the files that wanted takes are in, or may yet be put in."""
    by_shot: dict[str, list[PlannedTake]] = {}
    for row in prepared.plan.takes:
        by_shot.setdefault(row.shot, []).append(row)
    for shot in prepared.loaded.storyboard.shots:
        rows = by_shot.get(shot.id, [])
        picked = _picked(prepared, shot, rows)
        if picked is not None and all(is_there(row, prepared) for row in rows):
            yield from files_of(shot, [row.number for row in rows], picked)
        else:
            for row in rows:
                yield from (row.file, f"takes/{row.name}.mp4")


def _picked(prepared: Prepared, shot: Shot, rows: list[PlannedTake]) -> int | None:
    pick = prepared.tally.picks.get(shot.id)
    wanted = {(row.number, row.fingerprint) for row in rows}
    if pick is None or (pick["number"], pick["fp"]) not in wanted:
        return None
    return int(pick["number"])


def orphans(prepared: Prepared) -> Orphans:
    """What may be removed from the output folder, and what has to stay. Reads, never writes."""
    found = Orphans()
    for name in unwanted(prepared):
        event = prepared.tally.delivered[name]
        if why := _objection(prepared, name, event):
            found.left[name] = why
        else:
            found.files[name] = event
    for folder in (prepared.out, prepared.out / "takes"):
        found.leftovers += leftovers(folder)
    return found


def _objection(prepared: Prepared, name: str, event: Event) -> str:
    """Why that file must stay, if so."""
    path = prepared.out / name
    if not intact(path, event) or digest(path) != event["sha256"]:
        return CHANGED
    return "" if stored(prepared.store, event["sha256"]) else UNSAFE


def stored(store: Store, sha256: str) -> bool:
    """Whether the store has those bytes, every one of them read."""
    try:
        return digest(store.path(sha256)) == sha256
    except StorageError:  # not a digest at all: somebody edited the ledger
        return False


def remove(prepared: Prepared, ledger: Ledger, found: Orphans) -> None:
    """Remove them, and record each; one that changed meanwhile is moved to `left`.

    Raises:
        StorageError: the disk refused; what was removed until then is recorded.
    """
    for name, event in list(found.files.items()):
        if why := _objection(prepared, name, event):
            found.left[name] = why
            del found.files[name]
            continue
        _unlink(prepared.out / name)
        facts = {key: event[key] for key in ("fp", "take", "file", "sha256")}
        prepared.tally.apply(ledger.append_sync("cleaned", **facts))
    for path in found.leftovers:
        _unlink(path)


def _unlink(path: Path) -> None:
    with refusals(path):
        path.unlink(missing_ok=True)
    fsync_dir(path.parent)
