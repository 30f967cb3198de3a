"""`sorapipe schema`: the JSON Schemas, for editors and programs."""

from __future__ import annotations

import argparse
from typing import Any

from sorapipe.cli.exits import Exit


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("schema", help="print a JSON Schema", allow_abbrev=False,
                                 description="Print the JSON Schema of the storyboard, or of another file of ours.")  # fmt: skip
    parser.add_argument("name", nargs="?", default="storyboard", help="storyboard (default), ledger-event or plan")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0."""
    from sorapipe.schema import text

    print(text(args.name), end="")
    return Exit.OK
