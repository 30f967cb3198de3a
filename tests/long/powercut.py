"""A run on a disk of its own that loses power at a seeded random moment, and is resumed."""

from __future__ import annotations

import argparse
import sys
import tempfile
from math import inf
from pathlib import Path
from random import Random
from typing import Any

from tests.forked import Forks
from tests.injected import MEMORY, scene
from tests.powercut import MODES, cut


def add(names: Any) -> None:
    """Add the run to the command line."""
    parser = names.add_parser("powercut", help=__doc__)
    parser.add_argument("--cuts", type=int, default=200, help="how many (default %(default)s)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> tuple[bool, str, str]:
    """(whether every cut held, what was covered, what came of it)."""
    fired = wrong = tries = 0
    with (
        tempfile.TemporaryDirectory(prefix="sorapipe-powercut-", dir=MEMORY) as folder,
        scene(Path(folder)) as stage,
        Forks() as forks,
    ):
        whole = cut(stage, forks, "whole", inf).told
        while fired < args.cuts:
            dice = Random(tries)
            mode = MODES[tries % len(MODES)]
            one = cut(stage, forks, f"cut-{tries}", dice.uniform(0, whole), mode)
            if one.faults:
                print(f"cut {tries}: " + "\n  ".join(one.faults), file=sys.stderr)
            fired, wrong, tries = fired + one.fired, wrong + bool(one.faults), tries + 1
    modes = ", ".join(mode or "as usual" for mode in MODES)
    return not wrong, f"{fired} cuts in {tries} runs; ext4 mounted: {modes}", f"{wrong} wrong"
