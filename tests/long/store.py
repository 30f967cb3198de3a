"""Two storyboards over one store at once, killed at random and resumed, then tidied; each seed."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sorapipe.store import Store
from sorapipe.store_check import check
from tests.forked import Forks
from tests.sharing import Sharing, sharing

SHARED = ("wave rolls", "hill sleeps", "fox runs")
KILLED = 0.75  # the share of the runs that are killed, in each of the first rounds
ROUNDS = 2  # of both at once, which may be killed; then one to the end
LONGEST = 0.5  # seconds from the first line of a ledger to the kill, at most
Event = dict[str, Any]


def add(names: Any) -> None:
    """Add the run to the command line."""
    parser = names.add_parser("store", help=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many (default %(default)s)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> tuple[bool, str, str]:
    """(whether nothing was broken or lost, what was covered, what came of it)."""
    with tempfile.TemporaryDirectory(prefix="sorapipe-store-") as folder:
        found = list(played(Path(folder), range(args.seeds)))
    for seed, pair in enumerate(found):
        for line in pair.wrong:
            print(f"seed {seed}: {line}", file=sys.stderr)
    kills, creates = sum(one.kills for one in found), sum(one.creates for one in found)
    reused, wrong = sum(one.reused for one in found), sum(bool(one.wrong) for one in found)
    reach = f"{args.seeds} seeds, 2 storyboards with {len(SHARED)} takes in common, {kills} kills"
    return not wrong, reach, f"{creates} creates, {reused} reused; {wrong} seeds wrong"


@dataclass(slots=True)
class Pair:
    """What came of both: kills, creates and reuses of takes that both want, and what is wrong."""

    kills: int
    creates: int
    reused: int
    wrong: list[str]


def played(folder: Path, seeds: range, rounds: int = ROUNDS) -> Iterator[Pair]:
    """Each seed in a folder of its own, one after the other."""
    with ExitStack() as stack:
        forks = [stack.enter_context(Forks()) for _ in range(2)]
        pool = stack.enter_context(ThreadPoolExecutor(2))
        for seed in seeds:
            yield _Play(folder / str(seed), Random(seed), forks, pool).play(rounds)
            shutil.rmtree(folder / str(seed))


class _Play:
    """One seed."""

    def __init__(
        self, folder: Path, chance: Random, forks: list[Forks], pool: ThreadPoolExecutor
    ) -> None:
        self._chance = chance
        self._forks = forks
        self._pool = pool
        self._desks = [
            sharing(folder, name, *chance.sample([*SHARED, f"{name} own"], len(SHARED) + 1))
            for name in "ab"
        ]
        self._store = Store(self._desks[0].store)

    def play(self, rounds: int) -> Pair:
        """Kill and resume until both are through, check, tidy, and check again."""
        chance, kills = self._chance, 0
        for _ in range(rounds):
            moments = [
                chance.uniform(0, LONGEST) if chance.random() < KILLED else None for _ in "ab"
            ]
            kills += self._both(moments).count(-signal.SIGKILL)
        wrong = [
            f"the last runs exited {codes}" for codes in [self._both([None] * 2)] if any(codes)
        ]
        wrong += self._broken()
        events = [desk.events("run-started", "run-ended", *_MOVES) for desk in self._desks]
        wrong += _bought_twice(events)
        wrong += self._tidied()
        creates = sum(len(_creates(one)) for one in events)
        reused = sum(one["event"] == "reused" for both in events for one in both)
        return Pair(kills, creates, reused, wrong)

    def _both(self, moments: list[float | None]) -> list[int]:
        return list(self._pool.map(self._one, self._forks, self._desks, moments))

    def _one(self, forks: Forks, desk: Sharing, moment: float | None) -> int:
        """Run to the end, or until it is killed that long after its ledger is there."""
        running = forks.start(_words(desk, "run"), desk.env, desk.folder / "said")
        ledger = desk.out / "ledger.jsonl"
        if moment is not None:
            while not ledger.exists() and not running.ended_within(0.01):
                pass
            time.sleep(moment)  # a kill comes at any moment: there is no event to wait for
            if not running.ended_within(0.001):
                with suppress(ProcessLookupError):
                    os.kill(running.pid, signal.SIGKILL)
        return running.wait()

    def _broken(self) -> list[str]:
        """Objects and records that are not whole, and kept takes that are not there."""
        found = check(self._store, lambda _: None)
        wrong = [f"damaged: {sha256}" for sha256 in found.damaged]
        wrong += [f"a record without its object: {mark}" for mark in found.bare]
        for desk in self._desks:
            kept = {one["take"]: one for one in desk.events("kept", "reused")}
            wrong += [
                f"{desk.folder.name}: {take} is not in the store"
                for take, one in kept.items()
                if not self._store.has(one["sha256"]) or self._store.record(one["fp"]) is None
            ]
            wrong += [f"{desk.folder.name}: {len(kept)} takes kept"] * (len(kept) != 4)
        return wrong

    def _tidied(self) -> list[str]:
        """What gc broke, or took from those that need it."""
        desk, before = self._desks[0], [len(one.events("intent")) for one in self._desks]
        words = ["store", "gc", "--older-than", "0", "--yes", "--store", str(desk.store)]
        code = self._forks[0].run(words, desk.env, desk.folder / "said")
        wrong = [f"gc exited {code}"] * (code != 0)
        for one in self._desks:
            for path in one.out.glob("*.mp4"):
                path.unlink()
        codes = self._both([None, None])
        wrong += [f"after gc the runs exited {codes}"] * any(codes)
        after = [len(one.events("intent")) for one in self._desks]
        wrong += ["after gc something was bought again"] * (after != before)
        return wrong + self._broken()


_MOVES = ("intent", "accepted", "adopted", "kept", "reused")


def _words(desk: Sharing, name: str) -> list[str]:
    return desk.command(name, "--quiet")[3:]


def _creates(events: list[Event]) -> list[Event]:
    """The intents that led to a video, each with whether its run was `cut` before it was kept."""
    there = {one["render"] for one in events if one["event"] in ("accepted", "adopted")}
    found: list[Event] = []
    here: list[Event] = []  # those of the run that goes on
    for event in events:
        if event["event"] == "intent" and event["render"] in there:
            here.append({**event, "cut": True})
            found.append(here[-1])
        elif event["event"] == "kept":
            for one in here:
                one["cut"] &= one["fp"] != event["fp"]
        elif event["event"] == "run-ended":
            for one in here:
                one["cut"] = False
        elif event["event"] == "run-started":
            here = []
    return found


def _bought_twice(events: list[list[Event]]) -> list[str]:
    """The takes that were bought though a run had them, or had had them, and was not killed."""
    first: dict[str, Event] = {}
    wrong = []
    for one in sorted((one for both in events for one in _creates(both)), key=lambda e: e["at"]):
        earlier = first.setdefault(one["fp"], one)
        if earlier is not one and not earlier["cut"]:
            wrong.append(f"{one['take']} was bought again at {one['at']}")
        first[one["fp"]] = one
    return wrong
