"""`sorapipe run`: plan, and carry it out. Running again goes on where the last run stopped."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import ExitStack, closing
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import (
    add_command,
    add_storyboard,
    again,
    open_storyboard,
)
from sorapipe.cli.planning import add_planning, options
from sorapipe.cli.terms import judge, locking, terms
from sorapipe.errors import BudgetExceeded, UsageError, one_line, printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from sorapipe.config import Provider
    from sorapipe.core.tally import Tally
    from sorapipe.ledger import History, Ledger
    from sorapipe.run.prepare import Options, Prepared
    from sorapipe.run.start import Terms
    from sorapipe.store import Store
    from sorapipe.store_roots import Use


_DESCRIPTION = """\
Plan, and carry the plan out: videos and ledger go to the output folder. What is there is
reused, what is in flight is seen through, and nothing is sent twice. Interrupt it at any time;
run it again to go on.
"""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "run", "render what is wanted and not there yet", _DESCRIPTION)
    add_storyboard(parser)
    add_planning(parser)
    parser.add_argument(
        "--lock",
        action="store_true",
        help="write the storyboard's lock anew, also over one by another provider",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit as the outcome says."""
    from dataclasses import replace

    if args.lock and args.locked:
        raise UsageError("--lock", "--locked leaves the lock as it is", "say one of them")
    return execute(args, replace(options(args), lock=args.lock))


def execute(
    args: argparse.Namespace,
    said: Options,
    check: Callable[[Prepared], None] | None = None,
    cap: Decimal | None = None,
) -> int:
    """Plan and carry out; `check` may refuse the plan by an error before anything is done.

    `cap` is the most that it may add, in USD, besides any budget.
    """
    from sorapipe.clock import SystemClock
    from sorapipe.hold import Hold, weak_lock
    from sorapipe.ledger import Ledger
    from sorapipe.run.before import nothing_to_do, set_aside_damaged, worth_a_look
    from sorapipe.run.prepare import out_folder, prepare, read_books, store_root
    from sorapipe.store import Store
    from sorapipe.store_roots import Use

    clock = SystemClock()
    loaded, provider = open_storyboard(args)
    out = out_folder(args.storyboard, args.out)
    with Hold(out, clock), ExitStack() as stack:
        if not args.quiet and (weak := weak_lock(out)) is not None:
            advice = "start no other run of it elsewhere"
            print(one_line(str(out), f"warning: {weak}", advice), file=sys.stderr)
        history, tally = read_books(out / "ledger.jsonl")
        store = Store(store_root(args.store))
        use = stack.enter_context(Use(store.root, out, args.storyboard))
        if history.damage is not None:
            _salvage(history, provider, out, store, use)
            raise history.damage

        plan = partial(prepare, loaded, provider, out=out, store=store, tally=tally, options=said)

        @cache
        def ledger() -> Ledger:  # where there is nothing to do it is left alone
            return stack.enter_context(closing(Ledger.open(out / "ledger.jsonl", clock, history)))

        prepared = plan(now=clock.now())
        if set_aside_damaged(prepared):
            prepared = plan(now=clock.now())
        judge(prepared, said, check)  # before anything is asked or written
        if not said.offline and worth_a_look(prepared, clock.now()):
            _look_first(args, prepared, ledger())
            prepared = plan(now=clock.now())
            judge(prepared, said, check)
        if nothing_to_do(prepared):
            code = Exit.UNRESOLVED if tally.unsettled else Exit.OK
            _nothing(args, prepared, code)
            _lock_at_rest(args, prepared, said)
            return code
        try:
            granted = terms(args, prepared, said, cap)
        except BudgetExceeded as error:
            if not tally.unsettled:
                raise
            print(error, file=sys.stderr)
            _name_open(args, tally)
            return Exit.UNRESOLVED  # where both apply, the open payment comes first
        if not said.offline:
            _probe(store)
        book = ledger()
        use.begin(puts=not said.offline)
        return _carry_out(args, prepared, book, granted)


