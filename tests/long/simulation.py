"""Simulated stories by seed: the real core, run and ledger code on a simulated machine."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.simulation.auditor import audit
from tests.simulation.seeds import trace_of
from tests.simulation.stage import play, replaced

ROOT = Path(__file__).parents[2]
STEP = 250  # seeds that a process plays in one go
SAMPLE = 100  # seeds, spread over the range, that are played a second time
TOLD = 30.0  # seconds between two lines of progress


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
    parser.add_argument(
        "--log",
        metavar="FILE",
        type=Path,
        help="note there what was played; what stands there, of the same code, is not played again",
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
    seeds, code = args.seeds, _code()
    sample = seeds[:: max(len(seeds) // SAMPLE, 1)][:SAMPLE]
    traces: dict[str, str] = {}
    totals: Counter[str] = Counter()
    bad: dict[str, list[str]] = {}
    steps = [seeds[at : at + STEP] for at in range(0, len(seeds), STEP)]
    for done in _played(steps, sample, args.processes, args.log, code):
        totals.update(done["totals"])
        traces.update(done["traces"])
        bad = done["bad"]
        if bad:
            break
    for seed, lines in bad.items():
        print(f"seed {seed}: " + "\n  ".join(lines), file=sys.stderr)
        again = f"python -m tests.long simulation --seeds {seed}:{int(seed) + 1} --tell"
        print(f"to see it again: {again}", file=sys.stderr)
    wrong = [] if bad else _other_traces(traces, args.processes)
    if wrong:
        print(f"another trace the second time: seeds {', '.join(wrong)}", file=sys.stderr)
    reach = (
        f"seeds {seeds.start}:{seeds.stop}, {totals['runs']} runs, {totals['killed']} of them "
        f"killed, {totals['requests']} requests for renders"
    )
    each = totals["cpu"] / max(totals["seeds"], 1) * 1000
    if bad:
        result = f"stopped at seed {next(iter(bad))}, which has a violation"
    else:
        same = f"{len(traces) - len(wrong)} of {len(traces)} seeds played again left the same trace"
        result = f"0 seeds with a violation; {same}; {each:.1f} ms of one core a seed"
    return not bad and not wrong, reach, result


def _played(
    steps: list[range], sample: range, processes: int, log: Path | None, code: str
) -> Iterator[dict[str, Any]]:
    """What each step came to, in the order of the seeds, those in the log first."""
    known = _read(log, code)
    done = [known[key] for step in steps if (key := _name(step)) in known]
    yield from done
    left = [step for step in steps if _name(step) not in known]
    begun, told = time.monotonic(), 0.0
    samples = [tuple(seed for seed in step if seed in sample) for step in left]
    with ProcessPoolExecutor(processes) as pool:
        try:
            for count, played in enumerate(pool.map(_step, left, samples), 1):
                found = {"seeds": _name(left[count - 1]), "code": code, **played}
                if log is not None and not found["bad"]:
                    with log.open("a") as file:
                        file.write("\n" + json.dumps(found))  # behind half a line, if there is one
                now = time.monotonic() - begun
                if now - told > TOLD:
                    told, rest = now, now / count * (len(left) - count) / 60
                    print(
                        f"seed {left[count - 1].stop}, {rest:.0f} minutes to go",
                        file=sys.stderr,
                        flush=True,
                    )
                yield found
        finally:  # also where nobody wants more of them
            pool.shutdown(cancel_futures=True)


def _name(step: range) -> str:
    return f"{step.start}:{step.stop}"


def _read(log: Path | None, code: str) -> dict[str, dict[str, Any]]:
    """The steps of the log that were played with this very code, by their seeds."""
    known: dict[str, dict[str, Any]] = {}
    if log is not None and log.exists():
        for line in log.read_text().splitlines():
            with suppress(ValueError, KeyError, TypeError):  # one that was killed left half a line
                step = json.loads(line)
                if step["code"] == code:
                    known[step["seeds"]] = step
    return known


def _code() -> str:
    """What is played: a digest of the product and of the simulation."""
    digest = hashlib.sha256()
    for folder in ("sorapipe", "tests/simulation"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _step(seeds: range, sample: tuple[int, ...]) -> dict[str, Any]:
    """Play the seeds up to the first that has a violation: sums, traces of the sample, faults."""
    totals: Counter[str] = Counter()
    traces: dict[str, str] = {}
    bad: dict[str, list[str]] = {}
    begun = time.process_time()
    with replaced():
        for seed in seeds:
            story = play(seed)
            totals["seeds"] += 1
            totals["runs"] += sum(end.command == "run" for end in story.ends)
            totals["killed"] += sum(end.exit is None for end in story.ends)
            totals["requests"] += len(story.posts)
            if seed in sample:
                traces[str(seed)] = story.trace
            if found := audit(story):
                bad[str(seed)] = found
                break
    cpu = {"cpu": time.process_time() - begun}
    return {"totals": {**totals, **cpu}, "traces": traces, "bad": bad}


def _other_traces(traces: dict[str, str], processes: int) -> list[str]:
    """The seeds that leave another trace when they are played again, by other interpreters.

    Those are begun anew, so that they order their sets in another way than we do.
    """
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        again = pool.map(trace_of, map(int, traces))
        return [seed for seed, trace in zip(traces, again, strict=True) if traces[seed] != trace]


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
