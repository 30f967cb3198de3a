"""One store for all storyboards of a user: what two runs do at once, checking it, tidying it."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sorapipe.cli.main import main
from tests.kills import paid_creates
from tests.renders import Held, held
from tests.sharing import Sharing, film, sharing

LOUD = ("--json", "--yes", "--price", "sora-2=0.10")


class Telling:
    """A run and the events that it tells."""

    def __init__(self, desk: Sharing, server: Held, *options: str) -> None:
        self.process = desk.start("run", "--base-url", server.url, *LOUD, *options)
        self.told: list[dict[str, Any]] = []

    def until(self, event: str, take: str = "") -> None:
        """Come back once it tells that event, of that take if one is said."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.append(json.loads(line))
            if self.told[-1]["event"] == event and take in ("", self.told[-1]["take"]):
                return
        raise AssertionError(f"it ended without {event}: {self.process.communicate()[1]}")

    def end(self) -> int:
        """Hear the rest; the exit code."""
        out, _ = self.process.communicate()
        self.told += map(json.loads, out.splitlines())
        return self.process.returncode

    def of(self, event: str) -> list[str]:
        """The takes of those events."""
        return [one["take"] for one in self.told if one["event"] == event]


@contextmanager
def telling(desk: Sharing, server: Held, *options: str) -> Iterator[Telling]:
    """A run that is killed if the block leaves it behind."""
    one = Telling(desk, server, *options)
    with one.process:
        try:
            yield one
        finally:
            if one.process.poll() is None:
                one.process.kill()


def store(*words: str | Path) -> int:
    """`sorapipe store` in this process."""
    return main(["store", *map(str, words)])


def test_the_second_waits_and_reuses(tmp_path: Path) -> None:
    """Two runs want one take at once: one buys it; the other waits, and does its own meanwhile."""
    first, second = (sharing(tmp_path, name, "wave rolls", f"{name} own") for name in "ab")
    with held() as server, telling(first, server) as one:
        one.until("accepted", "wave@1")
        with telling(second, server, "--concurrency", "1") as two:
            two.until("waiting", "wave@1")
            two.until("accepted", "b@1")
            server.go.set()
            assert (one.end(), two.end()) == (0, 0)
        assert server.created == 3
    assert two.of("waiting") == ["wave@1"]
    assert two.of("reused") == ["wave@1"]
    assert [event["take"] for event in second.events("intent")] == ["b@1"]
    assert second.events("waiting") == []
    assert (first.out / "wave.mp4").read_bytes() == (second.out / "wave.mp4").read_bytes()


def test_a_crash_lets_the_second_go_on(tmp_path: Path) -> None:
    """The lease of a run that was killed is free: who waited buys the take himself."""
    first, second = (sharing(tmp_path, name, "wave rolls") for name in "ab")
    with held() as server, telling(first, server) as one:
        one.until("accepted")
        with telling(second, server) as two:
            two.until("waiting")
            one.process.kill()
            two.until("accepted")
            server.go.set()
            assert two.end() == 0
        assert server.created == 2


def test_one_after_the_other_buys_once_without_having_waited(tmp_path: Path) -> None:
    """What came into the store since the plan was made is not bought, though its lease is free."""
    first, second = (
        sharing(tmp_path, "a", "wave rolls"),
        sharing(tmp_path, "b", "own", "wave rolls"),
    )
    with held() as server, telling(second, server, "--concurrency", "1") as two:
        two.until("accepted", "own@1")
        with telling(first, server) as one:
            one.until("accepted", "wave@1")
            server.go.set()
            assert (one.end(), two.end()) == (0, 0)
        assert server.created == 2
    assert two.of("reused") == ["wave@1"]


