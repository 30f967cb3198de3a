"""`sorapipe clean`: what nothing wants any more goes; what is the only one of its kind stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sorapipe.cli.main import main
from sorapipe.clock import SystemClock
from sorapipe.hold import Hold
from tests.sora import SMALL, Sora, home
from tests.untouched import picture, untouched

TWO = "shots:\n  - { id: a, prompt: a wave, takes: 2 }\n  - { id: b, prompt: a dune }\n"
ONE = "shots:\n  - { id: a, prompt: a wave }\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which two shots were made."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        home(folder, patch)
        (folder / "film.yaml").write_text(SMALL + TWO)
        options = ["--out", str(folder / "out"), "--quiet"]
        assert main(["run", str(folder / "film.yaml"), *options]) == 0
    return folder


@pytest.fixture
def sora(
    made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Sora:
    """A copy of it, and of the two shots the storyboard wants only one now."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    home(tmp_path, monkeypatch)
    sora = Sora(tmp_path, capsys)
    sora.write(ONE)
    return sora


def films(sora: Sora) -> list[str]:
    """The names of the videos in the output folder."""
    found = (path.relative_to(sora.out) for path in sora.out.glob("**/*.mp4"))
    return sorted(str(path) for path in found if not str(path).startswith("."))


def test_what_no_take_brings_any_more_goes_and_comes_back_for_nothing(sora: Sora) -> None:
    """The files are removed, status names none of them, and wanted again they are in the store."""
    before = picture(sora.out)
    assert "no longer wanted: b.mp4" in sora.told("status")[0]
    _, told = sora.told("clean", "--yes")
    assert "b.mp4: no longer wanted; its bytes stay in the store" in told
    assert told.endswith("removed: 2\n")
    assert films(sora) == ["a.mp4"]
    assert [event["file"] for event in sora.events("cleaned")] == ["b.mp4", "takes/a@2.mp4"]
    assert sora.data("status")["unwanted"] == []
    assert "nothing to remove" in sora.told("clean", "--yes")[1]
    assert len(sora.events("cleaned")) == 2
    sora.write(TWO)
    assert sora("run") == 0
    assert films(sora) == ["a.mp4", "b.mp4", "takes/a@2.mp4"]
    assert len(sora.events("intent")) == 3
    name = str(sora.out / "b.mp4")
    assert picture(sora.out)[name][2] == before[name][2]


def test_a_dry_run_shows_it_and_changes_nothing(sora: Sora) -> None:
    """Text and data say what would go, and every byte is as it was."""
    with untouched(*sora.places):
        text, _ = sora.told("clean", "--dry-run")
        data = sora.data("clean", "--dry-run")
    assert "2 files to remove" in text
    assert [row["file"] for row in data["files"]] == ["b.mp4", "takes/a@2.mp4"]
    assert data["removed"] is False
    assert data["files"][0].keys() == {"file", "take", "sha256", "fingerprint", "bytes"}


def test_a_file_that_its_owner_changed_is_named_and_left(sora: Sora) -> None:
    """Also where its length and time are as they were."""
    before, mine = (sora.out / "b.mp4").stat(), [sora.out / "b.mp4", sora.out / "takes/a@2.mp4"]
    mine[0].write_bytes(bytes(before.st_size))
    os.utime(mine[0], ns=(before.st_atime_ns, before.st_mtime_ns))
    mine[1].write_bytes(b"my own cut")
    _, told = sora.told("clean", "--yes")
    assert "b.mp4: not removed: it is not as it was delivered" in told
    assert mine[0].read_bytes() == bytes(before.st_size)
    assert mine[1].read_bytes() == b"my own cut"
    assert sora.data("status")["unwanted"] == ["b.mp4", "takes/a@2.mp4"]
    assert sora.events("cleaned") == []


def test_what_the_store_does_not_have_is_left(sora: Sora) -> None:
    """A file whose bytes are lost or damaged in the store may be the only copy."""
    event = next(one for one in sora.events("delivered") if one["file"] == "b.mp4")
    store = sora.folder / "cache/sorapipe/store/objects"
    (store / event["sha256"][:2] / event["sha256"]).write_bytes(b"rotten")
    data = sora.data("clean", "--yes")
    assert [row["file"] for row in data["files"]] == ["takes/a@2.mp4"]
    assert (data["left"][0]["file"], data["removed"]) == ("b.mp4", True)
    assert films(sora) == ["a.mp4", "b.mp4"]