def _probe(store: Store) -> None:
    """Fail before anything is paid for where what comes of it could not be kept."""
    from sorapipe.files import Temporary, refusals
    from sorapipe.run.prepare import state_root

    with store.incoming(), Temporary(state_root()), ExitStack() as stack, refusals(os.devnull):
        for _ in range(3):  # then as many are open as by ledger, lock and event loop, all in all:
            stack.enter_context(Path(os.devnull).open())  # of that one Python tells it badly


def _lock_at_rest(args: argparse.Namespace, prepared: Prepared, said: Options) -> None:
    """Write the lock though nothing is new: it was asked for, or the last run was killed."""
    from sorapipe.run.leave import leave_lock

    how, runs = locking(args, said), prepared.tally.runs
    killed = bool(runs) and runs[-1]["event"] == "run-started"
    if how == "anew" or (how == "news" and killed):
        _notes(args, leave_lock(prepared, anew=how == "anew"))


def _notes(args: argparse.Namespace, lines: list[str]) -> None:
    for line in [] if args.quiet else lines:
        print(printable(line), file=sys.stderr)


def _salvage(history: History, provider: Provider, out: Path, store: Store, use: Use) -> None:
    """The ledger cannot be trusted to spend by; what is in flight is still brought home."""
    import asyncio

    from sorapipe.run.prepare import address_of
    from sorapipe.run.salvage import in_flight, salvage

    if in_flight(history, address_of(provider)):
        use.begin()
        for line in asyncio.run(salvage(history, provider, out, store)):
            print(printable(line), file=sys.stderr)


def _nothing(args: argparse.Namespace, prepared: Prepared, code: Exit) -> None:
    from sorapipe.run.outcome import Outcome

    takes, out = len(prepared.plan.takes), str(prepared.out)
    if args.json:
        there = [row.name for row in prepared.plan.takes]
        unknown = prepared.tally.unsettled
        outcome = Outcome(wanted=takes, reused=there, unknown=unknown, out=out)
        summary = outcome.as_data() | {"exit": int(code)}
        print(json.dumps({"event": "run-ended", **summary}))
    elif not args.quiet:
        words = "nothing was created, no server was needed"
        all_are = "the one take is" if takes == 1 else f"all {takes} takes are"
        what = f"{all_are} there" if takes else "nothing is selected"
        print(f"nothing to do: {what}; {words}", file=sys.stderr)
        print(printable(f"videos: {out}"), file=sys.stderr)
    if code is Exit.UNRESOLVED:
        _name_open(args, prepared.tally)


def _name_open(args: argparse.Namespace, tally: Tally) -> None:
    """Name the payments that are unresolved, with what settles them."""
    from sorapipe.report.summary import as_text
    from sorapipe.run.outcome import Outcome

    unknown = Outcome(unknown=tally.unsettled)
    print(as_text(unknown, again(args, "run"), again(args, "resolve"), quiet=True), file=sys.stderr)


def _look_first(args: argparse.Namespace, prepared: Prepared, ledger: Ledger) -> None:
    """What is held as unknown, or was given up, may have turned up: then the plan is another."""
    import asyncio

    from sorapipe.clock import SystemClock
    from sorapipe.report.live import watcher
    from sorapipe.run.start import look_first

    with watcher(prepared.plan, json_lines=args.json, quiet=args.quiet) as listener:
        asyncio.run(look_first(prepared, ledger, SystemClock(), listener))


def _carry_out(args: argparse.Namespace, prepared: Prepared, ledger: Ledger, terms: Terms) -> int:
    import asyncio

    from sorapipe.clock import SystemClock
    from sorapipe.report.live import watcher
    from sorapipe.report.summary import as_text
    from sorapipe.run.start import carry_out

    with watcher(prepared.plan, json_lines=args.json, quiet=args.quiet) as listener:
        outcome = asyncio.run(carry_out(prepared, ledger, SystemClock(), listener, terms))
    if not args.json:
        resolve = again(args, "resolve")
        text = as_text(outcome, again(args, "run"), resolve, quiet=args.quiet)
        print(text, file=sys.stderr, end="\n" if text else "")
    elif outcome.storage:  # where stdout goes to the same disk, its summary did not get there
        print(printable(outcome.storage), file=sys.stderr)
    _notes(args, outcome.notes)
    return outcome.exit
