"""Creates whose answers are wrecked on real sockets, cut at every byte too; for each promise."""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.cli import Desk
from tests.instant import Instant, Render, instant
from tests.wreck import WELL, Fault, Framing, framed

LISTS = ("proof", "hint", "none")  # what a profile says its list is worth
KEYS = ("replay", "reject", "none")  # ... and what becomes of a key that the server knows
LIMITS = {
    "READ_TIMEOUT": 3.0,
    "DOWNLOAD_TIMEOUT": 3.0,
    "SETTLE_TIMEOUT": 2.0,
    "POLL_INTERVAL": 0.02,
    "BACKOFF_CAP": 0.2,
}
RUNS = 4  # at most: a busy machine may be too slow to read a list in such short a time
PRICE = "0.10"
WANTED = {"prompt": "shot 00000", "model": "sora-2", "size": "64x64", "seconds": "1"}
CUTS: tuple[tuple[str, Framing], ...] = (
    ("close", "length"),
    ("close", "close"),
    ("close", "chunks"),
    ("reset", "length"),
    ("hang", "length"),
)
STATUSES = (301, 302, 307, 308, 408, 409, 418, 425, 500, 502, 503, 504, 520, 529)
WHOLE = ("well", "interim", "twice", "201", "202")


def add(names: Any) -> None:
    """Add the run to the command line."""
    parser = names.add_parser("sockets", help=__doc__)
    parser.add_argument(
        "--every", metavar="N", type=int, default=1, help="cut at every Nth byte (default 1)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> tuple[bool, str, str]:
    """(whether all were settled as they must be, what was covered, what came of it)."""
    wrecks = faults(args.every)
    with tempfile.TemporaryDirectory(prefix="sorapipe-sockets-") as folder:
        trials = all_trials(Path(folder), wrecks)
    for trial in trials:
        for line in trial.wrong:
            print(f"list {trial.worth}, keys {trial.keys}: {line}", file=sys.stderr)
    total = {name: sum(getattr(trial, name) for trial in trials) for name in ("kept", "held")}
    twice, wrong = sum(trial.twice for trial in trials), sum(len(trial.wrong) for trial in trials)
    reach = f"{len(wrecks)} wrecked answers, {len(trials)} kinds of server"
    told = (
        f"{total['kept']} kept, {total['held']} held with exit 3; {twice} paid twice; {wrong} wrong"
    )
    return not wrong, reach, told


def faults(every: int) -> list[Fault]:
    """Every fault, taken on and not; the answer cut at each `every`-th byte of head and body."""
    acts = (*WHOLE, "drip", "garbage", "empty", "page", *map(str, STATUSES))
    found = [Fault(act, taken=taken) for act in acts for taken in (True, False)]
    found += [
        Fault(act, at, taken=False) for act, at in itertools.product(("close", "hang"), (0, 7))
    ]
    found += [Fault("reset", taken=False), Fault("429", taken=False), Fault("500", hidden=True)]
    for act, framing in CUTS:
        found += [Fault(act, at, framing) for at in range(0, len(_answer(framing)), every)]
    return found


@cache
def _answer(framing: Framing) -> bytes:
    """An answer to a create, as long as all of them."""
    instance = Instant()
    return framed(*instance.take_on(WANTED, "", WELL), framing)


@dataclass(slots=True)
class Trial:
    """What came of one run over all faults with one kind of server."""

    worth: str
    keys: str
    kept: int = 0
    held: int = 0
    twice: int = 0
    wrong: list[str] = field(default_factory=list)


def all_trials(folder: Path, wrecks: list[Fault]) -> list[Trial]:
    """A trial for each kind of server, three at a time: they wait for most of it."""
    kinds = list(itertools.product(LISTS, KEYS))
    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(lambda kind: trial(folder / "-".join(kind), *kind, wrecks), kinds))


