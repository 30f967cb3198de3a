"""What a cancelling will do and has done: as text and as data."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from sorapipe.core.price import ZERO, as_number
from sorapipe.core.take import Take
from sorapipe.errors import one_line, printable
from sorapipe.report.summary import at_most, total
from sorapipe.run.cancel import RENDERED, Cancelling


def intended(takes: list[Take], address: str) -> list[str]:
    """What is about to be given up, each with its highest price, then the sum."""
    unpriced = sum(take.intent["price"] is None for take in takes)
    sums = total(sum((take.held for take in takes), ZERO), unpriced)
    renders = "1 render" if len(takes) == 1 else f"{len(takes)} renders"
    lines = [f"{take.name} is {take.video}, {at_most(take, take.held)}" for take in takes]
    lines.append(f"server: {address}; deletes {renders}, and up to {sums} stays counted as spent")
    return [printable(line) for line in lines]


def as_data(done: Cancelling) -> dict[str, Any]:
    """The outcome for programs; `at_most` is None where nobody knows the price."""
    tally = done.tally
    given_up = (
        {
            "take": take.name,
            "video": take.video,
            "at_most": as_number(None if take.intent["price"] is None else take.spent),
            "why": take.why,
        }
        for take in done.given_up
    )
    left = ((tally.take(mark), why) for mark, why in done.left.items())
    return {
        "version": 1,
        "cancelled": list(given_up),
        "left": [{"take": take.name, "video": take.video, "why": why} for take, why in left],
        "unresolved": [take.name for take in tally.unsettled],
        "committed": as_number(tally.committed),
    }


def as_text(done: Cancelling) -> Iterator[str]:
    """A line for each take that was given up."""
    for take in done.given_up:
        yield one_line(take.name, take.why or "", f"{at_most(take, take.spent)} stays spent")


def left(done: Cancelling, run: str, resolve: str) -> Iterator[str]:
    """A line for each take that stays in flight; `run` fetches it, `resolve` can settle it."""
    for mark, why in done.left.items():
        name = done.tally.take(mark).name
        fix = f"fetch it with: {run}" if why == RENDERED else ""
        if mark in done.undeleted:
            fix = f"give it up unseen with: {resolve} {shlex.quote(name)} --write-off"
        yield one_line(name, f"not cancelled: {why}", fix)
