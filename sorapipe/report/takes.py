"""Every take that was ever kept, as it stands now: as text and as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sorapipe.core.kept import KeptTake, kept_takes
from sorapipe.core.plan import PlannedTake
from sorapipe.core.price import as_number, told
from sorapipe.core.take import Event
from sorapipe.errors import printable
from sorapipe.report.plan import table
from sorapipe.run.orphans import is_there
from sorapipe.run.prepare import Prepared
from sorapipe.run.shelf import intact

Standing = Literal["wanted", "stale", "replaced", "no longer wanted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A kept take and how it stands.

    `files` are those in the output folder that have its bytes; `stored` says that the store has
    them, `remote` that they are gone here and a run fetches them again.
    """

    take: KeptTake
    standing: Standing
    picked: bool
    files: tuple[str, ...]
    stored: bool
    remote: bool


def rows(prepared: Prepared, events: Iterable[Event]) -> list[Row]:
    """A row for each take, by shot in the storyboard's order, then number, then time."""
    planned = {row.name: row for row in prepared.plan.takes}
    place = {shot.id: index for index, shot in enumerate(prepared.loaded.storyboard.shots)}
    takes = kept_takes(events)
    for take in takes:  # shots that are no longer wanted stand at the end
        place.setdefault(take.shot, len(place))
    takes.sort(key=lambda take: (place[take.shot], take.number))
    files: dict[tuple[str, str], list[str]] = {}
    for name, event in prepared.tally.delivered.items():
        files.setdefault((event["fp"], event["sha256"]), []).append(name)
    return [
        _row(prepared, take, planned.get(take.name), files.get((take.fingerprint, take.sha256), ()))
        for take in takes
    ]


def _row(prepared: Prepared, take: KeptTake, row: PlannedTake | None, names: Iterable[str]) -> Row:
    standing = _standing(prepared, take, row)
    picked = prepared.tally.picks.get(take.shot)
    current = prepared.tally.take(take.fingerprint).sha256 == take.sha256
    return Row(
        take=take,
        standing=standing,
        picked=picked is not None
        and (picked["number"], picked["fp"]) == (take.number, take.fingerprint)
        and current,
        files=tuple(
            name
            for name in sorted(names)
            if intact(prepared.out / name, prepared.tally.delivered[name])
        ),
        stored=prepared.store.has(take.sha256),
        remote=current and take.fingerprint in prepared.facts.refetchable,
    )


def _standing(prepared: Prepared, take: KeptTake, row: PlannedTake | None) -> Standing:
    if row is None:
        return "no longer wanted"
    if row.stale or row.fingerprint != take.fingerprint:
        return "stale"
    newest = prepared.tally.take(take.fingerprint).sha256 == take.sha256
    return "wanted" if newest or not is_there(row, prepared) else "replaced"


def as_data(found: Iterable[Row]) -> list[dict[str, Any]]:
    """The takes for programs; amounts are USD, None where nobody knows."""
    return [_data(row) for row in found]


def _data(row: Row) -> dict[str, Any]:
    take = row.take
    event, made = take.event, take.made
    return {
        "take": take.name,
        "shot": take.shot,
        "number": take.number,
        "standing": row.standing,
        "picked": row.picked,
        "kept": event["at"],
        "reused": take.render is None,
        "cost": as_number(take.cost),
        "fingerprint": take.fingerprint,
        "sha256": take.sha256,
        "bytes": event["bytes"],
        "seconds": event.get("seconds"),
        "size": event.get("size"),
        "flags": event.get("flags", []),
        "provider": made.get("provider"),
        "address": made.get("address"),
        "video": event.get("video"),
        "request": made.get("request"),
        "source": made.get("source"),
        "files": list(row.files),
        "in_store": row.stored,
        "refetchable": row.remote,
    }


def as_text(found: Iterable[Row]) -> str:
    """The takes for people; `*` marks the picks."""
    lines = table(
        ("  take", "standing", "kept", "cost", "fingerprint", "provider", "where", ""),
        [_cells(row) for row in found],
    )
    return "\n".join(printable(line) for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    take = row.take
    return (
        ("* " if row.picked else "  ") + take.name,
        row.standing,
        moment(take.event["at"]),
        "unknown" if take.cost is None else told(take.cost),
        take.fingerprint[:12],
        str(take.made.get("provider") or ""),
        _where(row),
        "; ".join(take.event.get("flags", ())),
    )


def _where(row: Row) -> str:
    if row.files:
        return ", ".join(row.files)
    if row.stored:
        return "in the store"
    if not row.remote:
        return "gone"
    return "at the server" + ("; a run fetches it" if row.standing == "wanted" else "")


def moment(at: str) -> str:
    """A time of the ledger for people: ISO 8601 in UTC, to the second."""
    return at[:19] + "Z"
