"""`sorapipe schema`: the JSON Schemas, for editors and programs."""

from __future__ import annotations

import argparse
from typing import Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        commands, "schema", "print a JSON Schema", "Print the JSON Schema of a file of ours."
    )
    parser.add_argument(
        "name", nargs="?", default="storyboard", help="storyboard (default), ledger-event or plan"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0."""
    from sorapipe.schema import text

    print(text(args.name), end="")
    return Exit.OK
