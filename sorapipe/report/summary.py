"""The end of a run for people: what was made, what it cost, where it lies, what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from decimal import Decimal

from sorapipe.core.price import ZERO, told
from sorapipe.core.take import State, Take
from sorapipe.errors import printable
from sorapipe.run.outcome import Outcome

FEW = 20  # lines of one kind before the rest is only counted


def as_text(outcome: Outcome, command: str, resolve: str, *, quiet: bool = False) -> str:
    """The summary; with `quiet` only what went wrong.

    `command` goes on with the run, `resolve` begins the one that settles a payment.
    """
    lines = list(_troubles(outcome, command, resolve))
    if not quiet:
        lines += _numbers(outcome)
    return "\n".join(printable(line) for line in lines)


def _numbers(outcome: Outcome) -> Iterator[str]:
    counts = [f"{len(outcome.made)} made", f"{len(outcome.reused)} reused"]
    counts += [f"{len(outcome.failed)} failed"] if outcome.failed else []
    counts += [f"{len(outcome.blocked)} blocked"] if outcome.blocked else []
    takes = "take" if outcome.wanted == 1 else "takes"
    cost = total(outcome.cost, outcome.unpriced)
    yield f"{', '.join(counts)} of {outcome.wanted} {takes}; this run cost {cost}"
    yield f"videos: {outcome.out}"


def _troubles(outcome: Outcome, command: str, resolve: str) -> Iterator[str]:
    lost = {take.name for take in outcome.lost}
    failed = ((name, why) for name, why in outcome.failed.items() if name not in lost)
    yield from _few(f"{name}: {why}" for name, why in failed)
    yield from _few(f"{name}: blocked: {why}" for name, why in outcome.blocked.items())
    for take in outcome.lost:
        free = take.intent.get("price") == 0
        paid = "" if free else f"paid, {at_most(take, take.spent)}, and "
        yield f"{take.name}: {paid}lost: {take.why}"
    for take in outcome.unknown:
        yield from _unknown(take, resolve)
    if outcome.in_flight:
        waits = all(take.state is State.RENDERED for take in outcome.in_flight)
        state = "rendered, and not fetched yet" if waits else "still rendering"
        yield f"{state}; go on with: {command}"
        yield from _few(f"  {take.name} is {take.video}" for take in outcome.in_flight)
    for take in outcome.elsewhere:
        there = f"{take.intent['provider']} ({take.intent['address']})"
        yield f"{take.name} is still {take.video} at {there}; a run with that server fetches it"
    if outcome.refused:
        yield f"nothing new was sent after the server refused: {outcome.refused}"
    if outcome.over_budget:
        yield f"the budget stopped it at {outcome.over_budget}"
    if outcome.storage:
        yield f"stopped, since this machine's disk refused: {outcome.storage}"
    elif outcome.signal and not outcome.in_flight:
        yield f"interrupted; go on with: {command}"


def _unknown(take: Take, resolve: str) -> Iterator[str]:
    why = take.why or "the run ended before its answer"
    yield f"{take.name}: may have been paid, {at_most(take, take.held)}: {why}"
    first = "" if take.state is State.UNKNOWN else "the next run looks for it; or "
    yield f"  {first}settle it: {settling(take, resolve)}"


def total(amount: Decimal, unpriced: int) -> str:
    """A sum for people, with how many more cost what nobody knows."""
    return told(amount) + (f", and {unpriced} of unknown price" if unpriced else "")


def at_most(take: Take, amount: Decimal) -> str:
    """What was paid for the take at most, for people."""
    unknown = take.intent.get("price", ZERO) is None
    return "of unknown price" if unknown else f"up to {told(amount)}"


def settling(take: Take, resolve: str) -> str:
    """The command that settles a payment which nobody else can."""
    return f"{resolve} {shlex.quote(take.name)} --adopt ID | --resubmit | --write-off"


def _few(lines: Iterator[str]) -> Iterator[str]:
    count = 0
    for line in lines:
        count += 1
        if count <= FEW:
            yield line
    if count > FEW:
        yield f"... and {count - FEW} more; 'sorapipe status' lists them"
