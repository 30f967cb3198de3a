"""`takes`, `runs` and `ledger`: what the ledger remembers, told without touching anything."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from sorapipe.clock import SystemClock
from sorapipe.core.tally import fold
from sorapipe.hold import Hold
from sorapipe.ledger import Ledger, read
from tests.events import EXAMPLES
from tests.faulty import faulty
from tests.sora import Sora, home
from tests.untouched import untouched

FAMILY = """\
shots:
  - { id: dawn, prompt: a lighthouse at dawn, takes: 2 }
  - { id: storm, prompt: "=a storm, \\"wet\\"", remix-of: dawn }
"""


@pytest.fixture
def sora(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Sora:
    """A folder with the storyboard above, and nothing made of it yet."""
    home(tmp_path, monkeypatch)
    sora = Sora(tmp_path, capsys)
    sora.write(FAMILY)
    return sora


def test_every_take_that_was_kept_stays_in_the_list(sora: Sora) -> None:
    """An edited shot's earlier take is stale, a removed shot's no longer wanted, none is gone."""
    assert sora("run") == 0
    assert [row["standing"] for row in sora.data("takes")["takes"]] == ["wanted"] * 3
    sora.write("shots: [{ id: dawn, prompt: a lighthouse at noon }]\n")
    assert sora("run") == 0
    rows = sora.data("takes")["takes"]
    assert [(row["take"], row["standing"], row["picked"]) for row in rows] == [
        ("dawn@1", "stale", False),
        ("dawn@1", "wanted", True),
        ("dawn@2", "no longer wanted", False),
        ("storm@1", "no longer wanted", True),
    ]
    assert [row["files"] for row in rows] == [
        [],
        ["dawn.mp4"],
        ["takes/dawn@2.mp4"],
        ["storm.mp4"],
    ]
    assert all(row["in_store"] for row in rows)
    assert rows[0]["request"]["prompt"] == "a lighthouse at dawn"
    text, _ = sora.told("takes", "dawn")
    lines = text.splitlines()
    assert lines[0].split()[:5] == ["take", "standing", "kept", "cost", "fingerprint"]
    assert lines[1].startswith("  dawn@1  stale")
    assert "in the store" in lines[1]
    assert lines[2].startswith("* dawn@1  wanted")
    assert rows[1]["fingerprint"][:12] in lines[2]
    assert "storm" not in text
    assert [row["number"] for row in sora.data("takes", "dawn@2")["takes"]] == [2]


def test_a_take_that_was_rendered_anew_replaces_the_earlier_one(sora: Sora) -> None:
    """With --force the same thing is kept again: equal bytes are one take, and both were paid."""
    sora.write("shots: [{ id: a, prompt: a }]\n")
    assert sora("run") == 0
    assert sora("run", "--force") == 0
    (row,) = sora.data("takes")["takes"]
    assert (row["standing"], row["reused"]) == ("wanted", False)
    lines = sora.told("ledger export", "--json")[0].splitlines()
    assert [json.loads(line)["outcome"] for line in lines] == ["kept", "kept"]


def test_a_take_from_the_store_and_a_renamed_one_cost_nothing(sora: Sora) -> None:
    """What was there already is told as reused, under its new name too, at no price."""
    assert sora("run") == 0
    sora.write("shots: [{ id: night, prompt: a lighthouse at dawn }]\n")
    assert sora("run") == 0
    rows = {row["take"]: row for row in sora.data("takes")["takes"]}
    assert rows["night@1"]["standing"] == "wanted"
    assert rows["night@1"]["cost"] == 0
    assert rows["night@1"]["sha256"] == rows["dawn@1"]["sha256"]
    elsewhere = Sora(sora.folder / "other", sora.capture)
    elsewhere.folder.mkdir()
    elsewhere.write("shots: [{ id: b, prompt: a lighthouse at dawn }]\n")
    assert elsewhere("run") == 0
    (row,) = elsewhere.data("takes")["takes"]
    assert (row["reused"], row["cost"], row["provider"]) == (True, 0, "local")
    assert elsewhere.told("ledger export", "--json")[0] == ""


def test_a_file_that_is_gone_is_said_to_be_in_the_store_or_gone(sora: Sora) -> None:
    """Without its file a take is in the store; without that it is at the server."""
    sora.write("shots: [{ id: a, prompt: a }]\n")
    assert sora("run") == 0
    (sora.out / "a.mp4").unlink()
    assert "in the store" in sora.told("takes")[0]
    for path in (sora.folder / "cache").rglob("objects/*/*"):
        path.unlink()
    assert "at the server; a run fetches it" in sora.told("takes")[0]


@pytest.mark.parametrize(
    ("name", "advice"), [("dwan", "did you mean 'dawn'?"), ("zzz", "there are: dawn, storm")]
)
def test_a_shot_that_nobody_knows_is_an_error_of_usage(sora: Sora, name: str, advice: str) -> None:
    """It exits 2 with the nearest name; a shot that is known and never made is just not there."""
    assert sora("takes", name) == 2
    assert advice in sora.capture.readouterr().err
    assert sora.told("takes", "storm")[0] == "nothing was kept so far\n"


def test_runs_are_told_in_order_with_what_they_came_to(sora: Sora) -> None:
    """Each has its counts, its time, its exit code and how it ended in words."""
    assert sora("runs") == 2
    assert "--out" in sora.capture.readouterr().err
    assert sora("run") == 0
    sora.write("shots: [{ id: dawn, prompt: a lighthouse at noon }]\n")
    assert sora("run") == 0
    first, second = sora.data("runs")["runs"]
    assert (first["run"], first["made"], first["creates"], first["exit"]) == (1, 3, 3, 0)
    assert (second["run"], second["made"], second["cost"]) == (2, 1, 0)
    assert first["provider"] == "local"
    assert datetime.fromisoformat(first["started"]) < datetime.fromisoformat(second["started"])
    assert first["seconds"] > 0
    lines = sora.told("runs")[0].splitlines()
    assert [line.split()[0] for line in lines] == ["run", "1", "2"]
    assert lines[1].endswith("all is there")


def test_a_run_without_an_end_was_killed_or_goes_on(sora: Sora) -> None:
    """Where the folder is held by the process that began it, it is running; else it was killed."""
    assert sora("run") == 0
    begin = EXAMPLES["run-started"]
    with closing(Ledger.open(sora.out / "ledger.jsonl", SystemClock())) as ledger:
        ledger.append_sync("run-started", **begin)
    last = sora.data("runs")["runs"][-1]
    assert (last["outcome"], last["exit"]) == ("did not end: it was killed", None)
    with Hold(sora.out, SystemClock()):  # taken later: by something else than that run
        assert sora.data("runs")["runs"][-1]["running"] is False
        with closing(Ledger.open(sora.out / "ledger.jsonl", SystemClock())) as ledger:
            ledger.append_sync("run-started", **begin)
        told = [run["outcome"] for run in sora.data("runs")["runs"]]
    assert told[1] == "did not end: it was killed"
    assert told[2].startswith("is running (pid ")


def test_the_export_is_what_a_spreadsheet_opens_and_adds_up(
    sora: Sora, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each payment is a row, formulas are text, and the costs sum up to what the ledger holds."""
    monkeypatch.setenv("SORAPIPE_PROFILE", "generic")
    script = ["400", "429", "well"]
    with faulty(sora.folder / "server", script=script) as server:
        monkeypatch.setenv("SORAPIPE_BASE_URL", server.url)
        options = ("--price", "sora-2=0.10", "--yes", "--concurrency", "1")
        assert sora("run", *options) == 1
    text, _ = sora.told("ledger export")
    assert "\r\n" in text
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(row["take"], row["outcome"]) for row in rows] == [
        ("dawn@1", "rejected"),
        ("dawn@2", "throttled"),
        ("dawn@2", "kept"),
        ("storm@1", "kept"),
    ]
    assert rows[-1]["prompt"] == '\'=a storm, "wet"'
    assert rows[-1]["file"] == "storm.mp4"
    assert rows[-1]["operation"] == "remix"
    tally = fold(read(sora.out / "ledger.jsonl").events)
    assert sum(Decimal(row["cost"]) for row in rows) == tally.committed == Decimal("0.2")
    data = [json.loads(line) for line in sora.told("ledger export", "--json")[0].splitlines()]
    assert data[-1]["prompt"] == '=a storm, "wet"'
    assert [row["render"] for row in data] == [row["render"] for row in rows]
    assert data[0]["sha256"] is None


