"""A plan as text and as data (`schemas/plan.schema.json`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sorapipe.core import graph
from sorapipe.core.plan import Decision, PlannedTake
from sorapipe.core.price import as_number, told
from sorapipe.errors import printable
from sorapipe.run.prepare import Prepared


def as_data(prepared: Prepared) -> dict[str, Any]:
    """The plan for programs; amounts are USD, None where nobody knows."""
    plan = prepared.plan
    parents = {shot.id: shot.parent for shot in prepared.loaded.storyboard.shots}
    levels = {shot: level for level, shots in enumerate(graph.levels(parents)) for shot in shots}
    return {
        "version": 1,
        "storyboard": prepared.loaded.digest,
        "title": prepared.loaded.storyboard.title,
        "out": str(prepared.out),
        "provider": {
            "name": prepared.provider.name,
            "profile": prepared.provider.profile.name,
            "address": prepared.address,
            "why": prepared.provider.why,
            "checked": prepared.provider.profile.checked.isoformat(),
        },
        "takes": [_row(take, parents[take.shot], levels[take.shot]) for take in plan.takes],
        "render": plan.count(Decision.RENDER),
        "reuse": plan.count(Decision.REUSE),
        "blocked": plan.count(Decision.BLOCKED),
        "price": as_number(plan.price),
        "unpriced": len(plan.unpriced),
        "held": as_number(prepared.tally.committed),
        "budget": as_number(prepared.loaded.storyboard.budget),
    }


def _row(take: PlannedTake, parent: str | None, level: int) -> dict[str, Any]:
    return {
        "take": take.name,
        "shot": take.shot,
        "number": take.number,
        "decision": take.decision.value,
        "reason": take.reason,
        "price": as_number(take.price),
        "operation": take.operation,
        "parent": parent,
        "level": level,
        "file": take.file,
        "fingerprint": take.fingerprint,
    }


def as_text(prepared: Prepared) -> str:
    """The plan for people: a row for each take, then the sum."""
    plan = prepared.plan
    rows = [(take.name, take.decision.value, _price(take), take.reason) for take in plan.takes]
    lines = table(("take", "decision", "at most", "reason"), rows)
    lines.append("")
    counts = (
        f"{plan.count(decision)} to {word}"
        for decision, word in ((Decision.RENDER, "render"), (Decision.REUSE, "reuse"))
    )
    blocked = plan.count(Decision.BLOCKED)
    lines.append(
        ", ".join(counts)
        + (f", {blocked} blocked" if blocked else "")
        + f"; at most {told(plan.price)}"
        + _unpriced(plan.unpriced)
    )
    profile = prepared.provider.profile
    lines.append(
        f"server: {prepared.address} ({profile.name}; {prepared.provider.why}); "
        f"prices and abilities as of {profile.checked.isoformat()}"
    )
    if prepared.loaded.storyboard.budget is not None:
        held, cap = prepared.tally.committed, prepared.loaded.storyboard.budget
        lines.append(f"budget: {told(held)} of {told(cap)} spent or reserved so far")
    return "\n".join(printable(line) for line in lines)


def _price(take: PlannedTake) -> str:
    if take.decision is not Decision.RENDER:
        return ""
    return "unknown" if take.price is None else told(take.price)


def _unpriced(takes: Iterable[PlannedTake]) -> str:
    names = [take.name for take in takes]
    if not names:
        return ""
    few = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
    return f", and what {len(names)} of unknown price cost ({few}; say it with --price MODEL=USD)"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines with the columns under each other; the last column is as long as it is."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head) - 1)]
    return [
        "  ".join(
            (*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1])
        ).rstrip()
        for row in (head, *rows)
    ]
