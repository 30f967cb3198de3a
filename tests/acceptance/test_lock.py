"""The lock: written by runs, followed by `--locked` without any server, and never in the way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sorapipe.cli.main import main
from sorapipe.core.lock import Lock
from sorapipe.core.lock_text import parse
from sorapipe.errors import StorageError
from sorapipe.run import leave
from sorapipe.schema import schema
from sorapipe.studio.animatic import engine
from tests.sora import SMALL, Sora, home
from tests.untouched import untouched

FILM = """\
shots:
  - { id: dawn, prompt: a sunrise over the sea, takes: 2 }
  - { id: storm, prompt: the same in a storm, remix-of: dawn }
  - { id: alone, prompt: a street }
"""
TAKES = ["alone@1", "dawn@1", "dawn@2", "storm@1"]


class Locked(Sora):
    """A film of three shots, and its lock."""

    @property
    def path(self) -> Path:
        return self.folder / "film.lock"

    @property
    def lock(self) -> Lock:
        return parse(self.path.read_text(encoding="utf-8"))

    def edit(self, old: str, new: str, *, file: str = "film.yaml") -> None:
        """Change those words of a file, which has to have them."""
        path = self.folder / file
        said = path.read_text(encoding="utf-8")
        assert old in said
        path.write_text(said.replace(old, new), encoding="utf-8")

    def run(self, *words: str, code: int = 0) -> str:
        """What a run says to people."""
        return self.told("run", *words, code=code)[1]

    def forget(self, *names: str) -> None:
        """Remove those folders."""
        for name in names:
            shutil.rmtree(self.folder / name)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a film that was rendered once, for all tests."""
    folder = tmp_path_factory.mktemp("film")
    with pytest.MonkeyPatch.context() as patch:
        home(folder, patch)
        (folder / "film.yaml").write_text(SMALL + FILM, encoding="utf-8")
        places = [str(folder / "film.yaml"), "--out", str(folder / "out")]
        assert main(["run", *places, "--quiet"]) == 0
    return folder


