"""`sorapipe clean`: removes files, or remote videos, that nothing needs any more."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

from sorapipe.cli.books import ledger_of
from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command, add_storyboard, confirmed, look
from sorapipe.errors import UsageError

if TYPE_CHECKING:
    from sorapipe.ledger import Ledger
    from sorapipe.run.prepare import Prepared
    from sorapipe.run.remote import Removal
    from sorapipe.store_roots import Use

_DESCRIPTION = """\
Remove from the output folder the files that no wanted take brings any more, and what a killed run
left behind. A file goes only while it is as it was delivered and its bytes are in the store; what
somebody changed is named and left. With --remote, delete on the server the videos that are safely
kept here and that nothing still to be rendered starts from; they cannot be remixed, edited,
extended or fetched again after that. Exits 1 where a video could not be deleted.
"""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "clean", "remove files that nothing wants", _DESCRIPTION)
    add_storyboard(parser)
    parser.add_argument(
        "--remote", action="store_true", help="on the server, the videos that are safely kept here"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be removed, and change nothing"
    )
    parser.add_argument("--yes", action="store_true", help="don't ask before removing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0; 1 where something could not be removed, or nobody agreed; 7 where it is refused."""
    from sorapipe.clock import SystemClock
    from sorapipe.hold import Hold
    from sorapipe.run.prepare import Options, store_root
    from sorapipe.store_roots import Use

    path = ledger_of(args)
    use = Use(store_root(args.store), path.parent, args.storyboard)
    with ExitStack() as held:
        if not args.dry_run:
            held.enter_context(Hold(path.parent, SystemClock()))
            held.enter_context(use)
        prepared = look(args, Options(prices={}))
        return _remote(args, prepared, use) if args.remote else _files(args, prepared, use)


def _files(args: argparse.Namespace, prepared: Prepared, use: Use) -> int:
    from sorapipe.report.clean import files_data, files_text, stays
    from sorapipe.run.orphans import orphans, remove

    found = orphans(prepared)
    some = bool(found.files or found.leftovers)
    _show(args, files_text(found) if some else ["nothing to remove"])
    agreed = _agreed(args, some=some)
    if some and agreed:
        use.begin(puts=bool(found.files))  # what is safe in the store has to stay there
        with closing(_ledger(prepared)) as ledger:
            remove(prepared, ledger, found)
    _done(args, len(found.files) + len(found.leftovers), "removed", some=some, agreed=agreed)
    _say(stays(found.left, "removed"))
    if args.json:
        print(json.dumps(files_data(found, done=some and agreed), ensure_ascii=False))
    return Exit.OK if agreed or args.dry_run or not some else Exit.FAILED


def _remote(args: argparse.Namespace, prepared: Prepared, use: Use) -> int:
    import asyncio

    from sorapipe.clock import SystemClock
    from sorapipe.core.renders import renders
    from sorapipe.ledger import read
    from sorapipe.report.clean import stays, videos_data, videos_text
    from sorapipe.run.remote import removable

    history = renders(read(prepared.out / "ledger.jsonl").events)
    now = SystemClock().now() + prepared.tally.offsets.get(prepared.address, 0.0)
    found = removable(prepared, history, now)
    some = bool(found.renders)
    if some and not prepared.provider.profile.delete:
        raise UsageError(
            f"profile '{prepared.provider.profile.name}'",
            "this kind of server deletes nothing",
            "its videos go when they expire",
        )
    _show(args, videos_text(found) if some else ["nothing to delete"])
    agreed = _agreed(args, some=some)
    if some and agreed:
        use.begin()  # what is safe in the store has to stay there
        asyncio.run(_delete(prepared, found))
    _done(args, len(found.removed), "deleted", some=some, agreed=agreed)
    _say(stays(found.left, "deleted"))
    if args.json:
        print(json.dumps(videos_data(found), ensure_ascii=False))
    if found.refused:
        return Exit.REFUSED
    done = agreed or args.dry_run or not some
    return Exit.OK if done and not found.failed else Exit.FAILED


async def _delete(prepared: Prepared, found: Removal) -> None:
    from sorapipe.run.connect import connect

    with closing(_ledger(prepared)) as ledger:
        async with connect(prepared.provider, prepared.out) as (videos, _):
            await found.delete(videos, ledger)


def _ledger(prepared: Prepared) -> Ledger:
    from sorapipe.clock import SystemClock
    from sorapipe.ledger import Ledger

    return Ledger.open(prepared.out / "ledger.jsonl", SystemClock())


def _show(args: argparse.Namespace, lines: list[str]) -> None:
    """What would go: on stdout where that is all that was asked for."""
    if not args.quiet:
        to_read = args.dry_run and not args.json
        print(*lines, sep="\n", file=sys.stdout if to_read else sys.stderr)


def _agreed(args: argparse.Namespace, *, some: bool) -> bool:
    """Whether to go ahead."""
    return some and not args.dry_run and (args.yes or confirmed())


def _done(args: argparse.Namespace, count: int, word: str, *, some: bool, agreed: bool) -> None:
    """What became of what was shown."""
    if some and not args.dry_run and not args.quiet:
        print(f"{word}: {count}" if agreed else f"nothing was {word}", file=sys.stderr)


def _say(lines: Any) -> None:
    for line in lines:
        print(line, file=sys.stderr)
