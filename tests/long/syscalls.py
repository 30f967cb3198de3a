"""A run killed, or refused, at every call of the operating system on its files; then resumed."""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.forked import Forks
from tests.injected import KILL, MEMORY, THREADS, Fired, Point, Scene, count, let_fail, scene

FAULTS = (KILL, "error=EIO", "error=ENOSPC", "error=EMFILE", "error=EROFS")


def add(names: Any) -> None:
    """Add the run to the command line."""
    parser = names.add_parser("syscalls", help=__doc__)
    parser.add_argument(
        "--fault",
        choices=[fault.partition("=")[2] for fault in FAULTS],
        action="append",
        help="this one alone (repeatable; default: all)",
    )
    parser.add_argument(
        "--processes", metavar="N", type=int, default=2, help="at once (default %(default)s)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> tuple[bool, str, str]:
    """(whether every point held, what was covered, what came of it)."""
    wanted = [one for one in FAULTS if not args.fault or one.partition("=")[2] in args.fault]
    told, good = [], True
    with (
        tempfile.TemporaryDirectory(prefix="sorapipe-syscalls-", dir=MEMORY) as folder,
        scene(Path(folder)) as stage,
        Forks() as forks,
    ):
        points = count(stage, forks)
        for fault in wanted:
            fired = list(every(stage, points, fault, args.processes))
            good = good and not any(one.faults for one in fired)
            told.append(_told(fault, fired))
    calls = Counter(point.call for point in points)
    reach = ", ".join(f"{number} {call}" for call, number in calls.most_common())
    return good, f"a run of six renders makes {len(points)} calls: {reach}", "; ".join(told)


def every(stage: Scene, points: dict[Point, str], fault: str, processes: int) -> Iterator[Fired]:
    """What fired, for all calls of each thread and name, until there are no more of them."""
    kinds = sorted({(point.thread, point.call) for point in points})
    assert all(thread in THREADS for thread, _ in kinds)
    own = threading.local()
    with ExitStack() as stack:
        lock = threading.Lock()

        def one(kind: tuple[str, str]) -> list[Fired]:
            if not hasattr(own, "forks"):
                with lock:
                    own.forks = stack.enter_context(Forks())
            return list(_kind(stage, own.forks, *kind, fault))

        with ThreadPoolExecutor(processes) as pool:
            for fired in pool.map(one, kinds):
                yield from fired


def _kind(stage: Scene, forks: Forks, thread: str, call: str, fault: str) -> Iterator[Fired]:
    number = 0
    while fired := let_fail(stage, forks, Point(thread, call, number := number + 1), fault):
        if fired.faults:
            faults = "\n  ".join(fired.faults)
            print(f"{fired.point} {fault}: {fired.line}\n  {faults}", file=sys.stderr)
        yield fired


def _told(fault: str, fired: list[Fired]) -> str:
    ours = [one for one in fired if one.ours]
    bad = sum(bool(one.faults) for one in fired)
    codes = Counter(one.code for one in ours)
    exits = ", ".join(f"exit {code} {number} times" for code, number in sorted(codes.items()))
    elsewhere = f"{len(fired) - len(ours)} elsewhere"
    name = fault.partition("=")[2]
    return f"{name} fired {len(ours)} times ({exits}; {elsewhere}), {bad} wrong"
