"""A run of 20 shots, killed with SIGKILL at a seeded random moment and resumed; for each seed."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from tests.kills import paid_creates, resume, run_until_killed, write_storyboard

SHOTS = 20
AGAIN = 0.3  # the share of killed runs whose resumption is killed too


def add(names: Any) -> None:
    """Add the run to the command line."""
    parser = names.add_parser("kills", help=__doc__)
    parser.add_argument(
        "--seeds",
        metavar="A:B",
        type=_seeds,
        default=range(50),
        help="from A up to, not with, B (default 0:50)",
    )
    parser.set_defaults(run=run)


def _seeds(text: str) -> range:
    first, _, end = text.partition(":")
    return range(int(first), int(end))


def run(args: argparse.Namespace) -> tuple[bool, str, str]:
    """(whether every seed held, what was covered, what came of it)."""
    good = kills = 0
    with tempfile.TemporaryDirectory(prefix="sorapipe-kills-") as folder:
        storyboard = write_storyboard(Path(folder) / "board.yaml", SHOTS)
        place = Path(folder) / "whole"
        assert not run_until_killed(storyboard, place / "out", place / "store", 600), "too slow"
        whole = _length(place / "out")
        for seed in args.seeds:
            chance, place = Random(seed), Path(folder) / str(seed)
            homes = (storyboard, place / "out", place / "store")
            while not run_until_killed(*homes, chance.uniform(0, whole)):
                # It was quicker than the measured one: the machine has less to do now.
                whole = min(whole, _length(place / "out"))
                shutil.rmtree(place)
            killed = 1
            if chance.random() < AGAIN:
                killed += run_until_killed(*homes, chance.uniform(0, whole))
            code, creates = resume(*homes), paid_creates(place / "out")
            kills += killed
            good += code == 0 and creates == SHOTS
            told = f"{killed} kills, then exit {code}; {creates} paid creates of {SHOTS} shots"
            print(f"seed {seed}: {told}", file=sys.stderr)
    seeds = len(args.seeds)
    reach = f"{seeds} seeds, {kills} kills, {SHOTS} shots"
    return good == seeds, reach, f"{good} of {seeds} ended with 0 and one paid create a shot"


def _length(out: Path) -> float:
    """The seconds from a run's first event to its last."""
    lines = (out / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    first, last = (datetime.fromisoformat(json.loads(lines[at])["at"]) for at in (0, -1))
    return (last - first).total_seconds()
