"""The end of a run for people: what was made, what it cost, where it lies, what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from decimal import Decimal

from sorapipe.core.price import ZERO, told, usd
from sorapipe.core.take import Event, State, Take
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
    still = [f"{len(outcome.in_flight)} in flight"] if outcome.in_flight else []
    still += [f"{len(outcome.unknown)} of unknown fate"] if outcome.unknown else []
    most = "up to " if still and outcome.cost else ""
    cost = f"this run cost {most}{total(outcome.cost, outcome.unpriced)}"
    done = f"{', '.join(counts)} of {outcome.wanted} {takes}"
    yield "; ".join(filter(None, (done, ", ".join(still), cost)))
    yield f"videos: {outcome.out}"


def _troubles(outcome: Outcome, command: str, resolve: str) -> Iterator[str]:
    lost = {take.name for take in outcome.lost}
    failed = ((name, why) for name, why in outcome.failed.items() if name not in lost)
    yield from _few(f"{name}: {why}" for name, why in failed)
    yield from _few(f"{name}: blocked: {why}" for name, why in outcome.blocked.items())
    yield from map(gone, outcome.lost)
    for take in outcome.unknown:
        yield from _unknown(take, resolve)
    yield from (late(event) for event in outcome.late)
    if outcome.in_flight:
        waits = all(take.state is State.RENDERED for take in outcome.in_flight)
        state = "rendered, and not fetched yet" if waits else "still rendering"
        yield f"{state}; go on with: {command}"
        yield from _few(f"  {take.name} is {take.video}" for take in outcome.in_flight)
    for take in outcome.elsewhere:
        there = f"{take.intent['provider']} ({take.intent['address']})"
        yield f"{take.name} is still {take.video} at {there}; a run with that server fetches it"
    if outcome.arriving and not outcome.in_flight:
        yield f"go on with: {command}"
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
    if take.state is not State.UNKNOWN:
        yield "  the next run looks for it; or settle it yourself:"
    yield from (f"  {what}: {command}" for what, command in settling(take, resolve))


def gone(take: Take) -> str:
    """A video that was paid for and never came home, with its price."""
    paid = "" if take.intent.get("price") == 0 else f"paid, {at_most(take, take.spent)}, and "
    return f"{take.name}: {paid}lost: {take.why}"


def late(event: Event) -> str:
    """A video that the server was paid for twice: its price, and where it is."""
    cost = event.get("price")
    price = "an unknown price" if cost is None else f"up to {told(usd(cost))}"
    if event["event"] == "duplicate-kept":
        rest = f"it is kept as {event['file']}"
    elif event["event"] == "duplicate-lost":
        rest = f"it is lost: {event['why']}"
    else:
        rest = "it is not fetched yet"
    return f"{event['take']}: paid twice, {price} more: {event['video']} turned up late; {rest}"


def total(amount: Decimal, unpriced: int) -> str:
    """A sum for people, with how many more cost what nobody knows."""
    return told(amount) + (f", and {unpriced} of unknown price" if unpriced else "")


def at_most(take: Take, amount: Decimal) -> str:
    """What was paid for the take at most, for people."""
    unknown = take.intent.get("price", ZERO) is None
    return "of unknown price" if unknown else f"up to {told(amount)}"


def settling(take: Take, resolve: str) -> list[tuple[str, str]]:
    """The commands that settle a payment which nobody else can, each with when it is right."""
    command = f"{resolve} {shlex.quote(take.name)}"
    return [
        ("if it was accepted, as ID", f"{command} --adopt ID"),
        ("if it was not, to buy it", f"{command} --resubmit"),
        ("to give it up as spent", f"{command} --write-off"),
    ]


def _few(lines: Iterator[str]) -> Iterator[str]:
    count = 0
    for line in lines:
        count += 1
        if count <= FEW:
            yield line
    if count > FEW:
        yield f"... and {count - FEW} more; 'sorapipe status' lists them"
