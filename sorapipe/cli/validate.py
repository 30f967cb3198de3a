"""`sorapipe validate`: everything that can be wrong, found without network and without spending."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command, add_common, server, variables
from sorapipe.errors import Problem, StoryboardError, printable

_DESCRIPTION = """\
Check storyboards: schema, references, graph, and what the server can do. Every problem is told
with file:line:col. Nothing is sent, nothing is written.
"""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "validate", "check storyboards", _DESCRIPTION)
    parser.add_argument(
        "storyboards", type=Path, nargs="+", metavar="STORYBOARD", help="YAML files"
    )
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0 when all are right, 2 when any is not."""
    told: list[Problem] = []
    counts: dict[str, int] = {}
    for path in args.storyboards:
        problems, shots = _check(path, args)
        told += problems
        counts[str(path)] = shots
        if not args.json:
            _tell(path, problems, shots, quiet=args.quiet)
    wrong = any(not problem.warning for problem in told)
    if args.json:
        print(
            json.dumps(
                {
                    "version": 1,
                    "ok": not wrong,
                    "shots": counts,
                    "problems": [problem._asdict() for problem in told],
                },
                ensure_ascii=False,
            )
        )
    return Exit.WRONG if wrong else Exit.OK


def _check(path: Path, args: argparse.Namespace) -> tuple[list[Problem], int]:
    from sorapipe.folder import ignores_case
    from sorapipe.load import load
    from sorapipe.run.prepare import check_needs, out_folder

    try:
        blind = ignores_case(out_folder(path, args.out))
        loaded = load(path, variables(args), case_insensitive=blind)
        check_needs(loaded, server(args, loaded.storyboard.provider, to_talk=False))
    except StoryboardError as error:
        return list(error.problems), 0
    return list(loaded.problems), len(loaded.storyboard.shots)


def _tell(path: Path, problems: list[Problem], shots: int, *, quiet: bool) -> None:
    for problem in problems:
        if not (quiet and problem.warning):
            print(problem, file=sys.stderr)
    if not quiet and not any(not problem.warning for problem in problems):
        print(printable(f"{path}: {shots} shot{'s' * (shots != 1)}, all right"))
