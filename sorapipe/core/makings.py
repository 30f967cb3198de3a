"""What every take of a plan is to be made of. Pure."""

from __future__ import annotations

from sorapipe.core.plan import Bytes, Facts, Plan, PlannedTake
from sorapipe.core.planner import Planner
from sorapipe.core.stale import making
from sorapipe.core.storyboard import Storyboard
from sorapipe.core.why import Making


def makings(storyboard: Storyboard, plan: Plan, facts: Facts) -> dict[str, Making]:
    """By the takes' names (`SHOT@N`); open where the parent's pick is still to come."""
    shots = {shot.id: shot for shot in storyboard.shots}
    rows: dict[str, list[PlannedTake]] = {}
    for row in plan.takes:
        rows.setdefault(row.shot, []).append(row)
    planner = Planner(facts, frozenset(row.shot for row in plan.takes if row.anew))
    picks: dict[str, Bytes | None] = {
        shot: facts.held.get(mark) for shot, (_, mark) in plan.given.items()
    }
    picks |= {shot: planner.pick(shots[shot], takes).bytes for shot, takes in rows.items()}
    return {
        row.name: making(
            facts,
            shots[row.shot],
            row.number,
            row.operation,
            picks.get(shots[row.shot].parent or ""),
        )
        for row in plan.takes
    }
