"""`sorapipe cancel`: renders under way are deleted on the server, and given up by their owner."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sorapipe.cli.books import named, opened
from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command, add_common, again, confirmed, server, variables
from sorapipe.errors import UsageError, one_line

if TYPE_CHECKING:
    from sorapipe.config import Provider
    from sorapipe.core.take import Take
    from sorapipe.core.tally import Tally
    from sorapipe.run.cancel import Cancelling


_DESCRIPTION = """\
Delete renders that are under way on the server, all of them or those of a shot, and give them
up. Their highest price stays counted as spent, and only 'run --retry-failed' buys them again.
What is rendered already is paid for: it is left for 'run' to fetch. Exits 1 where something
stays in flight, 3 where a payment is unresolved.
"""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "cancel", "give up renders that are under way", _DESCRIPTION)
    parser.add_argument("storyboard", type=Path, metavar="STORYBOARD", help="the YAML file")
    parser.add_argument(
        "shot", nargs="?", metavar="SHOT", help="a shot, or one take of it (SHOT@N); default: all"
    )
    add_common(parser)
    parser.add_argument("--yes", action="store_true", help="don't ask before deleting")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0, or 1 where something stays in flight, 3 where a payment is unresolved, 7."""
    import asyncio

    from sorapipe.load import load
    from sorapipe.run.cancel import Cancelling
    from sorapipe.run.prepare import address_of

    provider = server(args, load(args.storyboard, variables(args)).storyboard.provider)
    with opened(args) as (out, ledger, tally):
        done = Cancelling(
            ledger=ledger, tally=tally, name=provider.name, address=address_of(provider)
        )
        asyncio.run(_cancel(args, provider, out, done))
    _tell(args, done)
    if done.refused:
        return Exit.REFUSED
    if args.shot is None and tally.unsettled:
        return Exit.UNRESOLVED
    return Exit.FAILED if done.left else Exit.OK


async def _cancel(
    args: argparse.Namespace, provider: Provider, out: Path, done: Cancelling
) -> None:
    from sorapipe.run.connect import connect

    here = done.at_hand(_wanted(args, done.tally))
    if here and not provider.profile.delete:
        raise UsageError(
            f"profile '{provider.profile.name}'",
            "this kind of server deletes nothing",
            "let it end, or give up a take with 'sorapipe resolve ... --write-off'",
        )
    if here:
        async with connect(provider, out) as (videos, _):
            takes = await done.under_way(videos, here)
            if takes and _consent(args, takes, done):
                await done.delete(videos, takes)


def _wanted(args: argparse.Namespace, tally: Tally) -> list[Take]:
    """The takes in flight that are meant.

    Raises:
        UsageError: the shot that was named has none.
    """
    if args.shot is None:
        return tally.in_flight
    found = named(tally.in_flight, args.shot)
    if found:
        return found
    if named(tally.unsettled, args.shot):
        fix = f"how to settle it: {again(args, 'status')}"
        raise UsageError(args.shot, "its payment is unknown: there is no id to delete", fix)
    names = ", ".join(take.name for take in tally.in_flight)
    raise UsageError(
        args.shot, "it is not in flight", f"these are: {names}" if names else "nothing is"
    )


def _consent(args: argparse.Namespace, takes: list[Take], done: Cancelling) -> bool:
    """Show what will be given up; on a terminal ask, unless `--yes` was said."""
    from sorapipe.report.cancel import intended

    if not args.quiet:
        print(*intended(takes, done.address), sep="\n", file=sys.stderr)
    if args.yes or confirmed():
        return True
    done.left |= {take.fingerprint: "you said no, and nothing was deleted" for take in takes}
    return False


def _tell(args: argparse.Namespace, done: Cancelling) -> None:
    from sorapipe.report.cancel import as_data, as_text, left

    for line in left(done, again(args, "run"), again(args, "resolve")):
        print(line, file=sys.stderr)
    if args.json:
        print(json.dumps(as_data(done), ensure_ascii=False))
    elif not args.quiet:
        for line in as_text(done):
            print(line, file=sys.stderr)
        if not done.given_up and not done.left:
            print("nothing is in flight; nothing was deleted", file=sys.stderr)
    if args.shot is None and done.tally.unsettled and not args.json:
        names = ", ".join(take.name for take in done.tally.unsettled)
        fix = f"how to settle it: {again(args, 'status')}"
        print(one_line(names, "the payment is unknown", fix), file=sys.stderr)
