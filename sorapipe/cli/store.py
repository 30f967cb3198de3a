"""`sorapipe store`: is it whole, and what does nobody need any more."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import confirmed
from sorapipe.errors import UsageError

if TYPE_CHECKING:
    from sorapipe.store import Store
    from sorapipe.store_roots import Root

_DESCRIPTION = """\
The store keeps every video by the digest of its bytes, for all storyboards of a user.
"""
_VERIFY = """\
Hash every object, move damaged ones aside, and name the records whose object is not there. Runs may
go on meanwhile. Exits 0 where all is whole, else 4.
"""
_GC = """\
Remove what no output folder, no ledger and no lock of those that ever used the store names as
current, and what was left unfinished. Shows first how much that is. Nothing younger than a day is
removed, and nothing while a run uses the store (exit 5).
"""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "store", help="check the store, or tidy it", description=_DESCRIPTION, allow_abbrev=False
    )
    parser.set_defaults(run=lambda _: parser.print_help() or Exit.OK)
    parts = parser.add_subparsers(metavar="COMMAND", parser_class=type(parser))
    verify = _part(parts, "verify", "hash every object", _VERIFY)
    verify.set_defaults(run=_verify)
    gc = _part(parts, "gc", "remove what nothing names", _GC)
    gc.add_argument("--dry-run", action="store_true", help="only show what would be removed")
    gc.add_argument("--yes", action="store_true", help="don't ask")
    gc.add_argument(
        "--older-than",
        metavar="DAYS",
        type=_days,
        default=1.0,
        help="keep what was written since (default: 1)",
    )
    gc.add_argument(
        "--forget",
        metavar="DIR",
        action="append",
        default=[],
        help="a folder that used the store and is gone for good",
    )
    gc.set_defaults(run=_gc)


def _part(parts: Any, name: str, help_text: str, description: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = parts.add_parser(
        name, help=help_text, description=description, allow_abbrev=False
    )
    parser.add_argument(
        "--store", metavar="DIR", help="which store (default: in the user's cache folder)"
    )
    parser.add_argument("--json", action="store_true", help="data for programs on stdout")
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")
    return parser


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = math.nan
    if not 0 <= days <= 1e6:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of days; say one such as 30")
    return days


def _verify(args: argparse.Namespace) -> int:
    """Exit 0, or 4 where something is damaged."""
    from sorapipe.report.store import check_data, check_text
    from sorapipe.store_check import check
    from sorapipe.store_locks import shared

    store = _store(args)
    with shared(store.root) if store.root.is_dir() else nullcontext(), _bar(args, store) as told:
        found = check(store, told)
    *faults, total = check_text(store, found)
    for line in faults:
        print(line, file=sys.stderr)
    if args.json:
        print(json.dumps(check_data(store, found)))
    elif not args.quiet:
        print(total, file=sys.stderr)
    return Exit.OK if found.whole else Exit.STORAGE


@contextmanager
def _bar(args: argparse.Namespace, store: Store) -> Iterator[Callable[[int], None]]:
    if args.quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from tqdm import tqdm

    from sorapipe.store_check import size_of

    total = size_of(store)
    with tqdm(total=total, unit="B", unit_scale=True, leave=False, file=sys.stderr) as bar:

        def tell(count: int) -> None:
            bar.update(count)

        yield tell


def _gc(args: argparse.Namespace) -> int:
    """Exit 0; 4 where it cannot be known what is needed, 5 where a run uses the store."""
    from sorapipe.clock import SystemClock
    from sorapipe.report.store import rubbish_data, rubbish_text
    from sorapipe.run.named import named
    from sorapipe.store_locks import alone
    from sorapipe.store_roots import roots
    from sorapipe.store_sweep import find, remove

    store, gone = _store(args), [Path(said).absolute() for said in args.forget]
    locked = alone(store.root) if store.root.is_dir() and not args.dry_run else nullcontext()
    with locked:
        entered = roots(store.root)
        left = _without(entered, gone)
        names = named(left)
        before = SystemClock().now() - args.older_than * 86_400.0
        rubbish = find(store, names.digests, names.fingerprints, before)
        if not args.quiet:
            print(rubbish_text(store, rubbish, len({root.out for root in left})), file=sys.stderr)
        removes = not args.dry_run and (not (rubbish or gone) or args.yes or confirmed())
        if removes:
            for root in left:
                root.register(store.root)
            for root in set(entered) - set(left):
                root.strike(store.root)
            remove(store, rubbish)
    if args.json:
        print(json.dumps(rubbish_data(store, rubbish, gone, removed=removes)))
    elif rubbish and not args.quiet:
        print("removed" if removes else "nothing was removed", file=sys.stderr)
    return Exit.OK


def _without(entered: list[Root], gone: list[Path]) -> list[Root]:
    """The roots without what is gone for good.

    Raises:
        UsageError: it is there, or nothing of it is known.
    """
    from sorapipe.store_roots import without

    missing = {folder for root in entered for folder in root.gone()}
    for folder in gone:
        if folder not in missing:
            known = {one for root in entered for one in (root.out, *_beside(root))}
            there, unknown = "it is there, and what it names is needed", "it never used this store"
            fix = "delete or move that folder first" if folder in known else "see its spelling"
            raise UsageError(f"--forget {folder}", there if folder in known else unknown, fix)
    for folder in gone:
        entered = [left for root in entered if (left := without(root, folder)) is not None]
    return entered


def _beside(root: Root) -> list[Path]:
    return [] if root.storyboard is None else [root.storyboard.parent]


def _store(args: argparse.Namespace) -> Store:
    from sorapipe.run.prepare import store_root
    from sorapipe.store import Store

    return Store(store_root(args.store))
