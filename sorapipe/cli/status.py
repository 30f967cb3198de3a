"""`sorapipe status`: what is there, in flight, unresolved. Reads only, and never waits for a run."""

from __future__ import annotations

import argparse
import json
from typing import Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command, add_storyboard, open_storyboard


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "status", "what is there, in flight, unresolved",
                         "Show where each take stands (* marks the pick), what is open and what it may cost, and the next command. "
                         "Exits 3 while a payment is unresolved.")  # fmt: skip
    add_storyboard(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0, or 3 while a payment is unresolved."""
    from sorapipe.clock import SystemClock
    from sorapipe.ledger import read
    from sorapipe.report.status import as_data, as_text
    from sorapipe.run.prepare import Options, fold_history, out_folder, prepare, store_root
    from sorapipe.store import Store

    loaded, provider = open_storyboard(args)
    out = out_folder(args.storyboard, args.out)
    tally = fold_history(out / "ledger.jsonl", read(out / "ledger.jsonl"))
    prepared = prepare(loaded, provider, out, Store(store_root(args.store)), tally, Options(prices={}), SystemClock().now())
    if args.json:
        print(json.dumps(as_data(prepared), ensure_ascii=False))
    elif not args.quiet:
        print(as_text(prepared, str(args.storyboard)))
    return Exit.UNRESOLVED if tally.unknown else Exit.OK
