"""Who uses a store: leases of takes, and the lock that runs share and gc has alone."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sorapipe.errors import HeldElsewhere, StorageError, UsageError
from sorapipe.store_locks import Leases, alone, shared
from sorapipe.store_roots import Root, Use, roots, without

HOLDER = """
import sys
from pathlib import Path
from sorapipe.store_locks import Leases, alone, shared
root, what = Path(sys.argv[1]), sys.argv[2]
if what in ("alone", "shared"):
    held = {"alone": alone, "shared": shared}[what](root)
    held.__enter__()
else:
    held = Leases(root)
    assert held.take(what)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(root: Path, what: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has that lease, or the store alone or shared, inside the block."""
    command = [sys.executable, "-c", HOLDER, str(root), what]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.communicate()


def test_a_lease_is_one_process_at_a_time(tmp_path: Path) -> None:
    """What another process renders is not ours, other takes are, and it is free when that ends."""
    leases = Leases(tmp_path / "store")
    with held(tmp_path / "store", "f1"):
        assert not leases.take("f1")
        assert leases.take("f2")
    assert leases.take("f1")
    leases.close()


def test_a_crash_frees_the_lease(tmp_path: Path) -> None:
    """The kernel frees the leases of a process that was killed."""
    leases = Leases(tmp_path)
    with held(tmp_path, "f1") as process:
        assert not leases.take("f1")
        process.kill()
        process.wait()
        assert leases.take("f1")
    leases.close()


def test_a_released_lease_is_free(tmp_path: Path) -> None:
    """One lease is given back without the others, and what is not held can be given back too."""
    leases = Leases(tmp_path)
    assert leases.take("f1")
    assert leases.take("f2")
    leases.release("f1")
    leases.release("f3")
    with held(tmp_path, "f1"):
        assert not leases.take("f1")
    leases.close()


def test_many_leases_are_one_descriptor_and_one_empty_file(tmp_path: Path) -> None:
    """A lease more costs neither a descriptor nor a file."""
    leases = Leases(tmp_path)
    assert leases.take("first")
    before = os.dup(0)  # the lowest number that is free
    assert all(leases.take(f"f{number}") for number in range(300))
    after = os.dup(0)
    os.close(before)
    os.close(after)
    assert after == before + 1
    assert [path.name for path in tmp_path.iterdir()] == ["leases"]
    assert (tmp_path / "leases").stat().st_size == 0
    leases.close()


def test_where_nothing_can_be_locked_runs_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without locks a run goes on without a lease, and nobody can have the store alone."""

    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "lockf", refuse)
    monkeypatch.setattr(fcntl, "flock", refuse)
    leases = Leases(tmp_path)
    assert leases.take("f1")
    leases.close()
    with shared(tmp_path):
        pass
    with pytest.raises(StorageError, match="cannot lock files"), alone(tmp_path):
        pass


def test_runs_share_a_store_and_gc_has_it_alone(tmp_path: Path) -> None:
    """Two may use it at once; neither of them lets anybody have it alone, and the reverse."""
    with held(tmp_path, "shared"):
        with shared(tmp_path):
            pass
        with pytest.raises(HeldElsewhere, match="a run uses it"), alone(tmp_path):
            pass
    with held(tmp_path, "alone"):
        for kind in (shared, alone):
            with pytest.raises(HeldElsewhere), kind(tmp_path):
                pass


def test_a_run_enters_its_folder_before_it_puts_anything_there(tmp_path: Path) -> None:
    """Nothing is created before `begin`; then the folder is entered once, and held by the block."""
    store, out, board = tmp_path / "store", tmp_path / "out", tmp_path / "board.yaml"
    with Use(store, out, board):
        assert not store.exists()
    for _ in range(2):
        with Use(store, out, board) as use:
            use.begin()
            assert roots(store) == [Root(out, board)]
            with pytest.raises(HeldElsewhere), alone(store):
                pass
    with alone(store), pytest.raises(HeldElsewhere, match="store gc"), Use(store, out, board):
        pass


def test_a_folder_of_an_older_version_is_entered_by_its_next_run(tmp_path: Path) -> None:
    """Where store and ledger are there, even a run that has nothing to do enters its folder."""
    store, out, board = tmp_path / "store", tmp_path / "out", tmp_path / "board.yaml"
    store.mkdir()
    with Use(store, out, board):
        assert roots(store) == []
    out.mkdir()
    (out / "ledger.jsonl").touch()
    with Use(store, out, board):
        assert roots(store) == [Root(out, board)]


@pytest.mark.parametrize("text", ["{}", "[" * 100_000, '{"out": 5, "storyboard": null}'])
def test_a_root_that_nobody_can_read_stops(tmp_path: Path, text: str) -> None:
    """An entry that says nothing is named with what helps."""
    (tmp_path / "roots").mkdir()
    (tmp_path / "roots" / "x.json").write_text(text)
    with pytest.raises(StorageError, match=r"x.json: nobody can tell whom"):
        roots(tmp_path)


def test_a_store_is_no_output_folder(tmp_path: Path) -> None:
    """Both have a lock of that name, and neither would ever be free."""
    use = Use(tmp_path / "x" / ".." / "out", tmp_path / "out", tmp_path / "board.yaml")
    with pytest.raises(UsageError, match="a store cannot be the output folder too"), use:
        pass


def test_what_is_gone_for_good_can_be_left_out(tmp_path: Path) -> None:
    """Without its output folder a root is none; without its storyboard's folder it goes on."""
    root = Root(tmp_path / "out", tmp_path / "film" / "board.yaml")
    assert root.gone() == [root.out, tmp_path / "film"]
    root.out.mkdir()
    root.ledger.touch()
    assert root.gone() == [tmp_path / "film"]
    (tmp_path / "film").mkdir()
    assert root.gone() == [tmp_path / "film"]  # it may be an empty mount point
    (tmp_path / "film" / "other.yaml").touch()
    assert root.gone() == []
    assert without(root, root.out) is None
    assert without(root, tmp_path / "film") == Root(root.out, None)
    assert without(root, tmp_path) == root