def test_what_is_removed_here_is_safe_from_gc_there(sora: Sora) -> None:
    """A folder that the store had no entry of is entered: the bytes that are left there stay."""
    store = sora.folder / "cache/sorapipe/store"
    shutil.rmtree(store / "roots")
    assert sora("clean", "--yes") == 0
    assert main(["store", "gc", "--older-than", "0", "--yes"]) == 0
    sora.write(TWO)
    assert sora("run") == 0
    assert films(sora) == ["a.mp4", "b.mp4", "takes/a@2.mp4"]
    assert len(sora.events("intent")) == 3


def test_where_the_cache_was_emptied_a_new_take_is_the_end_of_no_other(sora: Sora) -> None:
    """The file that is replaced is the only copy: the store has it again, and gives it back."""
    before = (sora.out / "a.mp4").read_bytes()
    shutil.rmtree(sora.folder / "cache")
    sora.write(ONE.replace("a wave", "a calm"))
    assert sora("run") == 0
    assert (sora.out / "a.mp4").read_bytes() != before
    sora.write(ONE)
    assert sora("run") == 0
    assert (sora.out / "a.mp4").read_bytes() == before
    assert len(sora.events("intent")) == 4


def test_the_earlier_file_of_a_take_that_is_still_wanted_stays(sora: Sora) -> None:
    """An edited shot that is not rendered anew keeps its file, under an earlier name too."""
    sora.write(
        "shots:\n  - { id: a, prompt: a calm, takes: 2 }\n"
        "  - { id: b, prompt: snow, file: other }\n"
    )
    assert "nothing to remove" in sora.told("clean", "--yes")[1]
    assert films(sora) == ["a.mp4", "b.mp4", "takes/a@2.mp4"]
    assert sora("run") == 0
    assert "b.mp4: no longer wanted" in sora.told("clean", "--yes")[1]
    assert films(sora) == ["a.mp4", "other.mp4", "takes/a@2.mp4"]


def test_the_second_copy_of_what_was_picked_goes(sora: Sora) -> None:
    """After a pick the take is the deliverable; its copy under takes/ is brought by nothing."""
    sora.write(TWO)
    assert sora("pick", "a", "2") == 0
    assert films(sora) == ["a.mp4", "b.mp4", "takes/a@1.mp4", "takes/a@2.mp4"]
    assert sora.data("status")["unwanted"] == ["takes/a@2.mp4"]
    assert sora("clean", "--yes") == 0
    assert films(sora) == ["a.mp4", "b.mp4", "takes/a@1.mp4"]
    assert sora("run") == 0
    assert films(sora) == ["a.mp4", "b.mp4", "takes/a@1.mp4"]


def test_names_that_some_disks_cannot_tell_apart_are_one_file(sora: Sora) -> None:
    """What was `b.mp4` and is wanted as `B.mp4` is not removed: it may be the same file."""
    sora.write(TWO.replace("a dune", "a dune, file: B"))
    assert "b.mp4" not in sora.told("clean", "--yes")[1]
    assert (sora.out / "b.mp4").exists()


def test_what_a_killed_run_left_behind_goes_and_evidence_stays(sora: Sora) -> None:
    """Temporary files of processes that are gone are removed; others are not."""
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    )
    dead = sora.out / "takes" / f".sorapipe-{int(ended.stdout)}-abc.tmp"
    torn = sora.out / "ledger.torn-1"
    alive = sora.out / ".sorapipe-1-abc.tmp"
    for path in (dead, torn, alive):
        path.write_bytes(b"half")
    data = sora.data("clean", "--yes")
    assert data["leftovers"] == [str(dead)]
    assert [path.exists() for path in (dead, torn, alive)] == [False, True, True]


@pytest.mark.parametrize(("word", "code"), [("n\n", 1), ("y\n", 0)])
def test_on_a_terminal_it_asks_first(
    sora: Sora, monkeypatch: pytest.MonkeyPatch, word: str, code: int
) -> None:
    """It shows each file, and removes none without a yes."""

    class Terminal:
        isatty = staticmethod(lambda: True)
        readline = staticmethod(lambda: word)

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert "go ahead? [y/N] " in sora.told("clean", code=code)[1]
    assert len(films(sora)) == (3 if code else 1)


def test_while_another_process_holds_the_folder_nothing_is_removed(sora: Sora) -> None:
    """It exits 5 and names the holder; looking is free."""
    with Hold(sora.out, SystemClock()):
        assert "held by pid" in sora.told("clean", "--yes", code=5)[1]
        assert sora("clean", "--dry-run") == 0
    assert len(films(sora)) == 3
