"""`sorapipe init`: a starter storyboard that runs as it is."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command
from sorapipe.errors import UsageError, one_line

STARTER = """\
# yaml-language-server: $schema=storyboard.schema.json
version: 1
title: My first storyboard
provider: local                # the built-in studio: free, no key, no network
defaults: { seconds: 4, size: 1280x720 }
vars: { keeper: an old lighthouse keeper }
shots:
  - id: dawn
    prompt: "{keeper} climbs the stairs of a lighthouse at dawn"
  - id: storm
    remix-of: dawn
    prompt: Same scene but during a thunderstorm with lightning
"""


_DESCRIPTION = """Write storyboard.yaml, and its schema for your editor, into a folder. Nothing that
exists is overwritten."""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "init", "a starter storyboard that runs", _DESCRIPTION)
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(), metavar="DIR", help="default: this folder"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0, or 2 where a storyboard is there already."""
    from sorapipe.files import write_atomically
    from sorapipe.schema import text

    target = args.folder / "storyboard.yaml"
    if target.exists():
        raise UsageError(str(target), "is there already", "name another folder")
    if args.folder.exists() and not args.folder.is_dir():
        raise UsageError(str(args.folder), "is a file, not a folder", "name a folder")
    schema = args.folder / "storyboard.schema.json"
    if not schema.exists():
        write_atomically(schema, text("storyboard").encode())
    write_atomically(target, STARTER.encode())
    print(
        one_line(str(target), "written", f"render it with 'sorapipe run {target}'"), file=sys.stderr
    )
    return Exit.OK