def test_two_that_want_the_same_the_other_way_round_do_not_wait_for_ever(tmp_path: Path) -> None:
    """With one slot each and takes in opposite order, both end, and each take is bought once."""
    prompts = ["wave rolls", "hill sleeps", "fox runs"]
    first, second = sharing(tmp_path, "a", *prompts), sharing(tmp_path, "b", *reversed(prompts))
    with held() as server:
        slow = ("--concurrency", "1")
        with telling(first, server, *slow) as one, telling(second, server, *slow) as two:
            one.until("accepted", "wave@1")
            two.until("accepted", "fox@1")
            server.go.set()
            assert (one.end(), two.end()) == (0, 0)
        assert server.created == 3


def test_a_signal_ends_the_waiting(tmp_path: Path) -> None:
    """Who waits for another run's take stops at once, with nothing open."""
    first, second = (sharing(tmp_path, name, "wave rolls") for name in "ab")
    with held() as server, telling(first, server) as one:
        one.until("accepted")
        with telling(second, server) as two:
            two.until("waiting")
            two.process.send_signal(signal.SIGINT)
            assert two.end() == 130
        assert second.events("intent") == []
        server.go.set()
        assert one.end() == 0


def test_nothing_is_removed_beside_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who tidies is told that a run uses the store, with exit 5; a check goes on beside it."""
    desk = sharing(tmp_path, "a", "wave rolls")
    with held() as server, telling(desk, server) as one:
        one.until("accepted")
        assert store("gc", "--store", desk.store, "--older-than", "0") == 5
        assert "store: a run uses it; wait for the run" in capsys.readouterr().err
        assert store("verify", "--store", desk.store) == 0
        server.go.set()
        assert one.end() == 0


def run(desk: Sharing) -> int:
    """`sorapipe run` in this process."""
    return main([*desk.command("run", "--quiet")[3:]])


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sharing:
    """A desk whose run has made a wave and a hill, and then another hill."""
    desk = sharing(tmp_path, "a", "wave rolls", "hill sleeps")
    for name, value in desk.env.items():
        if name.startswith("XDG_"):
            monkeypatch.setenv(name, value)
    assert run(desk) == 0
    film(desk, "wave rolls", "hill wakes")
    assert run(desk) == 0
    return desk


def everything(*folders: Path) -> dict[Path, bytes]:
    """All files there, with their bytes."""
    found = (path for folder in folders for path in folder.rglob("*"))
    return {path: path.read_bytes() for path in found if path.is_file()}


def test_gc_removes_what_was_replaced_and_nothing_else(
    made: Sharing, capsys: pytest.CaptureFixture[str]
) -> None:
    """The old hill goes, once it is old enough; a dry run changes no byte; nothing is missed."""
    where = ("--store", made.store, "--json")
    before = everything(made.folder.parent)
    assert store("gc", *where) == 0
    assert store("gc", *where, "--older-than", "0", "--dry-run") == 0
    assert everything(made.folder.parent) == before
    young, shown = map(json.loads, capsys.readouterr().out.splitlines())
    assert young["objects"] == []
    assert (len(shown["objects"]), len(shown["records"]), shown["removed"]) == (1, 1, False)
    assert store("gc", *where, "--older-than", "0") == 0
    assert not made.store.joinpath("objects", shown["objects"][0][:2], shown["objects"][0]).exists()
    assert store("verify", *where) == 0
    shutil.rmtree(made.out / "takes", ignore_errors=True)
    (made.out / "hill.mp4").unlink()
    assert run(made) == 0
    assert paid_creates(made.out) == 3


def test_gc_keeps_what_a_lock_names(made: Sharing, capsys: pytest.CaptureFixture[str]) -> None:
    """A replaced take that the lock beside the storyboard names stays; a damaged lock stops gc."""
    where = ("--store", made.store, "--json", "--older-than", "0")
    assert store("gc", *where, "--dry-run") == 0
    (digest,) = json.loads(capsys.readouterr().out)["objects"]
    lock = made.storyboard.with_suffix(".lock")
    lock.write_text(json.dumps({"takes": {"hill@1": {"sha256": digest}}}))
    assert store("gc", *where) == 0
    assert json.loads(capsys.readouterr().out)["objects"] == []
    lock.write_text("<<<<<<< HEAD")
    assert store("gc", *where) == 4
    assert "storyboard.lock: the lock is damaged; restore it" in capsys.readouterr().err


def test_gc_stops_where_a_folder_is_gone(made: Sharing, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is not mounted is named with what to do; forgotten, it needs nothing more."""
    where = ("--store", made.store, "--older-than", "0")
    assert store("gc", *where, "--forget", made.out) == 2
    assert "it is there, and what it names is needed" in capsys.readouterr().err
    away = made.out.rename(made.folder / "away")
    before = everything(made.store)
    assert store("gc", *where) == 4
    assert f"{made.out}: is gone, and nobody knows" in capsys.readouterr().err
    assert everything(made.store) == before
    away.rename(made.out)
    assert store("gc", *where) == 0
    shutil.rmtree(made.out)
    assert store("gc", *where, "--forget", made.out, "--forget", made.store) == 2
    assert store("gc", *where, "--forget", made.out) == 0
    assert list(made.store.rglob("*.json")) == []
    assert store("gc", *where) == 0


