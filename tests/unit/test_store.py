"""The store: bytes by digest."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sorapipe.errors import StorageError
from sorapipe.store import Kept, Store, TooLarge

FILM = b"film" * 1000
DIGEST = hashlib.sha256(FILM).hexdigest()


def keep(store: Store, data: bytes = FILM) -> Kept:
    """Take those bytes in, in pieces."""
    with store.incoming() as incoming:
        for start in range(0, len(data), 700):
            incoming.write(data[start : start + 700])
        return incoming.finish()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "cache" / "store")


def test_reading_creates_nothing(store: Store) -> None:
    """Asking an empty store finds nothing and leaves no folder behind."""
    assert not store.has(DIGEST)
    assert not store.verify(DIGEST)
    assert store.record("f1") is None
    assert not store.root.exists()


def test_keep(store: Store) -> None:
    """Bytes are found under their digest once they are finished, and not before."""
    with store.incoming() as incoming:
        incoming.write(FILM)
        assert not store.has(DIGEST)
        assert incoming.finish() == Kept(DIGEST, len(FILM))
    assert store.has(DIGEST)
    assert store.verify(DIGEST)
    assert store.path(DIGEST) == store.root / "objects" / DIGEST[:2] / DIGEST
    assert store.path(DIGEST).read_bytes() == FILM
    assert list((store.root / "tmp").iterdir()) == []


def test_left_without_finish(store: Store) -> None:
    """A download that broke off leaves nothing."""
    with store.incoming() as incoming:
        incoming.write(FILM)
    assert not store.has(DIGEST)
    assert list((store.root / "tmp").iterdir()) == []


def test_too_large(store: Store) -> None:
    """A download over the limit is refused when it passes it, not when it ends."""
    with store.incoming(max_bytes=10) as incoming:
        incoming.write(b"0123456789")
        with pytest.raises(TooLarge, match="over 10 bytes; raise max-video-bytes"):
            incoming.write(b"0")
    assert list((store.root / "tmp").iterdir()) == []


def test_damaged(store: Store) -> None:
    """A damaged object is moved aside and counts as absent, and can be kept anew."""
    keep(store)
    store.path(DIGEST).write_bytes(FILM[:-1] + b"?")
    assert store.has(DIGEST)
    assert not store.verify(DIGEST)
    assert not store.has(DIGEST)
    assert (store.root / "damaged" / DIGEST).exists()
    keep(store)
    assert store.verify(DIGEST)


def test_kept_twice(store: Store) -> None:
    """Keeping an object that is there, even a damaged one, leaves a right one."""
    keep(store)
    store.path(DIGEST).write_bytes(b"rotten")
    assert keep(store) == Kept(DIGEST, len(FILM))
    assert store.verify(DIGEST)


def test_empty_object(store: Store) -> None:
    """An object without bytes counts as absent."""
    kept = keep(store, b"")
    assert not store.has(kept.sha256)
    assert not store.verify(kept.sha256)


@pytest.mark.parametrize("name", ["../../secret", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_not_a_digest(store: Store, name: str) -> None:
    """What is no digest is never a path."""
    assert not store.has(name)
    assert not store.verify(name)
    with pytest.raises(StorageError, match="is not a sha256"):
        store.path(name)


def test_records(store: Store) -> None:
    """A take's record is found by its fingerprint; a broken record is none."""
    kept = keep(store)
    record = {"sha256": kept.sha256, "bytes": kept.bytes, "prompt": "Leuchtturm \ud800 灯台"}
    store.name("1-abc", record)
    assert store.record("1-abc") == record
    for text in (b"", b"{", b"[1]", b"\xff", b"[" * 100_000):
        (store.root / "takes" / "1-abc.json").write_bytes(text)
        assert store.record("1-abc") is None
    assert store.record("../objects/x") is None
    with pytest.raises(ValueError, match="not a fingerprint"):
        store.name("../x", record)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sha256": None},
        {"sha256": 5},
        {"sha256": "ab"},
        {"bytes": "5"},
        {"video": 5},
        {"expires_at": "soon"},
        {"price": "0.4"},
        {"price": 1e30},
    ],
    ids=str,
)
def test_a_record_that_somebody_broke_is_none(store: Store, wrong: dict[str, Any]) -> None:
    """A field of another kind than everybody reads makes it unknown, and ends no command."""
    kept = keep(store)
    path = store.record_path("1-abc")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"sha256": kept.sha256, "bytes": kept.bytes, **wrong}))
    assert store.record("1-abc") is None


def test_bytes_before_name(store: Store) -> None:
    """A take is never named before its bytes are there."""
    with pytest.raises(StorageError, match="is gone"):
        store.name("1-abc", {"sha256": DIGEST})
    assert store.record("1-abc") is None


def test_deliver(store: Store, tmp_path: Path) -> None:
    """What is delivered is a copy that can be edited without hurting the store."""
    keep(store)
    target = tmp_path / "out" / "dawn.mp4"
    store.deliver(DIGEST, target)
    assert target.read_bytes() == FILM
    target.write_bytes(b"edited")
    assert store.verify(DIGEST)
    store.deliver(DIGEST, target)
    assert target.read_bytes() == FILM
    assert list(target.parent.iterdir()) == [target]


def test_deliver_damaged(store: Store, tmp_path: Path) -> None:
    """A damaged object is never delivered: the old file stays, and the object is moved aside."""
    keep(store)
    store.path(DIGEST).write_bytes(b"rotten")
    target = tmp_path / "dawn.mp4"
    target.write_bytes(b"old")
    with pytest.raises(StorageError, match="is damaged; run again to fetch it anew"):
        store.deliver(DIGEST, target)
    assert target.read_bytes() == b"old"
    assert not store.has(DIGEST)
    with pytest.raises(StorageError):
        store.deliver(DIGEST, target)


def test_sweep(store: Store) -> None:
    """What a process that died left in the store more than a day ago goes at the next download."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    old = store.root / "tmp" / f".sorapipe-{gone.pid}-00.tmp"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"half")
    os.utime(old, (1, 1))
    keep(store)
    assert not old.exists()


def test_two_processes(store: Store) -> None:
    """Two processes that keep the same bytes at once both succeed."""
    script = (
        "import sys; from pathlib import Path; from sorapipe.store import Store\n"
        "store = Store(Path(sys.argv[1])); sys.stdin.readline()\n"
        "for _ in range(30):\n"
        "    with store.incoming() as incoming:\n"
        "        incoming.write(b'film' * 1000); kept = incoming.finish()\n"
        "    store.name('f', {'sha256': kept.sha256}); assert store.verify(kept.sha256)\n"
    )
    command = [sys.executable, "-c", script, str(store.root)]
    pair = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(2)]
    for process in pair:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in pair:
        process.communicate()
    assert [process.returncode for process in pair] == [0, 0]
    assert store.verify(DIGEST)
