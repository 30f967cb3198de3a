"""A plan as text and as data (`schemas/plan.schema.json`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sorapipe.core import graph
from sorapipe.core.makings import makings
from sorapipe.core.plan import Decision, PlannedTake
from sorapipe.core.price import as_number, told
from sorapipe.core.storyboard import Shot
from sorapipe.core.why import Making
from sorapipe.errors import printable
from sorapipe.run.prepare import Prepared
from sorapipe.run.prices import Prices
from sorapipe.run.saved import origin
from sorapipe.run.session import redacted


def as_data(prepared: Prepared, words: Sequence[str]) -> dict[str, Any]:
    """The plan for programs; amounts are USD, None where nobody knows.

    `words` is the command line that it was made with, so that it can be applied later.
    """
    plan = prepared.plan
    shots = {shot.id: shot for shot in prepared.loaded.storyboard.shots}
    made_of = makings(prepared.loaded.storyboard, plan, prepared.facts)
    parents = {shot.id: shot.parent for shot in shots.values()}
    levels = {shot: level for level, row in enumerate(graph.levels(parents)) for shot in row}
    return {
        "version": 1,
        "storyboard": prepared.loaded.digest,
        "title": prepared.provider.api_key.redact(prepared.loaded.storyboard.title),
        "out": str(prepared.out),
        "provider": {
            "name": prepared.provider.name,
            "profile": prepared.provider.profile.name,
            "address": prepared.address,
            "why": prepared.provider.why,
            "checked": prepared.provider.profile.checked.isoformat(),
        },
        "takes": [
            _row(take, shots[take.shot], levels[take.shot])
            | _priced(take, shots, prepared.prices)
            | _made_of(made_of[take.name], prepared)
            for take in plan.takes
        ],
        "render": plan.count(Decision.RENDER),
        "reuse": plan.count(Decision.REUSE),
        "blocked": plan.count(Decision.BLOCKED),
        "price": as_number(plan.price),
        "unpriced": len(plan.unpriced),
        "held": as_number(prepared.tally.committed),
        "budget": as_number(prepared.loaded.storyboard.budget),
        "selected": None if (chosen := prepared.facts.selected) is None else sorted(chosen),
        "apply": origin(prepared, words),
    }


def _row(take: PlannedTake, shot: Shot, level: int) -> dict[str, Any]:
    return {
        "take": take.name,
        "shot": take.shot,
        "number": take.number,
        "decision": take.decision.value,
        "reason": take.reason,
        "price": as_number(take.price),
        "operation": take.operation,
        "parent": shot.parent,
        "level": level,
        "file": take.file,
        "fingerprint": take.fingerprint,
    }


def _made_of(making: Making, prepared: Prepared) -> dict[str, Any]:
    """What the take is made of, as the ledger would keep it."""
    request = redacted(prepared.provider.api_key, making.request)
    return {"request": request, "source": making.source}


def _priced(take: PlannedTake, shots: Mapping[str, Shot], prices: Prices) -> dict[str, Any]:
    """Who says the price of that take, and since when; nothing where nothing is paid."""
    shot = shots[take.shot]
    if take.decision is not Decision.RENDER or take.price is None:
        return {"price_from": None, "priced": None}
    dated = prices.dated(shot.model, shot.size)
    return {
        "price_from": prices.source(shot.model),
        "priced": None if dated is None else dated.isoformat(),
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
    lines += _selected(prepared) + _price_lines(prepared)
    profile = prepared.provider.profile
    lines.append(
        f"server: {prepared.address} ({profile.name}; {prepared.provider.why}); "
        f"abilities as of {profile.checked.isoformat()}"
    )
    if prepared.loaded.storyboard.budget is not None:
        held, cap = prepared.tally.committed, prepared.loaded.storyboard.budget
        lines.append(f"budget: {told(held)} of {told(cap)} spent or reserved so far")
    return "\n".join(printable(line) for line in lines)


def _selected(prepared: Prepared) -> list[str]:
    """How many shots are meant, and the first of those that are not."""
    facts, shots = prepared.facts, prepared.loaded.storyboard.shots
    if facts.selected is None:
        return []
    others = [shot.id for shot in shots if not facts.selects(shot.id)]
    few = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
    counts = f"selected: {len(shots) - len(others)} of {len(shots)} shots"
    return [counts + (f", not {few}" if others else "")]


def _price_lines(prepared: Prepared) -> list[str]:
    """The prices that the sum is made of, each with who says it and since when."""
    shots = {shot.id: shot for shot in prepared.loaded.storyboard.shots}
    bought = (shots[take.shot] for take in prepared.plan.takes if take.price)
    found = dict.fromkeys((shot.model, shot.size) for shot in bought)
    lines = []
    for model, size in found:
        source = prepared.prices.source(model)
        dated = prepared.prices.dated(model, size)
        since = "" if dated is None else f", of {dated.isoformat()}"
        who = f"the profile{since}" if source == "profile" else f"your {source}"
        price = told(prepared.prices.per_second(model, size))
        lines.append(f"price: {price} a second of {model} at {size} ({who})")
    return lines


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