def test_gc_stops_at_a_damaged_ledger(made: Sharing) -> None:
    """Where a ledger has a bad line nobody knows what it names: nothing is removed."""
    ledger = made.out / "ledger.jsonl"
    ledger.write_text(ledger.read_text().replace("hill", "hull", 1))
    before = everything(made.store)
    assert store("gc", "--store", made.store, "--older-than", "0") == 4
    assert everything(made.store) == before


def test_verify_finds_what_is_wrong(made: Sharing, capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged object is set aside and its record named; the next run brings it back."""
    where = ("--store", made.store, "--json")
    assert store("verify", *where) == 0
    assert len(json.loads(capsys.readouterr().out)["damaged"]) == 0
    (kept,) = {event["sha256"] for event in made.events("kept") if event["take"] == "wave@1"}
    path = made.store / "objects" / kept[:2] / kept
    path.write_bytes(b"rotten")
    assert store("verify", *where) == 4
    said = capsys.readouterr()
    assert json.loads(said.out)["damaged"] == [kept]
    assert f"{path}: its bytes were not what its name says" in said.err
    assert (made.store / "damaged" / kept).read_bytes() == b"rotten"
    shutil.rmtree(made.out / ".studio")
    other = sharing(made.folder.parent, "b", "wave rolls")
    assert run(other) == 0
    assert store("verify", *where) == 0


def test_a_damaged_object_is_no_reuse(made: Sharing) -> None:
    """What lies damaged in the store is missing when the plan is made, so it is priced and made."""
    for path in made.store.glob("objects/*/*"):
        path.write_bytes(b"rotten")
    other = sharing(made.folder.parent, "b", "wave rolls")
    assert run(other) == 0
    assert len(other.events("accepted")) == 1
    assert (other.out / "wave.mp4").read_bytes() == (made.out / "wave.mp4").read_bytes()


def test_a_frame_of_a_damaged_object_is_taken_from_the_copy(made: Sharing) -> None:
    """A child starts from its parent's bytes: where the store's are damaged, from the file here."""
    for path in made.store.glob("objects/*/*"):
        path.write_bytes(b"rotten")
    with made.storyboard.open("a") as board:
        board.write("  - { id: next, prompt: it ends, reference: { shot: wave, frame: last } }\n")
    assert run(made) == 0
    assert len(list(made.store.glob("damaged/*"))) == 1


def test_a_store_that_is_not_there_is_whole_and_stays_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Checking or tidying a store that nobody used yet creates nothing, and says so."""
    for words in (["verify"], ["gc"], ["gc", "--dry-run"]):
        assert store(*words, "--store", tmp_path / "store") == 0
        said = capsys.readouterr().err
        assert "there is no store yet" in said if "verify" in words else "nothing to remove" in said
    assert list(tmp_path.iterdir()) == []
