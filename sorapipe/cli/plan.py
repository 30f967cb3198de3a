"""`sorapipe plan`: what would be rendered, reused or blocked; why; and what it costs."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command, add_storyboard, look, variables
from sorapipe.cli.planning import add_planning, options, words
from sorapipe.errors import BudgetExceeded, UsageError, printable

if TYPE_CHECKING:
    from sorapipe.run.prepare import Prepared

_DESCRIPTION = """\
Show the plan: a row for each take, with its decision, its reason and the most that it can cost.
Nothing is sent, and nothing is written but the file that -o names. Exits 6 where a budget would not
hold it, and 8 where --locked or --offline would not have everything.
"""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        commands, "plan", "what would be rendered, why, and what it costs", _DESCRIPTION
    )
    add_storyboard(parser)
    add_planning(parser)
    parser.add_argument(
        "--expanded",
        action="store_true",
        help="print the flat storyboard instead: every shot with all that it means",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="save the plan as well, for 'sorapipe apply'",
    )
    parser.add_argument(
        "--markdown",
        action="store_true",
        help="tell it as Markdown, for a pull request or the summary of a CI run",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0, or 6 where the budget does not hold the plan, or 8 where it must not buy."""
    if args.expanded:
        return _expanded(args)
    from sorapipe.run.admit import admit, held_by
    from sorapipe.run.before import all_there

    if args.output is not None:
        _check_target(args)
    said = options(args)
    prepared = look(args, said)
    _show(args, prepared)
    if said.offline:
        all_there(prepared)
    life, held = prepared.loaded.storyboard.budget, held_by(prepared.tally, prepared.facts)
    try:
        admit(prepared.plan, life=life, run=args.budget, held=held, consent=True)
    except BudgetExceeded as error:
        print(error, file=sys.stderr)
        return Exit.BUDGET
    return Exit.OK


def _show(args: argparse.Namespace, prepared: Prepared) -> None:
    """Print the plan, and save it where that was asked for."""
    from sorapipe.report.markdown import as_markdown
    from sorapipe.report.plan import as_data, as_text

    if args.output is not None or args.json:
        _check_words(args, prepared)
        text = json.dumps(as_data(prepared, words(args)), ensure_ascii=False)
    if args.output is not None:
        from sorapipe.files import write_atomically

        write_atomically(args.output, text.encode("utf-8", "surrogatepass") + b"\n")
    if args.json:
        print(text)
    elif args.markdown:
        print(as_markdown(prepared))
    elif not args.quiet:
        print(as_text(prepared))
    if args.output is not None and not args.quiet:
        path = "./" * str(args.output).startswith("-") + str(args.output)
        line = shlex.join(["sorapipe", "apply", path])
        print(printable(f"saved; to carry it out: {line}"), file=sys.stderr)


def _check_words(args: argparse.Namespace, prepared: Prepared) -> None:
    """Raise UsageError where the API key would be written down with the variables."""
    key = prepared.provider.api_key
    for said in args.var:
        if key.redact(said) != said:
            what = f"the var '{said.partition('=')[0]}' has your API key in it"
            raise UsageError("--var", what, "no plan of it is told or saved; leave it out")


def _check_target(args: argparse.Namespace) -> None:
    """Raise UsageError where something is there that no plan should take the place of."""
    from sorapipe.run.saved import read

    path = args.output
    if str(path) == "-":
        raise UsageError("-o", "'-' is no file", "--json prints the plan")
    if path.is_file() and not path.is_symlink() and not path.stat().st_size:
        return
    if path.exists() or path.is_symlink():
        try:
            read(path)
        except UsageError:
            what = "is there, and is no saved plan"
            raise UsageError(str(path), what, "name a new file with -o") from None


def _expanded(args: argparse.Namespace) -> int:
    """Print the storyboard without `each`, `vars` and `defaults`; no server, no ledger."""
    from sorapipe.core.flat import flat
    from sorapipe.load import load
    from sorapipe.report.flat import as_yaml

    for name in ("select", "exclude", "output", "markdown"):
        if getattr(args, name):
            what = "--expanded prints the whole storyboard, and no plan of it"
            raise UsageError(f"--{name}", what, "say one of them")
    loaded = load(args.storyboard, variables(args))
    if not args.quiet:
        for problem in loaded.problems:
            print(problem, file=sys.stderr)
    data = flat(loaded.storyboard)
    text = json.dumps(data, ensure_ascii=False) if args.json else as_yaml(data).rstrip("\n")
    print(text)
    return Exit.OK
