"""`sorapipe plan --expanded`: the flat storyboard; no server, no ledger, nothing written."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from sorapipe.core.flat import flat
from sorapipe.load import load
from tests.cli import Desk

ROOT = Path(__file__).parents[2]
BOARD = """\
title: Ads
provider: nobody-knows-this-one
vars: { mood: calm }
defaults: { takes: 2 }
shots:
  - id: ad-{lang}
    each: { lang: [en, no], exclude: [{ lang: de }] }
    prompt: "{lang}, {mood}, {{lang}}"
    file: "{lang} {take}"
  - id: again
    remix-of: ad-no
    prompt: |-
      Same scene
        by night
"""
FLAT = """\
version: 1
title: Ads
provider: nobody-knows-this-one
on-ambiguous: settle
shots:
  - id: ad-en
    prompt: "en, calm, {{lang}}"
    model: sora-2
    seconds: 4
    size: 1280x720
    takes: 2
    file: "en {take}"
  - id: ad-no
    prompt: "no, calm, {{lang}}"
    model: sora-2
    seconds: 4
    size: 1280x720
    takes: 2
    file: "no {take}"
  - id: again
    prompt: |-
      Same scene
        by night
    remix-of: ad-no
    takes: 2
"""


def expanded(desk: Desk, *options: str) -> subprocess.CompletedProcess[str]:
    """What the command says of the desk's storyboard."""
    command = desk.command("plan", "--expanded", *options)
    return subprocess.run(command, env=desk.env, capture_output=True, text=True, check=False)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A storyboard with rows, for a server that there is not, beside a ledger that is damaged."""
    desk = Desk(tmp_path)
    desk.write(BOARD)
    desk.out.mkdir()
    (desk.out / "ledger.jsonl").write_text("not a ledger\n{}\n")
    return desk


def test_the_flat_storyboard_is_printed(desk: Desk) -> None:
    """Every shot with all that it means, as YAML; a remix says nothing that is its parent's."""
    told = expanded(desk)
    assert (told.returncode, told.stdout) == (0, FLAT)
    assert told.stderr == (
        f"{desk.storyboard}:7:39: warning: 'exclude' number 1 matches no combination; "
        "remove it, or correct it\n"
    )


def test_it_is_printed_as_json_and_with_the_variables_of_the_command_line(desk: Desk) -> None:
    """The same data for programs."""
    told = expanded(desk, "--json", "--var", "mood=wild", "--quiet")
    assert told.stderr == ""
    assert json.loads(told.stdout) == flat(load(desk.storyboard, {"mood": "wild"}).storyboard)


def test_what_a_terminal_would_obey_is_escaped(desk: Desk) -> None:
    """Colours, and signs that turn the writing round, are printed as YAML's escapes of them."""
    desk.write('shots: [{ id: a, prompt: "\\e[31mred \\u202e back" }]\n')
    told = expanded(desk)
    assert r'prompt: "\u001b[31mred \u202e back"' in told.stdout


def test_nothing_is_written(desk: Desk) -> None:
    """Not into the output folder, nor beside the storyboard."""
    before = {path: path.stat().st_mtime_ns for path in desk.folder.rglob("*")}
    assert expanded(desk).returncode == 0
    assert {path: path.stat().st_mtime_ns for path in desk.folder.rglob("*")} == before


def test_a_bad_storyboard_is_told_as_always(desk: Desk) -> None:
    """All of its problems, and nothing on stdout."""
    desk.write(BOARD.replace("{mood}", "{mud}"))
    told = expanded(desk)
    assert (told.returncode, told.stdout) == (2, "")
    assert (
        "has {mud}, which is no variable and no field of its row (row 1 of 'each' and 1 more)"
        in (told.stderr)
    )
