"""`sorapipe list`: which shots an expression selects. Reads only; never waits for a run."""

from __future__ import annotations

import argparse
import json
from typing import Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command, add_storyboard, look

_DESCRIPTION = """\
Show the shots that expressions select, each with where its takes stand, what it starts from and its
tags; all shots where no expression is given. Nothing is sent, nothing is written.
"""
GRAMMAR = """\
an expression selects shots:
  storm, 'night-*'     an id; a glob over ids (*, ?, [abc])
  tag:hero             a tag; a glob as well, as is that of model:sora-2*
  state:stale          shots with a take that is new, stale, failed, unknown or kept
  source:remix         by what it starts from: reference, frame, remix, edit, extend or none
  +storm, storm+       with all that it starts from; with all that starts from it
  2+storm, storm+1     the same, so many levels far
  tag:hero,state:new   what both select
  'storm tag:hero'     what either selects, as do two expressions; --exclude takes away
"""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "list", "which shots an expression selects", _DESCRIPTION)
    parser.epilog = GRAMMAR
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_storyboard(parser)
    parser.add_argument("expressions", metavar="EXPR", nargs="*", help="which shots; see below")
    parser.add_argument(
        "--select", metavar="EXPR", action="append", default=[], help="the same as EXPR"
    )
    parser.add_argument(
        "--exclude", metavar="EXPR", action="append", default=[], help="all but these shots"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0, also where nothing is selected by what is there now."""
    from sorapipe.report.list import as_data, as_text
    from sorapipe.run.prepare import Options, selection

    prepared = look(args, Options(prices={}))
    board, include = prepared.loaded.storyboard, (*args.expressions, *args.select)
    chosen = selection(board, prepared.facts, include, args.exclude)
    if chosen is None:
        chosen = frozenset(shot.id for shot in board.shots)
    if args.json:
        print(json.dumps(as_data(prepared, chosen), ensure_ascii=False))
    elif not args.quiet:
        print(as_text(prepared, chosen))
    return Exit.OK
