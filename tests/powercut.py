"""A run on a disk of its own that loses power: only what reached the device is there afterwards.

The disk is an ext4 image on a loop device. The run is frozen at any moment, the image is copied as
it is, and the copy is mounted in the place of the first: what was written and never synced is gone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from signal import SIGKILL, SIGSTOP

from tests.forked import Forked, Forks
from tests.injected import Scene, claimed, unfinished

SIZE = 24 << 20  # bytes; ext4 keeps a journal from 8 MiB on
# Without auto_da_alloc ext4 does not make up for a rename that was never synced. The last one also
# lets names reach the device before the bytes that they stand for.
MODES = ("", "noauto_da_alloc", "noauto_da_alloc,data=writeback")


def can_mount(folder: Path) -> bool:
    """Whether this user and this machine can mount an ext4 image."""
    if os.geteuid() or not shutil.which("mkfs.ext4"):
        return False
    try:
        with mounted(new_image(folder / "try.img"), folder / "try"):
            return True
    except subprocess.CalledProcessError:
        return False


def new_image(path: Path) -> Path:
    """An empty disk."""
    with path.open("wb") as file:
        file.truncate(SIZE)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(path)], check=True, capture_output=True)
    return path


def mount(place: Path, *options: str) -> None:
    """Mount there, or mount otherwise what is there. Raises CalledProcessError."""
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", *options, str(place)], check=True, capture_output=True)


def umount(place: Path) -> None:
    """End what is mounted there."""
    subprocess.run(["umount", str(place)], check=True)


@contextmanager
def mounted(image: Path, place: Path, mode: str = "") -> Iterator[None]:
    """The disk of that image, until the block ends."""
    mount(place, "-o", ",".join(filter(None, ("loop", mode))), str(image))
    try:
        yield
    finally:
        umount(place)


@dataclass(frozen=True, slots=True)
class Cut:
    """What came of a cut: whether it came before the run's end, and what was wrong then.

    `told` is how many events the run told until then.
    """

    fired: bool
    told: int
    faults: list[str]


def cut(scene: Scene, forks: Forks, mark: str, moment: float, mode: str = "") -> Cut:
    """Cut the power at that moment of the run, and go on from what is left.

    A moment is a number of events that were told, and as its fraction the time after them, at most
    50 ms: however busy the machine is, it is the same moment of the run.
    """
    place, image = scene.folder / mark, scene.folder / f"{mark}.img"
    left = image.with_suffix(".left")
    with mounted(new_image(image), place, mode):
        child = forks.start(scene.words(place, mark), scene.env(place), place)
        fired = _comes_to(child, place.with_suffix(".out"), moment) and _sent(child, SIGSTOP)
        told = _told(place.with_suffix(".out"))
        shutil.copyfile(image, left)
        fired = fired and _sent(child, SIGKILL)
        code = child.wait()
    with mounted(left, place, mode):
        faults = claimed(place) if fired else [f"exit {code}"] if code else []
        again = forks.run(scene.words(place, mark), scene.env(place), place.with_suffix(".again"))
        faults += [f"then {what}" for what in unfinished(scene, place, mark, again)]
    image.unlink()
    left.unlink()
    return Cut(fired, told, faults)


def _comes_to(child: Forked, said: Path, moment: float) -> bool:
    """Wait for that moment; False where the run ends before it."""
    events, rest = divmod(moment, 1) if isfinite(moment) else (moment, 0.0)
    while _told(said) < events:
        if child.ended_within(0.001):
            return False
    return not child.ended_within(rest / 20)


def _sent(child: Forked, number: int) -> bool:
    """Send that signal; False where it has ended this very moment."""
    try:
        os.kill(child.pid, number)
    except ProcessLookupError:
        return False
    return True


def _told(said: Path) -> int:
    return said.read_bytes().count(b"\n")