@pytest.fixture
def film(
    made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Locked:
    """A copy of it, with its output folder and its store."""
    folder = Path(shutil.copytree(made, tmp_path / "film"))
    home(folder, monkeypatch)
    return Locked(folder, capsys)


def digests(film: Locked) -> dict[str, str]:
    """The digest of each video by its file's name, but for what the studio keeps."""
    return {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in (*film.out.glob("*.mp4"), *film.out.glob("takes/*.mp4"))
    }


def test_a_run_leaves_a_lock_of_all_that_it_kept(film: Locked) -> None:
    """The lock has every kept take with its bytes and the engine that drew it, and the picks."""
    data = json.loads(film.path.read_text(encoding="utf-8"))
    assert list(Draft202012Validator(schema("lock")).iter_errors(data)) == []
    lock = film.lock
    assert (lock.provider, sorted(lock.takes)) == ("local", TAKES)
    assert {name for name, take in lock.takes.items() if take.pick} == {*TAKES} - {"dawn@2"}
    assert {take.engine for take in lock.takes.values()} == {engine()}
    there = digests(film)
    assert lock.takes["dawn@1"].sha256 == there["dawn.mp4"]
    assert lock.takes["dawn@2"].sha256 == there["dawn@2.mp4"]


@pytest.mark.parametrize("words", [(), ("--locked",), ("--lock",)], ids=str)
def test_a_run_with_nothing_to_do_leaves_the_lock_as_it_is(
    film: Locked, words: tuple[str, ...]
) -> None:
    """With nothing new, not a byte of lock, ledger or videos is touched, nor their times."""
    film("status")  # the output folder's hold may be new
    with untouched(film.path, film.out / "ledger.jsonl", film.out / "dawn.mp4"):
        assert "nothing to do" in film.run(*words)


def test_what_is_new_is_locked_and_what_was_edited_is_locked_anew(film: Locked) -> None:
    """A run that renders one shot anew changes that line and those of its children alone."""
    before = film.lock.takes
    film.edit("a street", "another street")
    film.run()
    after = film.lock.takes
    assert {name for name in TAKES if before[name] != after[name]} == {"alone@1"}


def test_a_shot_that_left_is_dropped_only_by_a_run_of_all(film: Locked) -> None:
    """With --select the entries of other shots stay, those too that the storyboard has no more."""
    film.write(FILM.replace("a sunrise", "a late sunrise").replace("alone,", "anew,"))
    film.run("--select", "anew")
    some = film.lock.takes
    assert sorted(some) == ["alone@1", "anew@1", "dawn@1", "dawn@2", "storm@1"]
    film.run()
    assert sorted(film.lock.takes) == ["anew@1", "dawn@1", "dawn@2", "storm@1"]
    assert some["dawn@1"] != film.lock.takes["dawn@1"]


def test_locked_delivers_from_the_store_what_the_lock_says(film: Locked) -> None:
    """In an empty output folder --locked brings the same bytes and picks, and renders nothing."""
    before = digests(film)
    film.forget("out")
    with untouched(film.path):
        film.run("--locked")
    assert digests(film) == before
    names = ("intent", "reused", "picked", "delivered")
    events = [event["event"] for event in film.events(*names)]
    assert sorted(set(events)) == ["delivered", "picked", "reused"]
    assert (events.count("reused"), events.count("picked")) == (4, 3)
    assert "nothing to do" in film.run("--locked")


def test_locked_takes_files_by_their_bytes_whatever_they_are_called(film: Locked) -> None:
    """Without store and ledger the files of the output folder are known by their digests alone."""
    before = digests(film)
    film.forget("cache")
    (film.out / "ledger.jsonl").unlink()
    (film.out / "dawn.mp4").rename(film.out / "sunrise.mp4")
    film.run("--locked")
    assert digests(film) == before | {"sunrise.mp4": before["dawn.mp4"]}
    assert len(film.events("delivered")) == 4


def test_locked_takes_files_that_stand_in_each_others_place(film: Locked) -> None:
    """What had to be set aside for the one is found again for the other."""
    before = digests(film)
    film.forget("cache")
    (film.out / "ledger.jsonl").unlink()
    for one, other in (("dawn", "spare"), ("alone", "dawn"), ("spare", "alone")):
        (film.out / f"{one}.mp4").rename(film.out / f"{other}.mp4")
    film.run("--locked")
    assert before.items() <= digests(film).items()


def test_locked_with_a_missing_file_writes_nothing_and_names_it(film: Locked) -> None:
    """`plan` shows what is missing and exits 8 as `run` does; neither touches video or ledger."""
    film.forget("cache")
    (film.out / "takes" / "dawn@2.mp4").unlink()
    with untouched(film.path, film.out / "ledger.jsonl", film.out / "dawn.mp4"):
        said = film.run("--locked", code=8)
        assert said == (
            f"{film.path}: 1 of 4 takes are not there as locked: dawn@2 (its file is missing); "
            "run without --locked to render them\n"
        )
    with untouched(film.folder):
        rows = film.data("plan", "--locked", code=8)["takes"]
    found = {row["take"]: (row["decision"], row["reason"]) for row in rows}
    assert found.pop("dawn@2") == ("blocked", "its file is missing")
    assert set(found.values()) == {("reuse", "locked")}


def test_a_file_that_was_tampered_with_is_missing(film: Locked) -> None:
    """A video with other bytes than the lock says does not count, and is fetched from the store."""
    good = digests(film)
    path = film.out / "alone.mp4"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    film.run("--locked")
    assert digests(film)["alone.mp4"] == good["alone.mp4"]
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    film.forget("cache")
    assert "alone@1 (its file is missing)" in film.run("--locked", code=8)


def test_locked_says_what_changed(film: Locked) -> None:
    """Edited, new, below an edited one: each is named with its reason; a new name alone is none."""
    film.edit("a sunrise", "a late sunrise")
    film.edit("id: alone,", "id: again,")  # its name is no matter
    film.edit("shots:", "shots:\n  - { id: anew, prompt: a garden }")
    said = film.told("plan", "--locked", code=8)[1]
    assert "4 of 5 takes are not there as locked: anew@1 (new), dawn@1 (changed: prompt), " in said
    rows = film.data("plan", "--locked", code=8)["takes"]
    reasons = {row["take"]: row["reason"] for row in rows}
    assert (reasons["storm@1"], reasons["anew@1"]) == ("parent", "new")
    assert reasons["again@1"] == "locked"


def test_a_child_of_other_bytes_than_the_locks_is_stale(film: Locked) -> None:
    """Where the lock's parent is another take than the child was made from, the child is stale."""
    lock = film.lock
    film.edit(lock.takes["dawn@1"].sha256, lock.takes["dawn@2"].sha256, file="film.lock")
    said = film.run("--locked", code=8)
    assert "1 of 4 takes are not there as locked: storm@1 (stale: parent);" in said


def test_the_locks_pick_wins_over_the_ledgers(film: Locked) -> None:
    """--locked picks what the lock picks: the deliverable, the children, and the ledger follow."""
    film("pick", "dawn", "2")
    film.run()
    second, lock = digests(film), film.path.read_bytes()
    film("pick", "dawn", "1")
    film.run()
    assert digests(film)["dawn.mp4"] != second["dawn.mp4"]
    film.path.write_bytes(lock)
    film.run("--locked")
    now = digests(film)
    assert {name: now[name] for name in ("dawn.mp4", "storm.mp4")} == {
        name: second[name] for name in ("dawn.mp4", "storm.mp4")
    }
    assert film.events("picked")[-2:][0]["number"] == 2
    assert "nothing to do" in film.run("--locked")


def test_a_pick_is_in_the_lock_at_once_and_a_plain_run_elsewhere_follows_it(film: Locked) -> None:
    """Where no ledger says otherwise the lock's pick is what children are made from."""
    film("pick", "dawn", "2")
    assert film.lock.picks["dawn"]["number"] == 2
    stale = film.told("plan", "--locked", code=8)  # what is kept of storm has the other parent
    assert "storm@1 (stale: parent)" in "".join(stale)
    film.run()
    lock, there = film.path.read_bytes(), digests(film)
    film.forget("out", "cache")
    film.run()
    now = digests(film)
    assert {name: there[name] for name in now} == now
    assert {*now} == {"alone.mp4", "dawn.mp4", "dawn@1.mp4", "storm.mp4"}
    assert film.path.read_bytes() == lock


def test_other_bytes_of_the_same_take_are_taken_as_locked(film: Locked) -> None:
    """Where ledger and lock have other bytes of one take, --locked delivers the lock's."""
    other = film.out / "takes" / "dawn@2.mp4"  # stands for another render of the same
    lock = film.lock.takes
    for what in ("sha256", "bytes"):
        old, new = (getattr(lock[name], what) for name in ("alone@1", "dawn@2"))
        line = next(one for one in film.path.read_text().splitlines() if '"alone@1"' in one)
        film.edit(line, line.replace(str(old), str(new)), file="film.lock")
    film.run("--locked")
    assert digests(film)["alone.mp4"] == sha256(other.read_bytes()).hexdigest()
    assert [event["event"] for event in film.events("again")] == ["again"]
    assert "nothing to do" in film.run("--locked")


def test_locked_with_a_selection_asks_for_nothing_else(film: Locked) -> None:
    """Only what is selected has to be there; its parent counts by the lock, wherever it is."""
    before = digests(film)
    film.forget("cache")
    shutil.copy(film.out / "storm.mp4", film.folder)
    film.forget("out")
    film.out.mkdir()
    shutil.move(film.folder / "storm.mp4", film.out / "any.mp4")
    film.run("--locked", "--select", "storm")
    assert digests(film)["storm.mp4"] == before["storm.mp4"]
    assert "dawn@1 (its file is missing)" in film.run("--locked", "--select", "+storm", code=8)


def test_another_providers_lock_is_left_alone_until_it_is_asked_for(film: Locked) -> None:
    """A preview says once that the lock is another's; --lock takes it over, --locked exits 8."""
    film.edit('"provider": "local"', '"provider": "openai"', file="film.lock")
    film.edit("a street", "another street")
    with untouched(film.path):
        said = film.run()
    assert said.count(f"{film.path}: the lock is by 'openai': left as it is; --lock") == 1
    assert film.run("--locked", code=8) == (
        f"{film.path}: the lock is by 'openai', and this would be by 'local'; "
        "say --provider openai\n"
    )
    film.run("--lock")
    assert (film.lock.provider, sorted(film.lock.takes)) == ("local", TAKES)


def test_a_lock_that_a_merge_broke_stops_before_anything_is_done(film: Locked) -> None:
    """A conflict in the lock is an error of its line, exit 2; --lock writes it anew."""
    good = film.path.read_bytes()
    film.edit('    "dawn@1"', '<<<<<<< HEAD\n    "dawn@1"', file="film.lock")
    for words in (("run",), ("run", "--locked"), ("plan",)):
        with untouched(film.path, film.out / "ledger.jsonl"):
            said = film.told(*words[:1], *words[1:], code=2)[1]
        assert said == (
            f"{film.path}:6: a merge left its conflict here; "
            "take one side of it, or write it anew with 'sorapipe run --lock'\n"
        )
    film.run("--lock")
    assert film.path.read_bytes() == good


def test_a_lock_of_another_program_is_never_written_over(film: Locked) -> None:
    """A file that only has the name of our lock is named, also where ours is asked for."""
    film.path.write_text('{"nodes": {"root": {}}, "root": "root", "version": 7}')
    with untouched(film.path, film.out / "ledger.jsonl"):
        for words in ((), ("--lock",), ("--locked",)):
            assert "film.lock: is no lock of a storyboard" in film.run(*words, code=2)


def test_locked_needs_a_lock_and_no_contradiction(film: Locked) -> None:
    """Without a lock, or beside an option that renders or writes it, --locked exits 2."""
    for option in ("--force", "--retry-failed", "--refetch", "--lock"):
        assert "--locked" in film.run("--locked", option, code=2)
    film.path.unlink()
    said = film.run("--locked", code=2)
    assert said == f"{film.path}: there is no lock; a run without --locked writes it\n"


def test_a_var_of_ones_own_leaves_the_lock_alone(film: Locked) -> None:
    """The lock is of the storyboard as it stands in git: with --var only --lock writes it."""
    film.write("vars: { where: street }\n" + FILM.replace("a street", '"a {where}"'))
    assert "nothing to do" in film.run()  # it means the same
    with untouched(film.path):
        film.run("--var", "where=garden")
    film.run("--var", "where=garden", "--lock")
    assert "nothing to do" in film.run("--var", "where=garden", "--locked")
    assert "alone@1 (changed: prompt)" in film.run("--locked", code=8)


def test_an_empty_environment_gives_the_bytes_of_the_lock_again(film: Locked) -> None:
    """Without store and output folder a plain run makes the same bytes, and the lock stays."""
    before = digests(film)
    film.forget("out", "cache")
    with untouched(film.path):
        said = film.run()
    assert digests(film) == before
    assert "the lock" not in said
    assert len(film.events("intent")) == 4


def test_another_engine_is_said_before_anything_is_drawn(film: Locked) -> None:
    """Where the lock's takes are by another engine, a run that draws them says so in one line."""
    film.edit(engine(), "studio/0 av/1.0 pillow/1.0", file="film.lock")
    assert "other bytes" not in film.run()  # nothing is drawn
    film.forget("out", "cache")
    said = film.run()
    assert said.count("other bytes are to be expected") == 1
    assert (
        f"{film.path}: the lock's takes are by engine 'studio/0 av/1.0 pillow/1.0', "
        f"this is '{engine()}'; other bytes are to be expected\n"
    ) in said


def test_other_bytes_by_the_same_engine_are_said_loudly(film: Locked) -> None:
    """Where the same engine draws other bytes, the takes are named; the run ends as it would."""
    there = film.lock.takes
    film.edit(there["alone@1"].sha256, "0" * 64, file="film.lock")
    film.forget("out", "cache")
    said = film.run()
    assert "warning: the same engine drew other bytes than it is locked with: alone@1;" in said
    assert film.lock.takes["alone@1"].sha256 == there["alone@1"].sha256


@contextmanager
def full_disk() -> Iterator[None]:
    """Nothing can be written where the lock lies."""

    def refuse(path: Path, lock: Any) -> None:
        raise StorageError(str(path), "the file system is read-only", "choose another")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leave, "write_lock", refuse)
        yield


def test_a_lock_that_cannot_be_written_is_a_warning_unless_it_was_asked_for(film: Locked) -> None:
    """A read-only checkout renders as well, and says that the lock is old; with --lock it is 4."""
    film.edit("a street", "another street")
    with full_disk():
        said = film.run()
        assert f"{film.path}: warning: the lock is not written: the file system is read" in said
        assert "the file system is read-only" in film.run("--lock", code=4)
        film.edit("another street", "a third street")
        assert "the file system is read-only" in film.run("--lock", code=4)
    assert film.events("run-ended")[-1]["exit"] == 4


def test_a_run_that_was_killed_before_it_wrote_the_lock_is_made_good(film: Locked) -> None:
    """Where the last run did not come to its end, the next one locks what it kept."""
    good = film.path.read_bytes()
    film.path.unlink()
    film.run()
    assert not film.path.exists()  # nothing was new, and the last run had ended
    ledger = film.out / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:-1]))
    assert "nothing to do" in film.run()
    assert film.path.read_bytes() == good
