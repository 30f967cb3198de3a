"""A run while it goes on: a bar on a terminal, plain lines elsewhere, or JSON lines for programs.

Whoever closes our output early must not kill a run that has renders in flight: from then on there
is silence.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from math import inf
from typing import TextIO

from sorapipe.core.plan import Plan
from sorapipe.core.price import ZERO, told, usd
from sorapipe.core.take import Event
from sorapipe.errors import printable
from sorapipe.run.session import Listener

_PLAIN = {
    "accepted": "in flight as {video}",
    "adopted": "found again as {video}",
    "throttled": "the server asks to wait{wait}",
    "unreached": "not reached: {why}",
    "not-sent": "not sent: {why}",
    "rejected": "rejected: {why}",
    "ambiguous": "no clear answer; looking for it: {why}",
    "looking": "not found so far; looking for {seconds:.0f} s more",
    "unknown": "payment unknown: {why}",
    "failed": "failed: {why}",
    "lost": "lost: {why}",
    "blocked": "blocked: {why}",
    "kept": "kept, {bytes} bytes",
    "reused": "reused from the store",
    "waiting": "waits: {why}",
    "duplicate": "paid twice by the server: {video} turned up late",
    "duplicate-kept": "{video}, which was paid twice, is kept as {file}",
    "duplicate-lost": "{video}, which was paid twice, is lost: {why}",
    "set-aside": "{file} was not ours; it is now {aside}",
}
# What is told in a line of its own above the bar.
_TOLD = frozenset({"failed", "lost", "rejected", "ambiguous", "unknown", "unreached", "set-aside"})
_TOLD |= {"duplicate", "duplicate-kept", "duplicate-lost"}
_REPEATS = 60.0  # seconds after which a server that still asks to wait is told of again
_ENDS = frozenset({"kept", "reused", "failed", "lost", "rejected", "unknown", "blocked"})


@contextmanager
def watcher(plan: Plan, *, json_lines: bool, quiet: bool) -> Iterator[Listener]:
    """The listener for a run, as the command line and the terminal ask for it.

    Raises, once the run has ended, the OSError that kept events from stdout, unless it is only that
    nobody reads it any more: what a program was promised is not there.
    """
    if json_lines:
        failed: list[OSError] = []
        yield _writer(sys.stdout, lambda event: json.dumps(event, ensure_ascii=False), failed)
        if failed and not isinstance(failed[0], BrokenPipeError):
            raise failed[0]
    elif quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar(plan) as listener:
            yield listener
    else:
        yield _writer(sys.stderr, _lines(), [])


def _writer(stream: TextIO, render: Callable[[Event], str], failed: list[OSError]) -> Listener:
    """Writes events until that fails; then `failed` has why."""

    def write(event: Event) -> None:
        text = render(event)
        if failed or not text:
            return
        try:
            print(text, file=stream, flush=True)
        except OSError as error:
            failed.append(error)

    return write


def _lines() -> Callable[[Event], str]:
    """`_line`, but a server that asks to wait is told once, until it asks for longer, or for long.

    Every take and every try is an event of its own, and nobody can do anything but wait.
    """
    longest, last = 0.0, -inf

    def line(event: Event) -> str:
        nonlocal longest, last
        if event["event"] == "throttled":
            wait = event.get("retry_after") or 0.0
            now = datetime.fromisoformat(event["at"]).timestamp()
            if now - last < _REPEATS and wait <= longest:
                return ""
            longest, last = wait, now
        return _line(event)

    return line


def _line(event: Event) -> str:
    """The event in one line, or nothing where it is not worth one."""
    pattern = _PLAIN.get(event["event"])
    if pattern is None:
        return ""
    asked = event.get("retry_after")
    facts = {"why": "", "wait": f" {asked:g} s" if asked else "", **event}
    return printable(f"{event.get('take', 'run')}: " + pattern.format(**facts))


@contextmanager
def _bar(plan: Plan) -> Iterator[Listener]:
    from tqdm import tqdm

    flying: set[str] = set()
    waiting: set[str] = set()
    ended: set[str] = set()
    cost = ZERO
    with tqdm(
        total=len(plan.takes), unit="take", dynamic_ncols=True, leave=False, file=sys.stderr
    ) as bar:

        def see(event: Event) -> None:
            nonlocal cost
            name, take = event["event"], event.get("take", "")
            if name == "waiting":
                waiting.add(take)
            elif take in waiting and name in ("intent", *_ENDS):
                waiting.discard(take)
            if name == "intent":
                flying.add(take)
                cost += usd(event["price"] or 0)
            elif name in ("not-sent", "throttled", "rejected", "absent"):
                flying.discard(take)
            if name in _ENDS and take not in ended:
                ended.add(take)
                flying.discard(take)
                bar.update()
            if name in _TOLD:
                with suppress(OSError):
                    bar.write(_line(event), file=sys.stderr)
            others = f", {len(waiting)} in another run" if waiting else ""
            text = f"{len(flying)} in flight{others}, up to {told(cost)}"
            bar.set_postfix_str(text, refresh=False)
            bar.refresh()  # a render may take minutes: the time that passes is news, too

        yield see
