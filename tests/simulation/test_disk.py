"""The simulated disk forgets what a real one may forget, and nothing else."""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.simulation.disk import Disk
from tests.simulation.nodes import ROOT

NAME = f"{ROOT}/file"
OPEN = os.O_RDWR | os.O_CREAT


def disk() -> Disk:
    """An empty one."""
    return Disk(lambda: 0)


def written(one: Disk, data: bytes, name: str = NAME) -> int:
    """A new file with those bytes, not synced."""
    fd = one.open(name, OPEN)
    one.write(fd, data)
    return fd


def sync_root(one: Disk) -> None:
    """Make the names durable."""
    one.sync(one.open(ROOT, os.O_RDONLY))


def after_power_cuts(make: object) -> set[bytes | None]:
    """Every content of the file (None: it is not there) that some power cut leaves."""
    found: set[bytes | None] = set()
    for seed in range(200):
        one = make()  # type: ignore[operator]
        one.power_cut(Random(seed))
        node = one.root.names.get("file")
        found.add(None if node is None else bytes(node.data))
    return found


def test_a_kill_loses_nothing() -> None:
    """What a killed process wrote is there, synced or not; its locks are free."""
    one = disk()
    fd = written(one, b"abc")
    one.lock(fd, 2)
    one.killed()
    assert bytes(one.file(NAME).data) == b"abc"
    one.lock(one.open(NAME, OPEN), 2)


def test_what_is_synced_stays() -> None:
    """A file that was synced, in a folder that was synced, is there after every power cut."""

    def make() -> Disk:
        one = disk()
        one.sync(written(one, b"abc"))
        sync_root(one)
        return one

    assert after_power_cuts(make) == {b"abc"}


def test_a_name_that_is_not_synced_may_go() -> None:
    """Without a sync of the folder a synced file is there or not."""

    def make() -> Disk:
        one = disk()
        one.sync(written(one, b"abc"))
        return one

    assert after_power_cuts(make) == {b"abc", None}


def test_bytes_that_are_not_synced_may_go() -> None:
    """Of an end that was not synced any part may be there, or zeros in its place."""

    def make() -> Disk:
        one = disk()
        fd = written(one, b"ab")
        one.sync(fd)
        sync_root(one)
        one.write(fd, b"cd")
        return one

    assert after_power_cuts(make) == {b"ab", b"abc", b"abcd", b"ab\0\0", b"abc\0"}


def test_a_rename_is_all_or_nothing() -> None:
    """After a power cut a replaced file has its old or its new bytes, whole."""

    def make() -> Disk:
        one = disk()
        one.sync(written(one, b"old"))
        one.sync(written(one, b"new", f"{ROOT}/new"))
        sync_root(one)
        one.move(f"{ROOT}/new", NAME)
        return one

    assert after_power_cuts(make) == {b"old", b"new"}


def test_a_failed_sync_is_forgotten_by_the_kernel() -> None:
    """Bytes whose sync failed can be read until a power cut, whatever else is synced later."""

    def make() -> Disk:
        one = disk()
        fd = written(one, b"ab")
        sync_root(one)
        with pytest.raises(OSError, match="output error"):
            one.sync(fd, fails=True)
        assert bytes(one.file(NAME).data) == b"ab"
        one.write(fd, b"cd")
        one.sync(fd)
        return one

    assert after_power_cuts(make) == {b"\0\0cd"}


def test_a_full_disk_takes_what_fits() -> None:
    """A write is cut where there is no more room, and the next one is refused."""
    one = disk()
    one.room = 2
    fd = one.open(NAME, OPEN)
    assert one.write(fd, b"abc") == 2
    with pytest.raises(OSError, match="No space left"):
        one.write(fd, b"c")
