"""The runs of a ledger, one a line: as text and as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sorapipe.core.price import as_number
from sorapipe.core.runs import Run
from sorapipe.errors import printable
from sorapipe.report.plan import table
from sorapipe.report.summary import total
from sorapipe.report.takes import moment

_WORDS = {
    0: "all is there",
    3: "a payment is unresolved",
    4: "local storage failed",
    6: "the budget stopped it",
    7: "credentials or quota refused",
    8: "something would have to be rendered",
    130: "interrupted",
    143: "interrupted",
}


def as_data(found: Iterable[Run], holder: tuple[int, str] | None) -> list[dict[str, Any]]:
    """The runs for programs, oldest first; amounts are USD.

    What a run without an end came to is counted from what happened; the rest of it is None.
    """
    return [_data(run, holder) for run in found]


def _data(run: Run, holder: tuple[int, str] | None) -> dict[str, Any]:
    start, end = run.started, run.ended or {}
    return {
        "run": run.number,
        "id": start["run"],
        "started": start["at"],
        "ended": end.get("at"),
        "seconds": seconds(run),
        "running": goes_on(run, holder),
        "exit": end.get("exit"),
        "outcome": outcome(run, holder),
        "wanted": end.get("wanted", start["render"] + start["reuse"] + start["blocked"]),
        "made": end.get("made", run.made),
        "reused": end.get("reused"),
        "failed": _many(end.get("failed")),
        "blocked": _many(end.get("blocked")),
        "in_flight": _many(end.get("in_flight")),
        "creates": end.get("creates", run.creates),
        "cost": as_number(run.cost),
        "unpriced": end.get("unpriced"),
        "provider": start["provider"],
        "address": start["address"],
        "storyboard": start["storyboard"],
        "sorapipe": start["sorapipe"],
    }


def _many(named: Sequence[str] | None) -> int | None:
    return None if named is None else len(named)


def seconds(run: Run) -> float | None:
    """How long it took, by the clock on the wall; None without an end, or if that was set back."""
    if run.ended is None:
        return None
    begun, end = (datetime.fromisoformat(one["at"]) for one in (run.started, run.ended))
    return (end - begun).total_seconds() if end >= begun else None


def goes_on(run: Run, holder: tuple[int, str] | None) -> bool:
    """Whether it is the run of the process that holds the folder now."""
    return run.ended is None and holder is not None and run.started["at"] >= holder[1]


def outcome(run: Run, holder: tuple[int, str] | None) -> str:
    """How it ended, in words."""
    if goes_on(run, holder):
        assert holder is not None
        return f"is running (pid {holder[0]})"
    if run.ended is None:
        return "did not end: it was killed"
    word = _WORDS.get(run.ended["exit"])
    if word is not None:
        return word
    counts = ((len(run.ended[key]), key.replace("_", " ")) for key in _SHORT)
    return ", ".join(f"{count} {key}" for count, key in counts if count) or "something is missing"


_SHORT = ("failed", "blocked", "in_flight")


def as_text(found: Iterable[Run], holder: tuple[int, str] | None) -> str:
    """The runs for people, newest last."""
    head = ("run", "started", "took", "made", "reused", "failed", "blocked", "creates", "cost")
    lines = table((*head, "provider", "exit", "outcome"), [_cells(run, holder) for run in found])
    return "\n".join(printable(line) for line in lines)


def _cells(run: Run, holder: tuple[int, str] | None) -> tuple[str, ...]:
    data, end = _data(run, holder), run.ended or {}
    counts = ("made", "reused", "failed", "blocked", "creates")
    return (
        str(run.number),
        moment(run.started["at"]),
        _took(seconds(run)),
        *("" if data[key] is None else str(data[key]) for key in counts),
        total(run.cost, end.get("unpriced", 0)),
        run.started["provider"],
        str(end.get("exit", "")),
        outcome(run, holder),
    )


def _took(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest:.0f} s" if minutes else f"{rest:.1f} s"
