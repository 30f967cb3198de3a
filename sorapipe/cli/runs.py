"""`sorapipe runs`: the runs that there were. Reads only; never waits for one."""

from __future__ import annotations

import argparse
import json
from typing import Any

from sorapipe.cli.books import add_books, history_of, ledger_of
from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command

_DESCRIPTION = """\
Show each run that the ledger knows of, newest last: when it began, how long it took, what it made,
what it cost, and how it ended. A run that found all there wrote nothing, and is not among them.
"""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "runs", "the runs that there were", _DESCRIPTION)
    add_books(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0."""
    from sorapipe.core.runs import runs
    from sorapipe.hold import holder
    from sorapipe.report.runs import as_data, as_text

    path = ledger_of(args)
    found, holds = runs(history_of(path)), holder(path.parent)
    if args.json:
        data = {"version": 1, "out": str(path.parent), "runs": as_data(found, holds)}
        print(json.dumps(data, ensure_ascii=False))
    else:
        print(as_text(found, holds) if found else "no run so far")
    return Exit.OK
