"""`sorapipe run` as a whole: what it makes, what it never does twice, and how it says so."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sorapipe.cli.main import parser
from sorapipe.cli.options import again
from tests.cli import Desk
from tests.kills import paid_creates

SMALL = "version: 1\ndefaults: { seconds: 1, size: 64x64 }\n"
FAMILY = (
    SMALL
    + """
shots:
  - { id: dawn, prompt: a lighthouse at dawn, takes: 2 }
  - { id: storm, prompt: the same in a storm, remix-of: dawn }
  - { id: after, prompt: the clouds open, extend-of: storm, seconds: 1 }
  - { id: street, prompt: "a street, wet", reference: { shot: after, frame: last } }
"""
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder of its own for each test."""
    return Desk(tmp_path)


def test_a_run_makes_every_file_and_a_second_one_creates_nothing(desk: Desk) -> None:
    """All deliverables appear, and running again needs no server and says so."""
    desk.write(FAMILY)
    first = desk.run("run")
    assert first.returncode == 0, first.stderr
    made = sorted(str(path.relative_to(desk.out)) for path in desk.out.glob("**/*.mp4"))
    visible = [name for name in made if not name.startswith(".")]
    assert visible == ["after.mp4", "dawn.mp4", "storm.mp4", "street.mp4", "takes/dawn@2.mp4"]
    before = {path: path.stat().st_mtime_ns for path in desk.out.glob("[!.]*")}
    second = desk.run("run")
    assert second.returncode == 0
    assert "nothing to do" in second.stderr
    assert {
        path: path.stat().st_mtime_ns for path in desk.out.glob("*") if path in before
    } == before
    assert paid_creates(desk.out) == 5


def test_json_events_end_with_the_summary(desk: Desk) -> None:
    """`run --json` prints one event a line, the last one the summary, always the same."""
    desk.write(SMALL + "shots: [{ id: a, prompt: a }]\n")
    done = desk.run("run", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in (events[0], events[-1])] == ["run-started", "run-ended"]
    assert events[-1] | {"made": 1, "creates": 1, "exit": 0, "failed": {}} == events[-1]
    assert done.stderr.startswith("server: studio")
    again = desk.run("run", "--json").stdout.splitlines()
    assert len(again) == 1
    nothing = json.loads(again[0])
    assert nothing | {"made": 0, "reused": 1, "creates": 0, "exit": 0} == nothing
    assert nothing.keys() == events[-1].keys() - {"v", "seq", "at", "run", "crc"}


