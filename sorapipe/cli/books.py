"""The books of an output folder: to be read, or to be written where its owner settles something."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sorapipe.errors import UsageError

if TYPE_CHECKING:
    from sorapipe.core.take import Event, Take
    from sorapipe.core.tally import Tally
    from sorapipe.ledger import Ledger


def add_books(parser: argparse.ArgumentParser) -> None:
    """What the commands take that read a ledger and nothing else."""
    parser.add_argument("storyboard", type=Path, metavar="STORYBOARD", help="the YAML file")
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="where the ledger is (default: renders/NAME beside the storyboard)",
    )
    parser.add_argument("--json", action="store_true", help="data for programs on stdout")


def ledger_of(args: argparse.Namespace) -> Path:
    """The ledger of that storyboard's output folder. Raises UsageError where there is none."""
    from sorapipe.run.prepare import out_folder

    path = out_folder(args.storyboard, args.out) / "ledger.jsonl"
    if not path.exists():
        if args.out is None and not args.storyboard.exists():
            raise UsageError(str(args.storyboard), "there is no such file", "name a storyboard")
        raise UsageError(str(path), "there is no ledger", "name the folder of the run with --out")
    return path


def history_of(path: Path) -> list[Event]:
    """All events of that ledger, without waiting for anybody.

    Raises:
        LedgerDamaged: it has a bad line, or one that cannot have happened.
    """
    from sorapipe.ledger import read
    from sorapipe.run.prepare import fold_history

    history = read(path)
    fold_history(path, history)
    return list(history.events)


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[tuple[Path, Ledger, Tally]]:
    """The output folder, held against other runs, its ledger and what that adds up to.

    Raises:
        UsageError: there is no ledger.
        HeldElsewhere: another run holds the folder.
    """
    from sorapipe.clock import SystemClock
    from sorapipe.hold import Hold
    from sorapipe.ledger import Ledger
    from sorapipe.run.prepare import fold_history

    path = ledger_of(args)
    out = path.parent
    with Hold(out, SystemClock()), closing(Ledger.open(path, SystemClock())) as ledger:
        yield out, ledger, fold_history(path, ledger.history)


def named(takes: Iterable[Take], wanted: str) -> list[Take]:
    """Those that are meant by a shot's id, or by a take's name (SHOT@N)."""
    return [take for take in takes if wanted in (take.name, take.name.rpartition("@")[0])]
