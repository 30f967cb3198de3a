"""Where a storyboard stands, from plan and ledger: as text and as data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from sorapipe.core.plan import Decision, PlannedTake
from sorapipe.core.price import as_number
from sorapipe.core.take import OPEN, State, Take
from sorapipe.errors import printable
from sorapipe.report.plan import table
from sorapipe.report.summary import at_most, gone, late, settling, total
from sorapipe.run.orphans import unwanted
from sorapipe.run.prepare import Prepared, open_here

# The command line of `run`, `resolve` or `cancel` for the server of that take.
Line = Callable[[str, Take], str]


def as_data(prepared: Prepared, line: Line) -> dict[str, Any]:
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
                "provider": take.intent["provider"],
                "address": take.intent["address"],
                "at_most": _at_most(take, take.held),
                "why": take.why,
                "next": [command for _, command in next_steps(prepared, take, line)],
            }
            for take in (tally.takes[mark] for mark in tally.open)
        ],
        "late": [
            {
                key: event.get(key)
                for key in ("take", "video", "address", "price", "event", "file", "why")
            }
            for event in tally.duplicates.values()
        ],
        "lost": [
            {"take": take.name, "at_most": _at_most(take, take.spent), "why": take.why}
            for take in _lost(prepared)
        ],
        "unwanted": unwanted(prepared),
        "committed": as_number(tally.committed),
    }


def as_text(prepared: Prepared, line: Line, clean: str) -> str:
    """The status for people; `clean` is the command line that removes what nobody wants."""
    rows = [
        (
            ("* " if _is_pick(prepared, row) else "  ") + row.name,
            standing(row),
            _where(prepared, row) if row.decision is Decision.REUSE else _more(row),
        )
        for row in prepared.plan.takes
    ]
    lines = table(("  take", "standing", ""), rows)
    spent = total(prepared.tally.committed, len(prepared.tally.unpriced))
    lines.append(f"spent or reserved so far: {spent}")
    lines.append(f"videos: {prepared.out}")
    lines += _open(prepared, line)
    lines += map(gone, _lost(prepared))
    lines += map(late, prepared.tally.duplicates.values())
    left = unwanted(prepared)
    lines += [f"no longer wanted: {name}" for name in left]
    lines += [f"  to remove them: {clean}"] if left else []
    return "\n".join(printable(line) for line in lines)


def _lost(prepared: Prepared) -> list[Take]:
    """The wanted takes that were paid for, and gone before they were fetched."""
    takes = (prepared.tally.take(row.fingerprint or "") for row in prepared.plan.takes)
    return [take for take in takes if take.state is State.LOST]


def _open(prepared: Prepared, line: Line) -> Iterator[str]:
    """Every open payment, with its highest price and the command that goes on with it."""
    takes = [prepared.tally.takes[mark] for mark in prepared.tally.open]
    said: list[tuple[str, str]] = []
    for take in sorted(takes, key=lambda take: (take.video is not None, line("run", take))):
        steps = next_steps(prepared, take, line)
        if said and steps != said:
            yield from (f"  {what}: {command}" for what, command in said)
        said = steps
        place = f"{take.intent['provider']} ({take.intent['address']})"
        known = "of unknown fate" if take.video is None else f"{take.state} as {take.video}"
        why = f": {take.why}" if take.why and take.video is None else ""
        yield f"open: {take.name} is {known} at {place}, {at_most(take, take.held)}{why}"
    yield from (f"  {what}: {command}" for what, command in said)


def next_steps(prepared: Prepared, take: Take, line: Line) -> list[tuple[str, str]]:
    """The commands that go on with an open payment, each with what it is for."""
    if take.video is None:
        look = [] if take.state is State.UNKNOWN else [("to look for it", line("run", take))]
        return look + settling(take, line("resolve", take))
    steps = [("to see it through", line("run", take))]
    deletes = open_here(take, prepared) and prepared.provider.profile.delete
    if take.state is State.RENDERING and deletes:
        steps.append(("to give it up, after a question", line("cancel", take)))
    return steps


def standing(row: PlannedTake) -> str:
    """A word for where the take stands."""
    if row.decision is Decision.REUSE:
        return "there"
    if row.decision is Decision.BLOCKED and row.state is State.WANTED:
        return "blocked"
    return (
        row.state.value
        if row.state in OPEN or row.state is not State.WANTED
        else row.reason.partition(";")[0]
    )


def _more(row: PlannedTake) -> str:
    """The reason, where it says more than the standing beside it."""
    return "" if row.reason in (standing(row), "in flight") else row.reason


def _at_most(take: Take, amount: Decimal) -> float | None:
    """What was paid for it at most; None where nobody knows the price."""
    return None if take.intent.get("price", 0) is None else as_number(amount)


def _where(prepared: Prepared, row: PlannedTake) -> str:
    """The file that holds the take, relative to the output folder."""
    named = (name for name, event in prepared.tally.delivered.items() if event["take"] == row.name)
    name = next(named, row.file)
    return name if (prepared.out / name).exists() else f"{name} (missing; a run restores it)"


def _is_pick(prepared: Prepared, row: PlannedTake) -> bool:
    picked = prepared.tally.picks.get(row.shot)
    return picked is not None and picked["number"] == row.number and picked["fp"] == row.fingerprint