def trial(folder: Path, worth: str, keys: str, wrecks: list[Fault]) -> Trial:
    """One run with a shot for each fault, against a server of that kind."""
    fits = [fault for fault in wrecks if not (fault.hidden and worth == "proof")]  # it would lie
    table = {f"shot {number:05d}": fault for number, fault in enumerate(fits)}

    def first(what: str, subject: str, before: int) -> Fault:
        return table[subject] if what == "create" and not before else WELL

    desk = Desk(folder, {f"SORAPIPE_{name}": str(limit) for name, limit in LIMITS.items()})
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(
        f'[profiles.mine]\nlist = "{worth}"\nlist-complete = {str(worth == "proof").lower()}\n'
        f'idempotency = "{keys}"\n'
    )
    shots = "".join(f"  - {{ id: s{prompt[5:]}, prompt: {prompt} }}\n" for prompt in table)
    desk.write("version: 1\ndefaults: { seconds: 1, size: 64x64 }\nshots:\n" + shots)
    with instant(faults=first, idempotency=keys) as server:
        said = ("--config", str(folder / "config.toml"), "--base-url", server.url)
        priced = ("--profile", "mine", "--price", f"sora-2={PRICE}")
        for _ in range(RUNS):
            done = desk.run("run", *said, *priced, "--yes", "--quiet", "--concurrency", "32")
            if "the next run looks for it" not in done.stderr:
                break
    found, videos = Trial(worth, keys), _by_prompt(server)
    for prompt, fault in table.items():
        name = f"s{prompt[5:]}"
        file = desk.out / f"{name}.mp4"
        end = "kept" if file.exists() else "held"
        paid = videos.get(prompt, [])
        found.kept, found.held = found.kept + (end == "kept"), found.held + (end == "held")
        found.twice += len(paid) > 1
        faulty = [f"ended {end}"] if end not in _may_end(fault, worth, keys) else []
        if len(paid) > 1 or (keys == "none" and server.posts[prompt] > _requests(fault, worth)):
            faulty.append(f"{server.posts[prompt]} requests, {len(paid)} paid")
        if end == "kept" and [file.read_bytes()] != [one.film() for one in paid]:
            faulty.append("the file is not what was paid for")
        if end == "held" and not _said(done.stderr, name):
            faulty.append("held, and not named with its price and what to type")
        found.wrong += [f"{fault}: {line}" for line in faulty]
    if done.returncode != (3 if found.held else 0):
        found.wrong.append(f"exit {done.returncode}: {done.stderr[:2000]}")
    return found


def _by_prompt(server: Instant) -> dict[str, list[Render]]:
    found: dict[str, list[Render]] = {}
    for render in server.renders.values():
        found.setdefault(render.prompt, []).append(render)
    return found


def _may_end(fault: Fault, worth: str, keys: str) -> tuple[str, ...]:
    """How the shot may end: kept, or held for its owner to settle."""
    if _is_whole(fault) or fault.act == "429" or keys == "replay":
        return ("kept",)
    unsure = keys == "reject" and not fault.taken  # asking under the same key may buy it, or not
    listed = fault.taken and not fault.hidden
    if worth == "none":
        broken = fault.act == "reset" and _says_all(fault)  # what came before a reset may be lost
        return ("kept", "held") if unsure or broken else ("held",)
    if worth == "proof" or listed:
        return ("kept",)
    return ("kept", "held") if unsure else ("held",)


def _is_whole(fault: Fault) -> bool:
    return fault.taken and (fault.act in WHOLE or (_says_all(fault) and fault.act != "reset"))


def _says_all(fault: Fault) -> bool:
    """Whether a cut answer's JSON is whole before the cut."""
    return fault.act in ("close", "reset", "hang") and fault.at > _answer(fault.framing).rindex(
        b"}"
    )


def _requests(fault: Fault, worth: str) -> int:
    """How many requests may have been sent: a second one only with proof that the first is free."""
    proved = worth == "proof" and not fault.taken
    return 2 if proved or fault.act == "429" else 1


def _said(stderr: str, name: str) -> bool:
    """Whether people are told what it may have cost, and each command that settles it."""
    lines = stderr.splitlines()
    return f"{name}@1: may have been paid, up to ${PRICE}" in stderr and all(
        any("sorapipe resolve" in line and f"{name}@1 {way}" in line for line in lines)
        for way in ("--adopt ID", "--resubmit", "--write-off")
    )
