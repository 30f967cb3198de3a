"""Why a take would be rendered: what changed since the one that is there, as text and as data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sorapipe.core.plan import Bytes, Decision, Facts, PlannedTake
from sorapipe.core.planner import Planner
from sorapipe.core.price import as_number, told, usd
from sorapipe.core.stale import making, since, there
from sorapipe.core.standing import state_of
from sorapipe.core.storyboard import Shot
from sorapipe.core.take import Take
from sorapipe.core.why import Change, making_of, word_by_word
from sorapipe.errors import printable
from sorapipe.report.plan import table
from sorapipe.report.takes import moment
from sorapipe.run.prepare import Prepared


@dataclass(frozen=True, slots=True)
class Why:
    """One take: its row in the plan, the take that is there under its name, and what changed.

    `found` is None where there is nothing to compare, or nobody knows what that was made of.
    """

    row: PlannedTake
    state: str
    old: Take | None
    found: list[Change] | None


def reasons(prepared: Prepared, rows: list[PlannedTake]) -> list[Why]:
    """What there is to say about each of those rows, all of one shot."""
    return [_why(prepared, row) for row in rows]


def _why(prepared: Prepared, row: PlannedTake) -> Why:
    facts = prepared.facts
    shots = {shot.id: shot for shot in prepared.loaded.storyboard.shots}
    shot, old = shots[row.shot], there(facts, row.name)
    found: list[Change] | None = None
    if old is not None and old.fingerprint == row.fingerprint:
        found = []
    elif old is not None:
        parent = _parent_bytes(prepared, shots.get(shot.parent or ""))
        found = since(old, making(facts, shot, row.number, row.operation, parent))
    return Why(row, state_of(row, facts), old, found)


def _parent_bytes(prepared: Prepared, parent: Shot | None) -> Bytes | None:
    """The bytes that the plan lets the shot start from, if they are known already."""
    if parent is None:
        return None
    rows = prepared.plan.takes
    planner = Planner(prepared.facts, frozenset(row.shot for row in rows if row.anew))
    return planner.pick(parent, [row for row in rows if row.shot == parent.id]).bytes


def as_data(prepared: Prepared, whys: list[Why]) -> dict[str, Any]:
    """For programs: the values whole, digests in full."""
    return {
        "version": 1,
        "takes": [
            {
                "take": why.row.name,
                "state": why.state,
                "decision": why.row.decision.value,
                "reason": why.row.reason,
                "there": _there(prepared, why.old),
                "changes": None if why.found is None else [_change(one) for one in why.found],
            }
            for why in whys
        ],
    }


def _change(change: Change) -> dict[str, Any]:
    return {"field": change.field, "before": change.before, "after": change.after}


def _there(prepared: Prepared, old: Take | None) -> dict[str, Any] | None:
    if old is None:
        return None
    made = making_of(old)
    return {
        "fingerprint": old.fingerprint,
        "sha256": old.sha256,
        "kept": old.kept.get("at"),
        "cost": as_number(usd(old.kept.get("cost", 0))),
        "files": _files(prepared, old),
        "request": None if made is None else made.request,
    }


def as_text(prepared: Prepared, whys: list[Why]) -> str:
    """For people: what is there, what is wanted, and every field that is not as it was."""
    lines = [line for why in whys for line in _lines(prepared, why)]
    return "\n".join(printable(line) for line in lines)


def _lines(prepared: Prepared, why: Why) -> Iterator[str]:
    row = why.row
    yield f"{row.name}: {why.state}; planned: {row.decision.value} ({row.reason})"
    if why.old is None:
        twin = prepared.facts.tally.take(row.fingerprint or "")
        yield f"  nothing was kept as {row.name} yet" + (
            f"; the same was kept as {twin.name}" if twin.kept and twin.name != row.name else ""
        )
        return
    places = ", ".join(_files(prepared, why.old)) or "not in the output folder"
    cost = told(usd(why.old.kept.get("cost", 0)))
    yield f"  there: {places}, kept {moment(why.old.kept['at'])}, {cost}"
    if why.found is None:
        yield "  an older version kept it, and did not write down what it was made of"
    elif not why.found and row.fingerprint is not None:
        yield "  it is what is wanted: nothing changed"
    else:
        rows = [_row(prepared.facts, change) for change in why.found]
        yield from (f"  {line}" for line in table(("field", "what changed"), rows) if rows)
    if row.fingerprint is None and row.decision is Decision.RENDER:
        stays = "" if why.found else "; where that comes out the same, this take stays"
        yield f"  its parent is rendered first{stays}"


def _row(facts: Facts, change: Change) -> tuple[str, str]:
    before, after = change.before, change.after
    if change.field == "prompt":
        return change.field, word_by_word(str(before), str(after))
    if change.field in ("parent", "reference"):
        return change.field, f"{_named(facts, before)} -> {_named(facts, after)}"
    return change.field, f"{_value(before)} -> {_value(after)}"


def _value(value: Any) -> str:
    if value is None:
        return "(not said)"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _named(facts: Facts, sha256: Any) -> str:
    """A source by the take or the file that has those bytes, and the digest's beginning."""
    if sha256 is None:
        return "(none)"
    takes = (take.name for take in facts.tally.takes.values() if take.sha256 == sha256)
    files = (path for path, digest in facts.pictures.items() if digest == sha256)
    name, short = next(chain(takes, files), None), str(sha256)[:12]
    return short if name is None else f"{name} ({short})"


def _files(prepared: Prepared, old: Take) -> list[str]:
    """The files in the output folder that hold the take."""
    delivered = prepared.tally.delivered.items()
    return [
        name
        for name, event in delivered
        if event["fp"] == old.fingerprint and (prepared.out / name).exists()
    ]
