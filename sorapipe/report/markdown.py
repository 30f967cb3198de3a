"""A plan as Markdown, for a pull request or the summary of a CI run.

Whatever a storyboard or a server wrote is told as text, and is nothing else: no character of it can
end a cell, open a tag, become a link, or call somebody by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from sorapipe.core.lock import differences
from sorapipe.core.plan import Decision, PlannedTake
from sorapipe.core.price import ZERO, told, usd
from sorapipe.core.storyboard import Shot
from sorapipe.core.wording import shortened
from sorapipe.errors import printable
from sorapipe.run.lock import lock_path
from sorapipe.run.prepare import Prepared

OPEN_ROWS = 50  # a longer table is folded up
MOST_ROWS = 500  # and of a longer one the rest is counted: what takes it in has limits
WORDS = ("new", "changed", "removed", "unchanged")  # how takes stand to the lock
_AT = "&#64;"
_PLAIN = frozenset(" ,/-")  # beside letters and digits: these mean nothing inside a line


def as_markdown(prepared: Prepared) -> str:
    """The plan: counts and sum, a row for each take, what the sum is made of."""
    return "\n".join(_lines(prepared)) + "\n"


def code(text: str) -> str:
    """That text in one line as code, where nothing of it is markup."""
    spelled = (sign if _harmless(sign) else f"&#{ord(sign)};" for sign in printable(text))
    at = f"{_AT}<!-- -->" if "." in text else _AT  # what looks like an address becomes a link
    return f"<code>{''.join(spelled).replace(_AT, at)}</code>"


def _harmless(sign: str) -> bool:
    return sign in _PLAIN or not sign.isascii() or sign.isalnum()


def money(amount: Decimal | None) -> str:
    """`1.20 USD`, as a dollar sign begins a formula in some places; `unknown`."""
    return "unknown" if amount is None else f"{told(amount).removeprefix('$')} USD"


def _lines(prepared: Prepared) -> Iterator[str]:
    storyboard, plan = prepared.loaded.storyboard, prepared.plan
    title = prepared.provider.api_key.redact(storyboard.title)
    yield f"## Plan of {code(title or prepared.loaded.path.name)}"
    yield ""
    counts = [f"{plan.count(Decision.RENDER)} to render", f"{plan.count(Decision.REUSE)} to reuse"]
    if blocked := plan.count(Decision.BLOCKED):
        counts.append(f"{blocked} blocked")
    more = f", and {len(plan.unpriced)} of unknown price" if plan.unpriced else ""
    yield f"**{', '.join(counts)}; at most {money(plan.price)}{more}**"
    yield ""
    if prepared.facts.selected is not None:
        yield f"{len(prepared.facts.selected)} of {len(storyboard.shots)} shots are selected."
        yield ""
    yield from _takes(prepared)
    yield from _prices(prepared)
    yield from _budget(prepared)
    yield from _against_lock(prepared)
    server = f"{prepared.address} ({prepared.provider.profile.name}; {prepared.provider.why})"
    yield f"Server: {code(server)}"


def _takes(prepared: Prepared) -> Iterator[str]:
    rows = prepared.plan.takes
    shots = {shot.id: shot for shot in prepared.loaded.storyboard.shots}
    if not rows:
        return
    if len(rows) > OPEN_ROWS:
        yield f"<details><summary>{len(rows):,} takes</summary>"
        yield ""
    key = prepared.provider.api_key
    cells = [_cells(row, key.redact(shots[row.shot].prompt)) for row in rows[:MOST_ROWS]]
    yield from _table(("take", "decision", "why", "at most", "prompt"), cells)
    if len(rows) > MOST_ROWS:
        yield f"And {len(rows) - MOST_ROWS:,} more."
        yield ""
    if len(rows) > OPEN_ROWS:
        yield "</details>"
        yield ""


def _cells(row: PlannedTake, prompt: str) -> tuple[str, ...]:
    price = money(row.price) if row.decision is Decision.RENDER else ""
    return (
        code(row.name),
        f"**{row.decision}**" if row.decision is not Decision.REUSE else row.decision.value,
        code(row.reason),
        price,
        code(shortened(prompt)),
    )


def _prices(prepared: Prepared) -> Iterator[str]:
    """What the sum is made of, by model and size."""
    shots = {shot.id: shot for shot in prepared.loaded.storyboard.shots}
    bought: dict[tuple[str, str], list[tuple[Shot, PlannedTake]]] = {}
    for row in prepared.plan.takes:
        shot = shots[row.shot]
        if row.decision is Decision.RENDER and row.price != ZERO:
            bought.setdefault((shot.model, shot.size), []).append((shot, row))
    if not bought:
        return
    cells = []
    for (model, size), found in bought.items():
        known = [row.price for _, row in found if row.price is not None]
        dated, source = prepared.prices.dated(model, size), prepared.prices.source(model)
        cells.append(
            (
                code(model),
                size,
                str(len(found)),
                f"{sum((usd(shot.seconds) for shot, _ in found), ZERO):f}",
                money(prepared.prices.per_second(model, size)),
                money(sum(known, ZERO) if known else None),
                f"{source}, {dated.isoformat()}" if dated else source,
            )
        )
    yield from _table(("model", "size", "takes", "seconds", "a second", "at most", "by"), cells)


def _budget(prepared: Prepared) -> Iterator[str]:
    budget = prepared.loaded.storyboard.budget
    if budget is not None:
        held = money(prepared.tally.committed)
        yield f"Budget: {held} of {money(budget)} are spent or reserved so far."
        yield ""


def _against_lock(prepared: Prepared) -> Iterator[str]:
    """How many takes are not what the lock says, and what that makes in money."""
    path, lock = lock_path(prepared.loaded.path), prepared.lock
    if lock is None:
        yield f"There is no lock ({code(path.name)}) to hold it against."
        yield ""
        return
    found = differences(prepared.loaded.storyboard, lock, prepared.facts)
    counts = Counter(one.word for one in found)
    words = ", ".join(f"{counts[word]} {word}" for word in WORDS)
    by = f", which is by {code(lock.provider)}" if lock.provider != prepared.facts.provider else ""
    yield f"Against the lock ({code(path.name)}{by}): {words}."
    shots = {shot.id: shot for shot in prepared.loaded.storyboard.shots}
    wanted = [prepared.facts.highest(shots[one.row.shot]) for one in found if one.row]
    now, then = _sum(wanted), _sum([one.locked.price for one in found if one.locked])
    more = f" ({'+' if now >= then else '-'}{money(abs(now - then))})"
    unknown = None in wanted
    beyond = " and what is unknown" if unknown else ""
    yield f"All of it rendered anew: at most {money(now)}{beyond}."
    yield f"What is locked cost {money(then)}{'' if unknown else more}."
    yield ""


def _sum(prices: Sequence[Decimal | None]) -> Decimal:
    return sum((price for price in prices if price is not None), ZERO)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for cells in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cells)} |"
    yield ""
