"""`sorapipe status`: what is there, in flight, unresolved. Reads only; never waits for a run."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command, add_storyboard, again, look

if TYPE_CHECKING:
    from sorapipe.core.take import Take

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
    from sorapipe.run.prepare import Options, open_here

    prepared = look(args, Options(prices={}))

    def line(command: str, take: Take) -> str:
        return again(args if open_here(take, prepared) else _elsewhere(args, take), command)

    if args.json:
        print(json.dumps(as_data(prepared, line), ensure_ascii=False))
    elif not args.quiet:
        print(as_text(prepared, line, again(args, "clean")))
    return Exit.UNRESOLVED if prepared.tally.unsettled else Exit.OK


def _elsewhere(args: argparse.Namespace, take: Take) -> argparse.Namespace:
    """The options that choose the server which that take's open render is at."""
    from sorapipe.run.shelf import STUDIO

    address = take.intent["address"]
    there = {
        "provider": take.intent["provider"],
        "base_url": None if address == STUDIO else address,
        "profile": None,
    }
    return argparse.Namespace(**(vars(args) | there))
