"""The ledger on a disk that lies: what only seemed to be written is written again."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from sorapipe.clock import SystemClock
from sorapipe.errors import StorageError
from sorapipe.files import make_dirs
from sorapipe.ledger import Ledger, read
from tests.simulation import system
from tests.simulation.disk import Disk
from tests.simulation.nodes import ROOT, refuse

PATH = Path(ROOT) / "out" / "ledger.jsonl"


class Lying(system.Machine):
    """A machine whose disk refuses to sync the ledger while it `lies`."""

    def __init__(self, seed: int) -> None:
        self.disk = Disk(lambda: 0)
        self.chance = Random(seed)
        self.lies = False

    def seen(self, what: str, path: str) -> None:
        """Refuse a sync."""
        if self.lies and what == "sync" and path == str(PATH):
            raise refuse(5, path)

    def alive(self) -> None:
        """It is."""

    def half_written(self) -> bool:
        """Nothing is."""
        return False


@pytest.mark.parametrize("seed", range(20))
def test_lines_whose_sync_failed_leave_no_hole(seed: int) -> None:
    """After a failed sync, another run and a power cut the ledger is whole."""
    machine, clock = Lying(seed), SystemClock()
    with system.replaced(), system.on(machine):
        make_dirs(PATH.parent)
        first = Ledger.open(PATH, clock)
        first.append_sync("blocked", take="dawn@1", why="one")
        machine.lies = True
        with pytest.raises(StorageError):
            first.append_sync("blocked", take="dawn@1", why="two")
        machine.lies = False
        first.close()
        second = Ledger.open(PATH, clock)
        second.append_sync("blocked", take="dawn@1", why="three")
        second.close()
        machine.disk.power_cut(machine.chance)
        history = read(PATH)
    assert history.damage is None
    assert [event["why"] for event in history.events] == ["one", "two", "three"]


@pytest.mark.parametrize("left", range(-1, -60, -1))
def test_zeros_at_the_end_were_never_acknowledged(left: int) -> None:
    """A last line whose end, be it the newline alone, is zeros is cut off; nothing is damaged."""
    machine, clock = Lying(0), SystemClock()
    with system.replaced(), system.on(machine):
        make_dirs(PATH.parent)
        ledger = Ledger.open(PATH, clock)
        for why in ("one", "two"):
            ledger.append_sync("blocked", take="dawn@1", why=why)
        ledger.close()
        machine.disk.file(str(PATH)).data[left:] = bytes(-left)
        history = read(PATH)
    assert history.damage is None
    assert [event["why"] for event in history.events] == ["one"]
