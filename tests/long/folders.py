"""Two folders that ask one server for the same with one key, killed and resumed; for each seed."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.cli import Desk
from tests.instant import Instant, instant
from tests.long.sockets import LIMITS
from tests.wreck import WELL, Fault

SHOTS = 3
LOST = 0.6  # the share of the creates whose answer never comes
ROUNDS = 3  # resumptions of both at once; what is open after them is held
LONGEST = 1.0  # seconds from the first line of its ledger to the kill of a run, at most


def add(names: Any) -> None:
    """Add the run to the command line."""
    parser = names.add_parser("folders", help=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many (default %(default)s)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> tuple[bool, str, str]:
    """(whether neither ever took the other's, what was covered, what came of it)."""
    with tempfile.TemporaryDirectory(prefix="sorapipe-folders-") as folder:
        places = [Path(folder) / str(seed) for seed in range(args.seeds)]
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(play, places, range(args.seeds)))
    for seed, pair in enumerate(found):
        for line in pair.wrong:
            print(f"seed {seed}: {line}", file=sys.stderr)
    total = {name: sum(getattr(one, name) for one in found) for name in ("kills", "adopted")}
    kept, held = sum(one.kept for one in found), sum(one.held for one in found)
    wrong = sum(bool(one.wrong) for one in found)
    reach = f"{args.seeds} seeds, 2 folders of {SHOTS} shots, {total['kills']} kills"
    told = f"{kept} kept, {total['adopted']} of them adopted; {held} held; {wrong} seeds wrong"
    return not wrong, reach, told


@dataclass(slots=True)
class Pair:
    """What came of both folders."""

    kills: int
    adopted: int
    kept: int
    held: int
    wrong: list[str]


def play(folder: Path, seed: int) -> Pair:
    """Start both at once, kill each at a moment of its own, resume both until nothing moves."""
    chance = Random(seed)
    worth = chance.choice(("hint", "proof"))
    desks = [_desk(folder, name, worth) for name in "ab"]

    def lost(what: str, subject: str, before: int) -> Fault:
        if what != "create" or chance.random() >= LOST:
            return WELL
        return Fault(chance.choice(("close", "hang", "502")), taken=chance.random() < 0.6)

    with instant(faults=lost) as server:
        said = ("--config", str(folder / "config.toml"), "--base-url", server.url)
        priced = ("--profile", "mine", "--price", "sora-2=0.10", "--yes", "--quiet")
        kills = sum(_both(desks, [*said, *priced], [chance.uniform(0, LONGEST) for _ in desks]))
        for _ in range(ROUNDS):
            _both(desks, [*said, *priced], [None, None])
    wrong = [line for desk in desks for line in _audit(desk, server)]
    files = sum(len(list(desk.out.glob("*.mp4"))) for desk in desks)
    adopted = sum(len(desk.events("adopted")) for desk in desks)
    return Pair(kills, adopted, files, 2 * SHOTS - files, wrong)


def _desk(folder: Path, name: str, worth: str) -> Desk:
    """A folder with a store of its own, of a user who has one state folder."""
    limits = {f"SORAPIPE_{limit}": str(seconds) for limit, seconds in LIMITS.items()}
    desk = Desk(folder / name, {**limits, "XDG_STATE_HOME": str(folder / "state")})
    desk.folder.mkdir(parents=True)
    complete = str(worth == "proof").lower()
    profile = f'[profiles.mine]\nlist = "{worth}"\nlist-complete = {complete}\n'
    (folder / "config.toml").write_text(profile)
    shots = "".join(f"  - {{ id: s{number}, prompt: wave {number} }}\n" for number in range(SHOTS))
    desk.write("version: 1\ndefaults: { seconds: 1, size: 64x64 }\nshots:\n" + shots)
    return desk


def _both(desks: list[Desk], options: list[str], moments: list[float | None]) -> list[bool]:
    """Run both at once, each to its end or until it is killed; which were."""
    running = [
        subprocess.Popen(
            desk.command("run", *options),
            env=desk.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for desk in desks
    ]
    with ThreadPoolExecutor(len(running)) as pool:
        return list(pool.map(_killed, desks, running, moments))


def _killed(desk: Desk, process: subprocess.Popen[bytes], after: float | None) -> bool:
    """Wait for its end, or kill it that long after it began to write: Python may start slowly."""
    ledger = desk.out / "ledger.jsonl"
    with process:
        while after is not None and process.poll() is None and not ledger.exists():
            time.sleep(0.01)
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.kill()
            return True
    return False


def _audit(desk: Desk, server: Instant) -> list[str]:
    """What the folder has that it did not ask for, and what it paid twice."""
    asked = {event["render"]: event["take"] for event in desk.events("intent")}
    theirs = [
        f"{desk.folder.name}: {event['take']} took {event['video']}, which another asked for"
        for event in desk.events("accepted", "adopted", "duplicate")
        if server.renders[event["video"]].key not in asked
    ]
    paid = [asked[one.key] for one in server.renders.values() if one.key in asked]
    twice = [
        f"{desk.folder.name}: {take} was paid twice" for take in {*paid} if paid.count(take) > 1
    ]
    unsaid = [
        f"{desk.folder.name}: {take} was paid, and is neither here nor open"
        for take in {*paid}
        if not (desk.out / f"{take.partition('@')[0]}.mp4").exists() and not _is_open(desk, take)
    ]
    return theirs + twice + unsaid


def _is_open(desk: Desk, take: str) -> bool:
    """Whether the take's payment is open at the end, by the ledger's last word on it."""
    moves = [event["event"] for event in desk.events("intent", "ambiguous", "unknown", "absent")]
    names = [event["take"] for event in desk.events("intent", "ambiguous", "unknown", "absent")]
    last = [move for move, name in zip(moves, names, strict=True) if name == take][-1]
    return last != "absent"
