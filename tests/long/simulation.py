"""Simulated stories by seed: the real core, run and ledger code on a simulated machine."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from tests.simulation.auditor import audit
from tests.simulation.stage import play, replaced

STEP = 250


def add(names: Any) -> None:
    """Add the run to the command line."""
    parser = names.add_parser("simulation", help=__doc__)
    parser.add_argument(
        "--seeds",
        metavar="A:B",
        type=_seeds,
        default=range(1_000_000),
        help="from A up to, not with, B (default 0:1000000)",
    )
    parser.add_argument(
        "--processes", metavar="N", type=int, default=1, help="at once (default %(default)s)"
    )
    parser.add_argument("--tell", action="store_true", help="print the whole trace of each seed")
    parser.set_defaults(run=run)


def _seeds(text: str) -> range:
    first, _, end = text.partition(":")
    return range(int(first), int(end))


def run(args: argparse.Namespace) -> tuple[bool, str, str]:
    """(whether every seed held, what was covered, what came of it)."""
    if args.tell:
        return _tell(args.seeds)
    steps = [args.seeds[at : at + STEP] for at in range(0, len(args.seeds), STEP)]
    begun, bad, commands, posts = time.process_time(), 0, 0, 0
    spent = 0.0
    with ProcessPoolExecutor(args.processes) as pool:
        for found, ran, sent, seconds in pool.map(_step, steps):
            commands, posts, spent = commands + ran, posts + sent, spent + seconds
            for seed, lines in found.items():
                bad += 1
                print(f"seed {seed}: " + "\n  ".join(lines), file=sys.stderr)
    spent += time.process_time() - begun
    seeds = args.seeds
    reach = f"seeds {seeds.start}:{seeds.stop}, {commands} runs, {posts} requests for renders"
    each = spent / max(len(seeds), 1) * 1000
    return not bad, reach, f"{bad} seeds with a violation; {each:.1f} ms of one core a seed"


def _step(seeds: range) -> tuple[dict[int, list[str]], int, int, float]:
    """What the auditor found by seed, commands that ran, requests that were sent, CPU seconds."""
    found: dict[int, list[str]] = {}
    commands = posts = 0
    begun = time.process_time()
    with replaced():
        for seed in seeds:
            story = play(seed)
            commands, posts = commands + len(story.ends), posts + len(story.posts)
            if lines := audit(story):
                found[seed] = lines
    return found, commands, posts, time.process_time() - begun


def _tell(seeds: range) -> tuple[bool, str, str]:
    bad = 0
    with replaced():
        for seed in seeds:
            story = play(seed, told=True)
            found = audit(story)
            bad += bool(found)
            print(f"seed {seed}, trace {story.trace}: {story.scenario}", *story.said, sep="\n")
            print(*(found or ["no violation"]), sep="\n")
    return not bad, f"seeds {seeds.start}:{seeds.stop}", f"{bad} seeds with a violation"