def test_a_damaged_ledger_is_named_by_all_of_them(sora: Sora) -> None:
    """They exit 4 with file and line rather than tell half a story."""
    assert sora("run") == 0
    out, _ = sora.told("ledger verify")
    assert "events, all of them whole" in out
    ledger = sora.out / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join([*lines[:2], lines[2].replace(b"dawn", b"down"), *lines[3:]]))
    for command in ("ledger verify", "ledger export", "runs", "takes"):
        _, error = sora.told(command, code=4)
        assert f"{ledger}:3:" in error


@pytest.mark.parametrize("held", [False, True])
def test_looking_back_writes_nothing_and_waits_for_nobody(sora: Sora, held: bool) -> None:
    """Every name, byte and time stays as it was, also while a run holds the folder."""
    assert sora("run") == 0
    sora.write("shots: [{ id: dawn, prompt: a lighthouse at noon }]\n")
    holds = Hold(sora.out, SystemClock())
    if held:
        holds.acquire()
    try:
        with untouched(*sora.places):
            for command in ("takes", "runs", "ledger export", "ledger verify"):
                assert sora(command) == 0
                assert sora(command, "--json") == 0
            assert sora("clean", "--dry-run") == 0
            assert sora("clean", "--remote", "--dry-run") == 0
            assert sora("clean", "--remote", "--dry-run", "--json", "--yes") == 0
    finally:
        holds.release()


def test_looking_at_what_never_ran_leaves_no_folder(sora: Sora) -> None:
    """There is no ledger to look into, and none is made."""
    with untouched(*sora.places):
        assert sora("takes") == 0
        for command in ("runs", "ledger export", "ledger verify", "clean"):
            assert sora(command) == 2
