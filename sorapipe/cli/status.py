"""`sorapipe status`: what is there, in flight, unresolved. Reads only; never waits for a run."""

from __future__ import annotations

import argparse
import json
from typing import Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command, add_storyboard, again, look

_DESCRIPTION = """\
Show where each take stands (* marks the pick), what is open and what it may cost, and the next
command. Exits 3 while a payment is unresolved.
"""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "status", "what is there, in flight, unresolved", _DESCRIPTION)
    add_storyboard(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0, or 3 while a payment is unresolved."""
    from sorapipe.report.status import as_data, as_text
    from sorapipe.run.prepare import Options

    prepared = look(args, Options(prices={}))
    if args.json:
        print(json.dumps(as_data(prepared), ensure_ascii=False))
    elif not args.quiet:
        print(as_text(prepared, again(args, "resolve", only_out=True)))
    return Exit.UNRESOLVED if prepared.tally.unsettled else Exit.OK
