"""`sorapipe why`: what changed since the take that is there. Reads only; never waits for a run."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command, add_common, look
from sorapipe.errors import UsageError

if TYPE_CHECKING:
    from sorapipe.core.plan import PlannedTake
    from sorapipe.run.prepare import Prepared

_DESCRIPTION = """\
Show, field by field, what changed since the take that is there was made: the prompt word by word
([-gone-] {+new+}), size, model, reference, the parent's take. Nothing is sent, nothing is written.
"""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "why", "what changed since the take that is there", _DESCRIPTION)
    parser.add_argument("storyboard", type=Path, metavar="STORYBOARD", help="the YAML file")
    parser.add_argument("shot", metavar="SHOT", help="the shot, or one take of it (SHOT@N)")
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0."""
    from sorapipe.report.why import as_data, as_text, reasons
    from sorapipe.run.prepare import Options

    prepared = look(args, Options(prices={}))
    whys = reasons(prepared, _rows(prepared, args.shot))
    if args.json:
        print(json.dumps(as_data(prepared, whys), ensure_ascii=False))
    elif not args.quiet:
        print(as_text(prepared, whys))
    return Exit.OK


def _rows(prepared: Prepared, wanted: str) -> list[PlannedTake]:
    """The rows that are meant by a shot's id or by a take's name. Raises UsageError."""
    from sorapipe.core.wording import Names

    rows = prepared.plan.takes
    found = [row for row in rows if wanted in (row.shot, row.name)]
    if not found:
        known = Names(dict.fromkeys(name for row in rows for name in (row.shot, row.name)))
        advice = known.advice(wanted, "'sorapipe list' shows all shots")
        raise UsageError("why", f"there is no shot or take '{wanted}'", advice)
    return found
