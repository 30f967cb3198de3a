"""`sorapipe plan`: what would be rendered, reused or blocked; why; and what it costs."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command, add_storyboard, look
from sorapipe.cli.planning import add_planning, options
from sorapipe.errors import BudgetExceeded

_DESCRIPTION = """\
Show the plan: a row for each take, with its decision, its reason and the most that it can cost.
Nothing is sent, nothing is written. Exits 6 where a budget would not hold it.
"""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        commands, "plan", "what would be rendered, why, and what it costs", _DESCRIPTION
    )
    add_storyboard(parser)
    add_planning(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0, or 6 where the budget does not hold the plan."""
    from sorapipe.report.plan import as_data, as_text
    from sorapipe.run.admit import admit, held_by

    prepared = look(args, options(args))
    if args.json:
        print(json.dumps(as_data(prepared), ensure_ascii=False))
    elif not args.quiet:
        print(as_text(prepared))
    life, held = prepared.loaded.storyboard.budget, held_by(prepared.tally, prepared.facts)
    try:
        admit(prepared.plan, life=life, run=args.budget, held=held, consent=True)
    except BudgetExceeded as error:
        print(error, file=sys.stderr)
        return Exit.BUDGET
    return Exit.OK
