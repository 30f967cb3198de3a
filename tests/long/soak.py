"""Thousands of shots over an instant server with faults of all kinds, killed and resumed."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import linear_regression
from typing import Any

from tests.cli import Desk
from tests.instant import Faults, Instant, instant
from tests.long.sockets import LIMITS, STATUSES, WHOLE
from tests.wreck import WELL, Fault

# Of the requests of a kind, those that meet a fault.
SHARES = {"create": 0.3, "look": 0.1, "content": 0.1, "list": 0.1}
LEAST = 4  # requests for one thing of which one is well at last: else nothing would ever end
ENDS = ("close", "reset", "hang")
OTHERS = ("drip", "garbage", "empty", "page", *map(str, STATUSES))
RUNS = 8  # at most, until everything has come to rest
KILLED = 0.6  # the share of the shots over which the kills are spread; then one run goes to the end
# KiB of memory a shot that was taken on: what a run remembers of it (its events in the tally, its
# place on the board) is 5 to 6.5. Some five requests are made for a shot, and every seventh of them
# meets a fault: what stays behind of each soon shows.
GROWTH = 7.0
TELLING = 1000  # shots over which growth tells something
MORE_FDS = 16  # descriptors more at the end than in the beginning: those of another moment


def add(names: Any) -> None:
    """Add the run to the command line."""
    parser = names.add_parser("soak", help=__doc__)
    parser.add_argument("--shots", type=int, default=10_000, help="how many (default %(default)s)")
    parser.add_argument("--kills", type=int, default=50, help="SIGKILLs (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of faults and kills (default 1)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> tuple[bool, str, str]:
    """(whether it held, what was covered, what came of it)."""
    with tempfile.TemporaryDirectory(prefix="sorapipe-soak-") as folder:
        found = soak(Path(folder), shots=args.shots, kills=args.kills, seed=args.seed)
    print(*found.wrong, sep="\n", file=sys.stderr)
    reach = f"{args.shots} shots, seed {args.seed}, {found.faults} faults, {found.kills} kills"
    return not found.wrong, reach, found.told()


@dataclass(slots=True)
class Soak:
    """What came of it. `samples` are (shots that were taken on, KiB resident, descriptors)."""

    kills: int = 0
    faults: int = 0
    runs: int = 0
    twice: int = 0
    files: int = 0
    paid: int = 0
    held: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[int, int, int]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """KiB a shot, over the run that was left to go to the end."""
        shots, memory, _ = zip(*self._steady(), strict=True)
        return linear_regression(shots, memory).slope if len(set(shots)) > 1 else 0.0

    @property
    def flat(self) -> bool:
        """Whether memory and descriptors stayed; a short run is all beginning."""
        steady = self._steady()
        long = steady[-1][0] - steady[0][0] >= TELLING
        return self.more_fds <= MORE_FDS and (not long or self.growth <= GROWTH)

    @property
    def more_fds(self) -> int:
        """How many more descriptors were open in the last quarter than in the first."""
        opened = [fds for _, _, fds in self._steady()]
        quarter = max(len(opened) // 4, 1)
        return max(opened[-quarter:]) - max(opened[:quarter])

    def _steady(self) -> list[tuple[int, int, int]]:
        """The samples less those in which modules were still being loaded and tasks begun."""
        return self.samples[len(self.samples) // 5 :]

    def told(self) -> str:
        """In one line."""
        held = f"{self.held['paid']} paid and {self.held['free']} free ones held and named"
        whole = f"{self.paid} paid, {self.twice} of them twice; {self.files} files, {held}"
        most = max(memory for _, memory, _ in self.samples) / 1024
        memory = f"memory at most {most:.0f} MiB, {self.growth:+.2f} KiB a shot"
        fds = max(fds for _, _, fds in self.samples)
        return f"{whole}; {self.runs} runs; {memory}; descriptors at most {fds}, {self.more_fds:+d}"


def luck(seed: int, met: Counter[str]) -> Faults:
    """Faults by that seed; `met` counts them."""

    def fault(what: str, subject: str, before: int) -> Fault:
        chance = Random(f"{seed} {what} {subject} {before}")
        if chance.random() >= SHARES[what] or (what != "list" and before >= LEAST):
            return WELL
        met[what] += 1
        return _create(chance) if what == "create" else Fault(_act(chance), chance.randrange(600))

    return fault


def _create(chance: Random) -> Fault:
    if chance.random() < 0.02:
        return Fault("429", taken=False)
    act = chance.choice((_act(chance), chance.choice(WHOLE)))
    taken, hidden = chance.random() < 0.6, chance.random() < 0.05
    return Fault(act, chance.randrange(450), taken=taken, hidden=hidden)


def _act(chance: Random) -> str:
    return chance.choice((chance.choice(ENDS), chance.choice(OTHERS)))


def soak(folder: Path, *, shots: int, kills: int, seed: int) -> Soak:
    """Run, kill and resume until everything has come to rest; then count."""
    found, met, chance = Soak(), Counter[str](), Random(seed)
    desk = Desk(folder, {f"SORAPIPE_{name}": str(limit) for name, limit in LIMITS.items()})
    lines = (f"  - {{ id: s{number}, prompt: shot {number} }}\n" for number in range(shots))
    desk.write("version: 1\ndefaults: { seconds: 1, size: 64x64 }\nshots:\n" + "".join(lines))
    moments = sorted(chance.randrange(int(KILLED * shots)) for _ in range(kills))
    with instant(faults=luck(seed, met)) as server:
        said = ("--base-url", server.url)
        more = ("--price", "sora-2=0.10", "--yes", "--quiet", "--concurrency", "32")
        command = desk.command("run", *said, *more)
        for moment in moments:
            found.kills += _run(desk, command, server, found, moment, chance.uniform(0, 1.0))
        for _ in range(RUNS):
            samples, found.samples = found.samples, []
            _run(desk, command, server, found)
            found.samples = max(samples * (found.runs > kills + 1), found.samples, key=len)
            status = json.loads(desk.run("status", *said, "--json").stdout)
            if all(take["state"] == "unknown" for take in status["open"]):
                break
    found.faults = met.total()
    _count(desk, server, found, status, shots)
    return found


def _run(
    desk: Desk,
    command: list[str],
    server: Instant,
    found: Soak,
    moment: int | None = None,
    later: float = 0.0,
) -> bool:
    """Run to the end, or to a kill that much later than so many were taken on; was it killed?"""
    found.runs += 1
    kill_at: float | None = None
    with (
        (desk.folder / "stderr").open("w") as said,
        subprocess.Popen(command, env=desk.env, stdout=said, stderr=said) as process,
    ):
        while process.poll() is None:
            if moment is not None and len(server.renders) >= moment and kill_at is None:
                kill_at = time.monotonic() + later
            if kill_at is not None and time.monotonic() >= kill_at:
                process.kill()
                return True
            found.samples += _sample(process.pid, len(server.renders))
            time.sleep(0.05 if kill_at is not None else 0.2)
    if process.returncode not in (0, 1, 3):
        found.wrong.append(f"exit {process.returncode}: {(desk.folder / 'stderr').read_text()}")
    return False


def _sample(pid: int, done: int) -> list[tuple[int, int, int]]:
    """What the kernel says of the process, where it has such files; nothing once it has ended."""
    try:
        place = Path("/proc", str(pid))
        lines = (place / "status").read_text().splitlines()
        memory = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
        return [(done, memory, len(list((place / "fd").iterdir())))]
    except (OSError, StopIteration):
        return []


def _count(desk: Desk, server: Instant, found: Soak, status: dict[str, Any], shots: int) -> None:
    """Hold the server's books against the files, and what is held against what was said."""
    by_prompt: dict[str, list[bytes]] = {}
    for render in server.renders.values():
        by_prompt.setdefault(render.prompt, []).append(render.film())
    found.paid = len(server.renders)
    found.twice = found.paid - len(by_prompt)
    named = {take["take"] for take in status["open"] if take["at_most"] == 0.1}
    stderr = (desk.folder / "stderr").read_text()
    for number in range(shots):
        file, paid = desk.out / f"s{number}.mp4", by_prompt.get(f"shot {number}", [])
        if file.exists():
            found.files += 1
            if [file.read_bytes()] != paid:
                found.wrong.append(f"s{number}: its file is not what was paid for")
            continue
        found.held["paid" if paid else "free"] += 1
        if f"s{number}@1" not in named or f"s{number}@1: may have been paid" not in stderr:
            found.wrong.append(f"s{number}: no file, and not named; {len(paid)} paid")
    if found.twice:
        found.wrong.append(f"{found.twice} were paid twice")
    if not found.flat:
        found.wrong.append(found.told())
