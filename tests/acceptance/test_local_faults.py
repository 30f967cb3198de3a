"""What this machine can do to a run: kills, refusals, power cuts, full disks, locks, outputs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from math import inf
from pathlib import Path
from random import Random

import pytest

from sorapipe.clock import SystemClock
from sorapipe.hold import Hold
from tests.forked import Forks
from tests.injected import (
    KILL,
    MEMORY,
    Fired,
    Point,
    Scene,
    can_trace,
    count,
    let_fail,
    scene,
    unfinished,
)
from tests.powercut import MODES, can_mount, cut, mount, umount

KILLS = 60
REFUSALS = 24
CUTS = 20
ROOTS = 4  # takes that wait for no other
ERRORS = ("error=EIO", "error=ENOSPC", "error=EMFILE")


@pytest.fixture(scope="module")
def stage() -> Iterator[Scene]:
    """One server and one storyboard for all runs here."""
    with (
        tempfile.TemporaryDirectory(prefix="sorapipe-faults-", dir=MEMORY) as folder,
        scene(Path(folder)) as built,
    ):
        yield built


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    """A Python that is ready to be a run."""
    with Forks() as ready:
        yield ready


@pytest.fixture(scope="module")
def points(stage: Scene, forks: Forks) -> list[Point]:
    """Every call of a run on its own files."""
    if not can_trace():
        pytest.skip("strace cannot trace here")
    return sorted(count(stage, forks))


@pytest.fixture(scope="module")
def disks(stage: Scene) -> Scene:
    """The stage, where disks can be mounted."""
    if not can_mount(stage.folder):
        pytest.skip("no disk can be mounted here")
    return stage


def evenly(points: Sequence[Point], number: int) -> list[Point]:
    """That many of them, from the first to the last."""
    return [points[len(points) * at // number] for at in range(number)]


def all_fail(stage: Scene, wanted: Sequence[tuple[Point, str]]) -> list[Fired]:
    """What fired, two runs at a time."""
    with ExitStack() as stack:
        ready = [stack.enter_context(Forks()) for _ in range(2)]

        def half(at: int) -> list[Fired | None]:
            return [let_fail(stage, ready[at], *one) for one in wanted[at::2]]

        with ThreadPoolExecutor(2) as pool:
            return [fired for part in pool.map(half, range(2)) for fired in part if fired]


@pytest.mark.slow
def test_a_run_that_is_killed_at_any_call_buys_each_take_once(
    stage: Scene, points: list[Point]
) -> None:
    """SIGKILL at sampled calls on files of the run; resumed, all is there and bought once."""
    fired = all_fail(stage, [(point, KILL) for point in evenly(points, KILLS)])
    assert [one for one in fired if one.faults] == []
    assert sum(one.ours for one in fired) > KILLS * 2 // 3


@pytest.mark.slow
def test_a_call_that_is_refused_is_told_and_costs_nothing(
    stage: Scene, points: list[Point]
) -> None:
    """EIO, ENOSPC and EMFILE at sampled calls: exit 4, or all is there; then a run ends well."""
    chosen = evenly(points, REFUSALS)
    fired = all_fail(stage, [(one, ERRORS[at % 3]) for at, one in enumerate(chosen)])
    assert [one for one in fired if one.faults] == []
    assert sum(one.code == 4 for one in fired) > REFUSALS // 3


@pytest.mark.slow
def test_a_power_cut_loses_nothing_that_was_told(disks: Scene, forks: Forks) -> None:
    """What an image of the disk has at a random moment is enough to go on without buying anew."""
    dice, fired = Random(20261122), 0
    whole = cut(disks, forks, "whole", inf).told
    for number in range(CUTS):
        moment = dice.uniform(0, whole)
        one = cut(disks, forks, f"cut-{number}", moment, MODES[number % len(MODES)])
        assert one.faults == []
        fired += one.fired
    assert fired > CUTS // 2


@contextmanager
def small_disk(place: Path, size: int) -> Iterator[None]:
    """A file system in memory of so many bytes."""
    mount(place, "-t", "tmpfs", "-o", f"size={size}", "none")
    try:
        yield
    finally:
        umount(place)


@pytest.mark.parametrize("kib", [4, 64, 68, 96, 128, 160, 192, 224, 256, 288, 320, 384])
def test_a_full_disk_stops_it_and_more_room_ends_it_well(
    disks: Scene, forks: Forks, kib: int
) -> None:
    """Whatever its size is, a disk that fills up is exit 4; with room the next run ends well."""
    mark = f"full-{kib}"
    place = disks.folder / mark
    with small_disk(place, kib << 10):
        code = forks.run(disks.words(place, mark), disks.env(place), place)
        told = place.with_suffix(".err").read_text()
        assert (code, "no space left on device" in told) in ((4, True), (0, False)), told
        assert "Traceback" not in told
        mount(place, "-o", "remount,size=64M")
        again = forks.run(disks.words(place, mark), disks.env(place), place.with_suffix(".again"))
        assert unfinished(disks, place, mark, again) == []


def test_a_disk_that_can_only_be_read_buys_nothing(disks: Scene, forks: Forks) -> None:
    """Exit 4 in one line; once it can be written the run ends well."""
    place = disks.folder / "read-only"
    with small_disk(place, 16 << 20):
        mount(place, "-o", "remount,ro")
        code = forks.run(disks.words(place, "read-only"), disks.env(place), place)
        told = place.with_suffix(".err").read_text()
        assert (code, disks.creates("read-only")) == (4, 0)
        assert "the file system is read-only; choose a folder that can be written" in told
        mount(place, "-o", "remount,rw")
        again = forks.run(disks.words(place, "read-only"), disks.env(place), place)
        assert unfinished(disks, place, "read-only", again) == []


def test_a_folder_that_is_removed_under_a_run_stops_it(stage: Scene, forks: Forks) -> None:
    """Its ledger is gone: exit 4, and what would have come next is not bought."""
    place, mark = stage.folder / "removed", "removed"
    slow = {**stage.env(place), "SORAPIPE_POLL_INTERVAL": "0.5"}
    child = forks.start(stage.words(place, mark), slow, place)
    told = place.with_suffix(".out")
    while told.read_text().count('"accepted"') < ROOTS:
        time.sleep(0.005)
    shutil.rmtree(place / "out")
    assert child.wait() == 4
    assert "it, or its folder, was removed" in place.with_suffix(".err").read_text()
    assert stage.creates(mark) == ROOTS


@pytest.mark.parametrize("most", [8, 10, 12, 16, 24])
def test_too_few_open_files_are_no_fault_of_ours(stage: Scene, forks: Forks, most: int) -> None:
    """With so few it ends well or says so; without the limit the next run ends well."""
    mark = f"files-{most}"
    place = stage.folder / mark
    command = ["-c", f'ulimit -n {most}; exec "$0" -m sorapipe "$@"', sys.executable]
    done = subprocess.run(
        ["/bin/sh", *command, *stage.words(place, mark)],
        env=stage.env(place),
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0 or "too many open files" in done.stderr.lower(), done.stderr
    assert "Traceback" not in done.stderr
    assert "fault of ours" not in done.stderr
    again = forks.run(stage.words(place, mark), stage.env(place), place)
    assert unfinished(stage, place, mark, again) == []


def test_a_second_runner_is_told_within_two_seconds(stage: Scene, forks: Forks) -> None:
    """It exits 5 and names who holds the folder."""
    place = stage.folder / "held"
    with Hold(place / "out", SystemClock()):
        begun = time.monotonic()
        assert forks.run(stage.words(place, "held"), stage.env(place), place) == 5
        assert time.monotonic() - begun < 2
    assert f"held by pid {os.getpid()} on " in place.with_suffix(".err").read_text()
    assert stage.creates("held") == 0


@pytest.mark.parametrize("error", ["ENOLCK", "ENOSYS", "EOPNOTSUPP"])
def test_a_file_system_that_cannot_lock_is_refused(stage: Scene, error: str) -> None:
    """As NFS without its lock server: nothing is bought, and the line says what would be right."""
    if not can_trace():
        pytest.skip("strace cannot trace here")
    place = stage.folder / error
    inject = ["-e", "trace=flock", "-e", f"inject=flock:error={error}", "-o", os.devnull]
    done = subprocess.run(
        ["strace", *inject, sys.executable, "-m", "sorapipe", *stage.words(place, error)],
        env=stage.env(place),
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 4
    assert done.stderr.endswith("cannot lock files; give --out a folder on a local disk\n")
    assert stage.creates(error) == 0
