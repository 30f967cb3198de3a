"""`sorapipe takes`: every take that was ever kept. Reads only; never waits for a run."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command, add_storyboard, look
from sorapipe.errors import UsageError

if TYPE_CHECKING:
    from sorapipe.report.takes import Row
    from sorapipe.run.prepare import Prepared

_DESCRIPTION = """\
Show every take that the ledger ever kept, also of shots that the storyboard has no more: whether it
is what is wanted now, when it was kept, what it cost, and where its bytes are (* marks the pick).
'stale' was made from something else than what is wanted now; 'replaced' was rendered anew since.
"""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "takes", "every take that was ever kept", _DESCRIPTION)
    add_storyboard(parser)
    parser.add_argument("shot", nargs="?", metavar="SHOT", help="a shot, or one take (SHOT@N)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0."""
    from sorapipe.ledger import read
    from sorapipe.report.takes import as_data, as_text, rows
    from sorapipe.run.prepare import Options

    prepared = look(args, Options(prices={}))
    found = rows(prepared, read(prepared.out / "ledger.jsonl").events)  # `look` has judged them
    if args.shot is not None:
        found = _of(args.shot, found, prepared)
    if args.json:
        data = {"version": 1, "out": str(prepared.out), "takes": as_data(found)}
        print(json.dumps(data, ensure_ascii=False))
    elif not args.quiet:
        print(as_text(found) if found else "nothing was kept so far")
    return Exit.OK


def _of(wanted: str, found: list[Row], prepared: Prepared) -> list[Row]:
    """The rows of that shot, or of that one take.

    Raises:
        UsageError: neither the storyboard nor the ledger knows it.
    """
    from sorapipe.core.wording import Names

    names = [row.take.name for row in found] + [row.name for row in prepared.plan.takes]
    if not any(wanted in (name, name.rpartition("@")[0]) for name in names):
        shots = Names(name for one in names for name in (one.rpartition("@")[0], one))
        few = ", ".join(dict.fromkeys(name.rpartition("@")[0] for name in names[:5]))
        advice = shots.advice(wanted, f"there are: {few}" if few else "there are no shots")
        raise UsageError(wanted, "neither storyboard nor ledger knows that shot", advice)
    return [row for row in found if wanted in (row.take.name, row.take.shot)]
