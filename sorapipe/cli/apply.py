"""`sorapipe apply`: carry out a saved plan, or nothing."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sorapipe.cli.options import add_command
from sorapipe.cli.planning import ANEW, count, options, said_by
from sorapipe.cli.run import execute
from sorapipe.errors import UsageError

if TYPE_CHECKING:
    from sorapipe.run.prepare import Prepared

_DESCRIPTION = """\
Carry out a plan that 'sorapipe plan -o' saved, in the folder that it was made in. It may do less
than the plan says, where something is there by now, and never more: where anything moved (the
storyboard, a picture, a price, the server, a pick) it exits with 2 and sends nothing.
"""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "apply", "carry out a saved plan, or nothing", _DESCRIPTION)
    parser.add_argument("plan", type=Path, metavar="PLAN", help="what 'sorapipe plan -o' saved")
    parser.add_argument(
        "--concurrency", metavar="N", type=count, help="renders in flight (default: the profile's)"
    )
    parser.add_argument(
        "--yes", action="store_true", help="don't ask before spending, and accept unknown prices"
    )
    parser.add_argument("--json", action="store_true", help="data for programs on stdout")
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit as the outcome says; 2 where anything moved since the plan was saved."""
    from sorapipe.run.moved import moved
    from sorapipe.run.saved import read

    saved = read(args.plan)
    said = said_by(saved.words, str(args.plan))
    if not said.storyboard.exists():
        what = f"its storyboard '{said.storyboard}' is not here"
        raise UsageError(str(args.plan), what, "apply it in the folder where it was planned")
    for name in ANEW:
        setattr(said, name, getattr(args, name))
    said.plan = args.plan

    def check(prepared: Prepared) -> None:
        what = moved(saved, prepared)
        if what is not None:
            raise UsageError(str(args.plan), what, "plan it again")

    return execute(said, replace(options(said), since=saved.since), check, saved.sum)
