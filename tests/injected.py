"""A run of six renders in which one call of the operating system goes wrong, and its resumption.

strace attaches to one thread of the run, counts that thread's calls of one name, and at the one
that is wanted kills the process, or lets the call fail. Threads are told apart by their names, so
that a count means the same call in every run. The server is a real studio on a real socket that
outlives them all, and keeps the books on what was asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sorapipe.ledger import read
from sorapipe.studio.animatic import Animatic, render
from sorapipe.studio.studio import Studio
from tests.forked import Forks
from tests.served import in_thread

BOARD = """\
version: 1
vars: { mark: "" }
defaults: { seconds: 1, size: 64x36 }
shots:
  - { id: plain, prompt: "plain {mark}" }
  - { id: pair, prompt: "pair {mark}", takes: 2 }
  - { id: remix, prompt: "remix {mark}", remix-of: plain }
  - { id: still, prompt: "still {mark}", reference: { shot: pair, frame: last } }
  - { id: photo, prompt: "photo {mark}", reference: photo.png }
"""
WANTED = 6  # renders
FILES = ("plain", "pair", "remix", "still", "photo")
CALLS = (
    *("openat", "write", "fsync", "fdatasync", "close", "rename", "link", "unlink"),
    *("mkdir", "ftruncate", "copy_file_range"),
)
THREADS = ("MainThread", "ledger_0", *(f"asyncio_{number}" for number in range(6)))
KILL = "signal=KILL"
MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None  # syncs cost nothing there


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """The `number`th `call` (from 1) of that thread."""

    thread: str
    call: str
    number: int

    def __str__(self) -> str:
        return f"{self.thread}-{self.call}-{self.number}"


@dataclass(frozen=True, slots=True)
class Fired:
    """What came of a fault at a point: the line of strace, the exit code, and what was wrong.

    `ours` says that it hit a file of the run. What a thread does besides, such as importing and
    closing sockets, differs from run to run; there only money is looked at.
    """

    point: Point
    fault: str
    line: str
    code: int
    ours: bool
    faults: list[str]


@dataclass(slots=True)
class Scene:
    """A folder for many runs against one server; `run` is one of them, told by its mark."""

    folder: Path
    url: str
    database: Path

    def env(self, place: Path) -> dict[str, str]:
        """A home of its own for each run, and no waiting."""
        ours = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        homes = {f"XDG_{name}_HOME": str(place / name.lower()) for name in ("STATE", "CONFIG")}
        quick = {"SORAPIPE_POLL_INTERVAL": "0.02", "SORAPIPE_SETTLE_TIMEOUT": "2"}
        server = {"SORAPIPE_BASE_URL": self.url, "SORAPIPE_PROFILE": "local"}
        return {**ours, **homes, **quick, **server}

    def words(self, place: Path, mark: str) -> list[str]:
        """The command of the run with that mark."""
        words = ["run", str(self.folder / "board.yaml"), "--json", "--var", f"mark={mark}"]
        return [*words, "--out", str(place / "out"), "--store", str(place / "store")]

    def creates(self, mark: str) -> int:
        """How many renders with that mark the server took on."""
        with closing(sqlite3.connect(self.database)) as db:
            wanted = "SELECT count(*) FROM videos WHERE prompt LIKE ?"
            return int(db.execute(wanted, (f"% {mark}",)).fetchone()[0])


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """The storyboard, and a studio that serves until the block ends."""
    from PIL import Image

    (folder / "board.yaml").write_text(BOARD, "utf-8")
    Image.new("RGB", (64, 36), "teal").save(folder / "photo.png")
    studio = Studio(folder / "studio", strict=False, render=quick)
    with in_thread(studio) as origin:
        yield Scene(folder, f"{origin}/v1", folder / "studio" / "studio.sqlite3")


def quick(animatic: Animatic, target: Path, **_: Any) -> None:
    """A renderer that takes no time: one film for all, and who it was for behind it."""
    mark = repr((animatic.prompt, animatic.seed, animatic.kind)).encode()
    target.write_bytes(_film() + (len(mark) + 8).to_bytes(4, "big") + b"free" + mark)


@cache
def _film() -> bytes:
    one = Animatic(prompt="a wave", model="sora-2", width=64, height=36, seconds=1, seed=1)
    target = Path(f"/proc/self/fd/{os.memfd_create('film')}")
    render(one, target)
    return target.read_bytes()


def can_trace() -> bool:
    """Whether strace is here and may let calls fail."""
    command = ["strace", "-o", os.devnull, "-e", "inject=fsync:error=EIO", sys.executable, "-c", ""]
    return bool(shutil.which("strace")) and not subprocess.run(command, check=False).returncode


def count(scene: Scene, forks: Forks) -> dict[Point, str]:
    """The calls of a whole run on its own files, with strace's line of each."""
    found: dict[Point, str] = {}
    for thread in THREADS:
        place = scene.folder / f"count-{thread}"
        code, lines = _traced(scene, forks, place, thread, ",".join(CALLS))
        assert code == 0, place.with_suffix(".err").read_text()
        seen: Counter[str] = Counter()
        for line in lines:
            call = line.partition("(")[0]
            seen[call] += 1
            if _ours(place, line):
                found[Point(thread, call, seen[call])] = line
        shutil.rmtree(place)
        if not lines:  # there was no thread of that name: more of them than the run could use
            break
    return found