def test_quiet_says_nothing_when_all_is_well(desk: Desk) -> None:
    """`--quiet` prints nothing at all."""
    desk.write(SMALL + "shots: [{ id: a, prompt: a }]\n")
    done = desk.run("run", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_changed_shot_is_rendered_anew_with_its_descendants(desk: Desk) -> None:
    """A new prompt renders that shot and what starts from it, and nothing else."""
    shots = "shots: [{id: a, prompt: %s}, {id: b, prompt: b, remix-of: a}, {id: c, prompt: c}]"
    desk.write(SMALL + shots % "a")
    assert desk.run("run").returncode == 0
    desk.write(SMALL + shots % "A")
    rows = {
        row["take"]: (row["decision"], row["reason"])
        for row in json.loads(desk.run("plan", "--json").stdout)["takes"]
    }
    assert rows == {
        "a@1": ("render", "changed: prompt"),
        "b@1": ("render", "parent"),
        "c@1": ("reuse", "kept"),
    }
    assert desk.run("run").returncode == 0
    assert paid_creates(desk.out) == 5


def test_renaming_and_retagging_a_shot_buys_nothing(desk: Desk) -> None:
    """An id, a tag or a file name is not part of what is bought."""
    desk.write(SMALL + "shots: [{ id: a, prompt: same }]\n")
    desk.run("run")
    desk.write(SMALL + "shots: [{ id: b, prompt: same, tags: [x], file: other }]\n")
    assert desk.run("run").returncode == 0
    assert (desk.out / "other.mp4").exists()
    assert paid_creates(desk.out) == 1


def test_lost_files_come_back_without_being_bought(desk: Desk) -> None:
    """A deleted deliverable comes from the store, and without a store from the server."""
    desk.write(SMALL + "shots: [{ id: a, prompt: a }]\n")
    desk.run("run")
    whole = (desk.out / "a.mp4").read_bytes()
    (desk.out / "a.mp4").unlink()
    assert desk.run("run").returncode == 0
    assert (desk.out / "a.mp4").read_bytes() == whole
    (desk.out / "a.mp4").unlink()
    for path in sorted((desk.folder / "store").glob("**/*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert desk.run("run").returncode == 0
    assert (desk.out / "a.mp4").read_bytes() == whole
    assert paid_creates(desk.out) == 1


def test_a_file_that_is_not_ours_is_set_aside(desk: Desk) -> None:
    """What somebody else put where a deliverable belongs is kept under another name."""
    desk.write(SMALL + "shots: [{ id: a, prompt: a }]\n")
    desk.out.mkdir()
    (desk.out / "a.mp4").write_bytes(b"somebody's holiday")
    done = desk.run("run")
    assert done.returncode == 0
    assert "a.aside-1.mp4" in done.stderr
    assert (desk.out / "a.aside-1.mp4").read_bytes() == b"somebody's holiday"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_in_order_and_the_next_run_goes_on(
    desk: Desk, number: signal.Signals, code: int
) -> None:
    """A signal lists the renders in flight with the command that resumes; nothing is made twice."""
    shots = "".join(f"  - {{ id: s{i}, prompt: wave {i}, seconds: 20 }}\n" for i in range(6))
    desk.write(SMALL + "shots:\n" + shots)
    with desk.start("run", "--json") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "accepted":
                process.send_signal(number)
                break
        rest, _ = process.communicate()
    assert process.returncode == code
    summary = json.loads(rest.splitlines()[-1])
    assert summary["event"] == "run-ended"
    assert summary["in_flight"]
    told = desk.run("status").stdout
    assert all(video in told for video in summary["in_flight"].values())
    assert desk.run("run", "--quiet").returncode == 0
    assert paid_creates(desk.out) == 6


def test_a_second_run_at_once_is_told_who_holds_the_folder(desk: Desk) -> None:
    """The loser names the holder's pid and since when, and exits 5."""
    desk.write(SMALL + "shots: [{ id: a, prompt: a, seconds: 30, size: 640x360 }]\n")
    with desk.start("run", "--json") as process:
        assert process.stdout is not None
        process.stdout.readline()
        loser = desk.run("run")
        process.kill()
        process.communicate()
    assert loser.returncode == 5
    assert f"held by pid {process.pid}" in loser.stderr
    assert "since" in loser.stderr


def test_out_that_is_a_file_is_a_usage_error(desk: Desk) -> None:
    """`--out` naming a file exits 2 and sends nothing."""
    desk.write(SMALL + "shots: [{ id: a, prompt: a }]\n")
    desk.out.write_text("a file")
    done = desk.run("run")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_damaged_ledger_stops_everything(desk: Desk) -> None:
    """A bad line further up exits 4 with file and line, and nothing is created."""
    desk.write(SMALL + "shots: [{ id: a, prompt: a }]\n")
    desk.run("run")
    ledger = desk.out / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join([lines[0].replace(b"local", b"lokal"), *lines[1:]]))
    done = desk.run("run", "--force")
    assert done.returncode == 4
    assert f"{ledger}:1:" in done.stderr
    assert paid_creates(desk.out) == 1


def test_shots_that_ask_for_the_same_are_rendered_once(desk: Desk) -> None:
    """Two children that turn out to be one request share its bytes."""
    text = "shots:\n  - {id: a, prompt: a}\n"
    for name, file in (("b", "one"), ("c", "two")):
        text += f"  - {{id: {name}, prompt: same, remix-of: a, file: {file}}}\n"
    desk.write(SMALL + text)
    done = desk.run("run")
    assert done.returncode == 0, done.stderr
    assert (desk.out / "one.mp4").read_bytes() == (desk.out / "two.mp4").read_bytes()
    assert paid_creates(desk.out) == 2


def test_a_copied_project_is_as_good_as_the_first(desk: Desk, tmp_path: Path) -> None:
    """Files whose times changed on the way are known by their bytes: nothing is lost or bought."""
    desk.write(SMALL + "shots: [{ id: a, prompt: a }, { id: b, prompt: b, remix-of: a }]\n")
    assert desk.run("run").returncode == 0
    elsewhere = Desk(tmp_path / "elsewhere")
    shutil.copytree(desk.out, elsewhere.out, ignore=shutil.ignore_patterns(".studio"))
    for path in elsewhere.out.glob("*.mp4"):
        os.utime(path, (1, 1))
    shutil.copy(desk.storyboard, elsewhere.storyboard)
    done = elsewhere.run("run")
    assert done.returncode == 0, done.stderr
    assert "nothing to do" in done.stderr


def test_what_to_type_next_has_the_options_that_were_given(desk: Desk) -> None:
    """The command that goes on names the same folders, server and vars."""
    args = parser().parse_args(
        ["run", "my film.yaml", "--out", "my out", "--var", "who=a cat", "--provider", "local"]
    )
    line = "sorapipe run 'my film.yaml' --out 'my out' --provider local --var 'who=a cat'"
    assert again(args, "run") == line
    assert again(args, "resolve") == line.replace("run", "resolve")


def test_closed_and_full_outputs_are_told_in_one_line(desk: Desk) -> None:
    """With stderr closed a run goes on; a full stdout is a storage error."""
    desk.write(SMALL + "shots: [{ id: a, prompt: a }]\n")
    command = shlex.join(desk.command("run", "--json"))
    done = subprocess.run(
        f"{command} 2>&-", shell=True, check=False, env=desk.env, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[0])["event"] == "run-started"
    if Path("/dev/full").exists():
        full = f"{sys.executable} -m sorapipe schema >/dev/full"
        done = subprocess.run(
            full, shell=True, check=False, env=desk.env, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr.count("\n")) == (4, 1)


def test_what_cannot_be_kept_is_not_bought(desk: Desk) -> None:
    """A store or a state folder that cannot be made is told before anything is sent."""
    desk.write(SMALL + "shots: [{ id: a, prompt: a }]\n")
    blocked = Desk(desk.folder, {"XDG_STATE_HOME": str(desk.storyboard)})
    assert blocked.run("run").returncode == 4
    assert not (desk.out / "ledger.jsonl").exists()
