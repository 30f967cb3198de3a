"""`sorapipe pick`: which take of a shot its children, the deliverables and the cut use."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command, add_common, again, look
from sorapipe.errors import printable

if TYPE_CHECKING:
    from sorapipe.core.plan import PlannedTake

_DESCRIPTION = """\
Use another take of a shot: its children, the deliverables and the cut follow it. Says which takes
become stale by that, and what rendering them anew would cost; the next run does it. Earlier bytes
stay in the store, so picking the first one again costs nothing.
"""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "pick", "use another take of a shot", _DESCRIPTION)
    parser.add_argument("storyboard", type=Path, metavar="STORYBOARD", help="the YAML file")
    parser.add_argument("shot", metavar="SHOT", help="the shot")
    parser.add_argument("take", metavar="TAKE", help="the take's number")
    parser.add_argument("--dry-run", action="store_true", help="only say what would become stale")
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0."""
    import asyncio
    from contextlib import ExitStack, closing

    from sorapipe.clock import SystemClock
    from sorapipe.hold import Hold
    from sorapipe.ledger import Ledger
    from sorapipe.run.pick import carry_out, choose, consequences, lock_in
    from sorapipe.run.prepare import Options, out_folder
    from sorapipe.store_roots import Use

    clock, planning = SystemClock(), Options(prices={})
    with ExitStack() as stack:
        prepared = look(args, planning)
        choose(prepared, args.shot, args.take)  # a slip of the finger leaves no lock behind
        if not args.dry_run:
            stack.enter_context(Hold(out_folder(args.storyboard, args.out), clock))
            stack.enter_context(Use(prepared.store.root, prepared.out, args.storyboard))
            prepared = look(args, planning)
        number = choose(prepared, args.shot, args.take)
        before = prepared.tally.picks.get(args.shot, {}).get("number")
        stale = consequences(prepared, args.shot, number)
        if not args.dry_run:
            path = prepared.out / "ledger.jsonl"
            ledger = stack.enter_context(closing(Ledger.open(path, clock)))
            asyncio.run(carry_out(prepared, ledger, clock, args.shot, number))
            for line in () if args.var else lock_in(prepared, args.shot):
                print(printable(line), file=sys.stderr)
    _tell(args, number, before, stale)
    return Exit.OK


def _tell(
    args: argparse.Namespace,
    number: int,
    before: int | None,
    stale: list[PlannedTake],
) -> None:
    from sorapipe.core.plan import Plan
    from sorapipe.core.price import as_number, told
    from sorapipe.report.plan import table

    plan = Plan(tuple(stale))
    if args.json:
        rows = [
            {"take": row.name, "reason": row.reason, "price": as_number(row.price)} for row in stale
        ]
        data = {
            "version": 1,
            "shot": args.shot,
            "pick": number,
            "before": before,
            "stale": rows,
            "price": as_number(plan.price),
            "unpriced": len(plan.unpriced),
            "next": again(args, "run"),
        }
        print(json.dumps(data, ensure_ascii=False))
        return
    if args.quiet:
        return
    would = "would be" if args.dry_run else "is"
    lines = [f"{args.shot}@{number} {would} the pick"]
    if before not in (None, number):
        lines[0] += f", instead of {args.shot}@{before}"
    if stale:
        lines += ["", *table(("stale", "reason"), [(row.name, row.reason) for row in stale])]
        unknown = f" and {len(plan.unpriced)} of unknown price" if plan.unpriced else ""
        cost = f"at most {told(plan.price)}{unknown}"
        lines += ["", f"rendering {len(stale)} anew costs {cost}: {again(args, 'run')}"]
    else:
        lines.append("nothing becomes stale")
    print("\n".join(map(printable, lines)), file=sys.stderr)
