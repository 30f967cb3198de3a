"""The books of an output folder, for the commands in which its owner settles something."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sorapipe.errors import UsageError

if TYPE_CHECKING:
    from sorapipe.core.take import Take
    from sorapipe.core.tally import Tally
    from sorapipe.ledger import Ledger


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
    from sorapipe.run.prepare import fold_history, out_folder

    out = out_folder(args.storyboard, args.out)
    path = out / "ledger.jsonl"
    if not path.exists():
        raise UsageError(str(path), "there is no ledger", "name the folder of the run with --out")
    with Hold(out, SystemClock()), closing(Ledger.open(path, SystemClock())) as ledger:
        yield out, ledger, fold_history(path, ledger.history)


def named(takes: Iterable[Take], wanted: str) -> list[Take]:
    """Those that are meant by a shot's id, or by a take's name (SHOT@N)."""
    return [take for take in takes if wanted in (take.name, take.name.rpartition("@")[0])]