def let_fail(scene: Scene, forks: Forks, point: Point, fault: str) -> Fired | None:
    """Let `fault` happen at that point, and go on from there; None where it was never reached."""
    mark = f"{point}-{fault.partition('=')[2]}"
    place = scene.folder / mark
    inject = f"inject={point.call}:{fault}:when={point.number}"
    code, lines = _traced(scene, forks, place, point.thread, point.call, "-e", inject)
    line = next(iter(lines[point.number - 1 :]), "")
    faults = _harmed(scene, place, mark, code, fault) if _ours(place, line) else []
    again = place.with_suffix(".again")
    resumed = forks.run(scene.words(place, mark), scene.env(place), again)
    faults += [f"then {what}" for what in unfinished(scene, place, mark, resumed)]
    if not faults:
        shutil.rmtree(place)
        for path in scene.folder.glob(f"{mark}.*"):
            path.unlink()
    return Fired(point, fault, line, code, _ours(place, line), faults) if line or faults else None


def _ours(place: Path, line: str) -> bool:
    """Whether that call was on a file below the folders of the run."""
    return f"{place}/" in line


def _traced(
    scene: Scene, forks: Forks, place: Path, thread: str, calls: str, *more: str
) -> tuple[int, list[str]]:
    """Run with strace on that thread: the exit code, and a line for each of those calls."""
    log = place.with_suffix(".strace")
    log.unlink(missing_ok=True)
    mark = place.name
    child = forks.start(scene.words(place, mark), scene.env(place), place, gate=thread)
    number = child.gated()
    if number is None:
        return child.wait(), []
    command = ["strace", "-p", str(number), "-y", "-e", f"trace={calls}", *more, "-o", str(log)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        assert said.endswith(" attached\n"), said
        child.go()
        code = child.wait()
    return code, [line for line in log.read_text().splitlines() if line[:1].isalpha()]


def _harmed(scene: Scene, place: Path, mark: str, code: int, fault: str) -> list[str]:
    """What is wrong right after the fault."""
    told = place.with_suffix(".err").read_text()
    faults = [f"said {told!r}"] if "Traceback" in told or "fault of ours" in told else []
    if fault == KILL:
        faults += [f"exit {code}, and not by the signal"] if code != -9 else []
    elif code == 0:
        faults += unfinished(scene, place, mark, code)
    elif code != 4:
        faults.append(f"exit {code}: {told}")
    if (creates := scene.creates(mark)) > WANTED:
        faults.append(f"{creates} creates")
    return faults + claimed(place)


def unfinished(scene: Scene, place: Path, mark: str, code: int) -> list[str]:
    """What a run that ended well should have left, and did not."""
    faults = [f"ended with {code}"] if code else []
    if (creates := scene.creates(mark)) != WANTED:
        faults.append(f"{creates} creates for {WANTED} renders")
    delivered = {event["file"] for event in _events(place, "delivered")}
    faults += [f"{name}.mp4 was not delivered" for name in FILES if f"{name}.mp4" not in delivered]
    return faults + claimed(place)


def claimed(place: Path) -> list[str]:
    """What the ledger or the events on stdout call done, and is not."""
    history = read(place / "out" / "ledger.jsonl")
    faults = [str(history.damage)] if history.damage else []
    known = {event["seq"] for event in history.events}
    for line in place.with_suffix(".out").read_text().splitlines():
        event = json.loads(line)
        if event.get("seq", 0) and event["seq"] not in known:
            faults.append(f"told, and not in the ledger: {line}")
    for event in _events(place, "kept"):
        sha256 = event["sha256"]
        if _digest(place / "store" / "objects" / sha256[:2] / sha256) != sha256:
            faults.append(f"{event['take']} is called kept, and is not in the store")
    for event in _events(place, "delivered"):
        if _digest(place / "out" / event["file"]) != event["sha256"]:
            faults.append(f"{event['file']} is called delivered, and is not whole")
    return faults


def _events(place: Path, name: str) -> list[dict[str, Any]]:
    events = read(place / "out" / "ledger.jsonl").events
    return [event for event in events if event["event"] == name]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"
