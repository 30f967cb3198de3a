from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sorapipe.cli.main import main
from sorapipe.clock import SystemClock
from sorapipe.core.take import TRANSITIONS
from sorapipe.ledger import Ledger
from sorapipe.schema import schema
from tests.events import EXAMPLES, event

SCHEMA: dict[str, Any] = dict(schema("ledger-event"))
VALID = Draft202012Validator(SCHEMA)

TWO_SHOTS = """\
version: 1
defaults: { size: 64x64, seconds: 1 }
shots:
  - { id: dawn, prompt: a lighthouse at dawn }
  - { id: storm, remix-of: dawn, prompt: the same in a storm }
"""


def faults(line: dict[str, Any]) -> list[str]:
    """What the schema finds wrong with that line of a ledger."""
    return [f"{line['event']}: {error.message}" for error in VALID.iter_errors(line)]


def lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a ledger, as they stand there."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_schema_is_a_schema() -> None:
    """It is valid JSON Schema 2020-12."""
    Draft202012Validator.check_schema(SCHEMA)


def test_every_event_has_an_example() -> None:
    """The names of the schema, of the table and of the examples are the same."""
    assert set(SCHEMA["properties"]["event"]["enum"]) == set(EXAMPLES)
    assert {name for _, name in TRANSITIONS} <= set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_valid_as_the_ledger_writes_it(name: str, tmp_path: Path) -> None:
    """Each event, written by the ledger itself, is a valid line."""
    ledger = Ledger.open(tmp_path / "ledger.jsonl", SystemClock())
    try:
        ledger.append_sync(name, **EXAMPLES[name])
    finally:
        ledger.close()
    (line,) = lines(tmp_path / "ledger.jsonl")
    assert faults(line) == []


@pytest.mark.parametrize(
    ("name", "without"),
    [
        ("intent", "price"),
        ("intent", "request"),
        ("intent", "fp"),
        ("accepted", "video"),
        ("accepted", "render"),
        ("kept", "sha256"),
        ("ambiguous", "why"),
        ("picked", "fp"),
        ("delivered", "bytes"),
        ("run-ended", "exit"),
    ],
)
def test_a_line_that_lacks_what_money_hangs_on_is_no_event(name: str, without: str) -> None:
    """The schema misses what a later run could not do without."""
    line = {**event(name), "crc": "00000000"}
    assert faults(line) == []
    del line[without]
    assert faults(line) != []


def test_a_real_run_writes_valid_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line of a whole run of two shots is valid, from its start to its end."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("SORAPIPE_BASE_URL", "SORAPIPE_PROFILE", "SORAPIPE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    storyboard = tmp_path / "two.yaml"
    storyboard.write_text(TWO_SHOTS)
    out = tmp_path / "out"
    options = ["--out", str(out), "--store", str(tmp_path / "store"), "--quiet"]
    assert main(["run", str(storyboard), *options]) == 0
    written = lines(out / "ledger.jsonl")
    assert [fault for line in written for fault in faults(line)] == []
    names = [line["event"] for line in written]
    assert (names[0], names[-1]) == ("run-started", "run-ended")
    assert names.count("intent") == names.count("kept") == names.count("delivered") == 2
