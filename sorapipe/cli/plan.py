"""`sorapipe plan`: what would be rendered, reused or blocked; why; and what it costs."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command, add_planning, add_storyboard, open_storyboard, options
from sorapipe.errors import BudgetExceeded


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "plan", "what would be rendered, why, and what it costs",
                         "Show the plan: a row for each take, with its decision, its reason and the most that it can cost. "
                         "Nothing is sent, nothing is written. Exits 6 where a budget would not hold it.")  # fmt: skip
    add_storyboard(parser)
    add_planning(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0, or 6 where the budget does not hold the plan."""
    from sorapipe.clock import SystemClock
    from sorapipe.ledger import read
    from sorapipe.report.plan import as_data, as_text
    from sorapipe.run.admit import admit
    from sorapipe.run.prepare import fold_history, out_folder, prepare, store_root
    from sorapipe.store import Store

    loaded, provider = open_storyboard(args)
    out = out_folder(args.storyboard, args.out)
    ledger = out / "ledger.jsonl"
    tally = fold_history(ledger, read(ledger))
    store = Store(store_root(args.store))
    prepared = prepare(loaded, provider, out, store, tally, options(args), SystemClock().now())
    if args.json:
        print(json.dumps(as_data(prepared), ensure_ascii=False))
    elif not args.quiet:
        print(as_text(prepared))
    try:
        admit(prepared.plan, life=loaded.storyboard.budget, run=args.budget, held=tally.committed, consent=True)
    except BudgetExceeded as error:
        print(error, file=sys.stderr)
        return Exit.BUDGET
    return Exit.OK
