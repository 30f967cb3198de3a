"""Where a storyboard stands, from plan and ledger: as text and as data."""

from __future__ import annotations

from typing import Any

from sorapipe.core.plan import Decision, PlannedTake
from sorapipe.core.price import as_number
from sorapipe.core.take import OPEN, State, Take
from sorapipe.errors import printable
from sorapipe.report.plan import table
from sorapipe.report.summary import at_most, settling, total
from sorapipe.run.prepare import Prepared


def as_data(prepared: Prepared) -> dict[str, Any]:
    """The status for programs."""
    tally = prepared.tally
    return {
        "version": 1,
        "out": str(prepared.out),
        "takes": [
            {
                "take": row.name,
                "standing": standing(row),
                "file": row.file,
                "picked": _is_pick(prepared, row),
            }
            for row in prepared.plan.takes
        ],
        "open": [
            {
                "take": take.name,
                "state": take.state.value,
                "video": take.video,
                "at_most": _at_most(take),
                "why": take.why,
            }
            for take in (tally.takes[mark] for mark in tally.open)
        ],
        "unwanted": unwanted(prepared),
        "committed": as_number(tally.committed),
    }


def as_text(prepared: Prepared, resolve: str) -> str:
    """The status for people."""
    rows = [
        (
            ("* " if _is_pick(prepared, row) else "  ") + row.name,
            standing(row),
            _where(prepared, row) if row.decision is Decision.REUSE else row.reason,
        )
        for row in prepared.plan.takes
    ]
    lines = table(("  take", "standing", ""), rows)
    spent = total(prepared.tally.committed, len(prepared.tally.unpriced))
    lines.append(f"spent or reserved so far: {spent}")
    lines.append(f"videos: {prepared.out}")
    for mark in prepared.tally.open:
        take = prepared.tally.takes[mark]
        known = take.video or "no id"
        lines.append(f"open: {take.name} is {take.state}, {known}, {at_most(take, take.held)}")
        if take.video is None:
            lines.append(f"  settle it: {settling(take, resolve)}")
    for name in unwanted(prepared):
        lines.append(f"no longer wanted: {name}")
    return "\n".join(printable(line) for line in lines)


def standing(row: PlannedTake) -> str:
    """A word for where the take stands."""
    if row.decision is Decision.REUSE:
        return "there"
    return (
        row.state.value
        if row.state in OPEN or row.state is not State.WANTED
        else row.reason.partition(";")[0]
    )


def unwanted(prepared: Prepared) -> list[str]:
    """Delivered files that no planned take brings any more."""
    files = {name for row in prepared.plan.takes for name in (row.file, f"takes/{row.name}.mp4")}
    return sorted(
        name
        for name in prepared.tally.delivered
        if name not in files and (prepared.out / name).exists()
    )


def _at_most(take: Take) -> float | None:
    """The highest price of its open render; None where nobody knows it."""
    return None if take.intent.get("price", 0) is None else as_number(take.held)


def _where(prepared: Prepared, row: PlannedTake) -> str:
    """The file that holds the take, relative to the output folder."""
    named = (name for name, event in prepared.tally.delivered.items() if event["take"] == row.name)
    name = next(named, row.file)
    return name if (prepared.out / name).exists() else f"{name} (missing; a run restores it)"


def _is_pick(prepared: Prepared, row: PlannedTake) -> bool:
    picked = prepared.tally.picks.get(row.shot)
    return picked is not None and picked["number"] == row.number and picked["fp"] == row.fingerprint
