"""The ledger when the disk refuses, the folder goes away, or the process is killed."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sorapipe import ledger as ledger_module
from sorapipe.clock import SystemClock
from sorapipe.errors import StorageError
from sorapipe.ledger import Ledger, read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger of the test is."""
    return tmp_path / "ledger.jsonl"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    """An open ledger, empty at first."""
    ledger = Ledger.open(path, SystemClock())
    yield ledger
    ledger.close()


def test_short_write(tmp_path: Path) -> None:
    """Where the disk takes only part of a batch, nothing of it stays and the ledger is broken."""
    script = """
import asyncio, resource, sys
from pathlib import Path
from sorapipe.clock import SystemClock
from sorapipe.errors import StorageError
from sorapipe.ledger import Ledger, read
path = Path(sys.argv[1])
async def main():
    ledger = Ledger.open(path, SystemClock())
    await ledger.append("first")
    size = path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 150, resource.RLIM_INFINITY))
    batch = (ledger.append("second", number=n) for n in range(4))
    print([type(each).__name__ for each in await asyncio.gather(*batch, return_exceptions=True)])
    assert path.stat().st_size == size
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    for _ in range(2):
        try:
            await ledger.append("third")
        except StorageError as error:
            assert error is ledger.broken
    await ledger.aclose()
    print(len(read(path).events), ledger.broken)
asyncio.run(main())
"""
    command = [sys.executable, "-c", script, str(tmp_path / "ledger.jsonl")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[0] == str(["StorageError"] * 4)
    assert said[1].startswith("1 ")
    assert "the file is larger than allowed" in said[1]


def test_failed_sync_is_not_repeated(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed sync every later event is refused without asking the disk again."""
    calls = []

    def fail(_fd: int) -> None:
        calls.append(1)
        raise OSError(errno.EIO, "")

    monkeypatch.setattr(ledger_module, "sync", fail)
    for _ in range(3):
        with pytest.raises(StorageError, match="the disk reports an I/O error"):
            ledger.append_sync("accepted")
    assert len(calls) == 1
    assert ledger.broken is not None


def test_reserve(ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk the reserve makes room for one batch more, and says that it did."""
    reserve = path.with_suffix(".reserve")
    real = os.write

    def full(fd: int, data: bytes) -> int:
        if reserve.exists():
            real(fd, bytes(data[:7]))
            raise OSError(errno.ENOSPC, "")
        return real(fd, data)

    monkeypatch.setattr(os, "write", full)
    assert not ledger.reserve_spent
    event = ledger.append_sync("accepted", id="video_1")
    assert ledger.reserve_spent
    assert read(path).events == [event]
    assert not reserve.exists()
    reserve.write_bytes(b"")  # the disk is full once more
    with pytest.raises(StorageError, match="no space left on device; free some space"):
        ledger.append_sync("accepted", id="video_2")
    assert (read(path).events, read(path).torn) == ([event], b"")


def test_folder_removed(ledger: Ledger, path: Path) -> None:
    """A ledger that was deleted under the run refuses events instead of writing into nothing."""
    ledger.append_sync("first")
    path.unlink()
    with pytest.raises(StorageError, match="was removed; leave the folder in place"):
        ledger.append_sync("second")


def test_second_writer(ledger: Ledger, path: Path) -> None:
    """A ledger that somebody else wrote to takes no more events from us."""
    ledger.append_sync("first")
    with path.open("ab") as file:
        file.write(b"{}\n")
    with pytest.raises(StorageError, match="was changed by another program"):
        ledger.append_sync("second")


def test_killed_while_appending(tmp_path: Path) -> None:
    """Every event that was acknowledged before a kill -9 is there, and the next run goes on."""
    script = """
import asyncio, sys
from pathlib import Path
from sorapipe.clock import SystemClock
from sorapipe.ledger import Ledger
async def writer(ledger, name):
    while True:
        event = await ledger.append("polled", writer=name, text="x" * 300)
        print(event["seq"], flush=True)
async def main():
    ledger = Ledger.open(Path(sys.argv[1]), SystemClock())
    await asyncio.gather(*(writer(ledger, name) for name in range(16)))
asyncio.run(main())
"""
    path = tmp_path / "ledger.jsonl"
    chance = random.Random(7)
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        said = [int(process.stdout.readline()) for _ in range(chance.randrange(1, 1500))]
        process.send_signal(signal.SIGKILL)
        said += [
            int(line)
            for line in process.communicate()[0].splitlines(keepends=True)
            if line.endswith("\n")
        ]
        history = read(path)
        assert history.damage is None
        assert len(history.events) >= max(said)
        assert [event["seq"] for event in history.events] == [*range(1, len(history.events) + 1)]
