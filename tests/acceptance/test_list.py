"""`sorapipe list`: what an expression selects, over a folder that was really rendered into."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sorapipe.cli.main import main
from sorapipe.clock import SystemClock
from sorapipe.core.select import select
from sorapipe.hold import Hold
from sorapipe.load import load
from tests.cli import Desk
from tests.faulty import faulty

HEAD = "version: 1\ndefaults: { seconds: 1, size: 64x36 }\nshots:\n"
BAD = "  - { id: bad, prompt: refused }\n"
DAWN = "  - { id: dawn, prompt: a lighthouse, takes: 2, tags: [hero] }\n"
STORM = "  - { id: storm, prompt: a storm, tags: [hero, night] }\n"
EDITED = "  - { id: storm, prompt: a gale, tags: [hero, night] }\n"
CALM = "  - { id: calm, prompt: the sea is calm, remix-of: storm }\n"
FRESH = "  - { id: fresh, prompt: a gull, reference: { shot: dawn, frame: last } }\n"
PAGE = Path(__file__).parents[2] / "docs" / "selecting.md"


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below the folder: its bytes, and when it was written."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_every_state_is_told_by_a_folder_that_is_held_without_its_server(tmp_path: Path) -> None:
    """Kept, edited, below the edited one, refused and new: told beside a run, writing nothing."""
    with faulty(tmp_path / "studio", script=["400"]) as server:
        said = {"SORAPIPE_BASE_URL": server.url, "SORAPIPE_PROFILE": "local"}
        desk = Desk(tmp_path / "desk", {**said, "SORAPIPE_POLL_INTERVAL": "0.05"})
        desk.folder.mkdir()
        desk.write(HEAD + BAD + DAWN + STORM + CALM)
        ran = desk.run("run", "--concurrency", "1", "--quiet")
        assert ran.returncode == 1, ran.stderr
        ended = [event["take"] for event in desk.events("rejected", "kept")]
        assert ended == ["bad@1", "dawn@1", "dawn@2", "storm@1", "calm@1"]
    desk.write(HEAD + BAD + DAWN + EDITED + CALM + FRESH)
    with Hold(desk.out, SystemClock()):
        before = everything(desk.folder)
        whole = json.loads(desk.run("list", "--json").stdout)
        some = desk.run("list", "state:stale", "1+fresh", "--exclude", "bad")
        assert everything(desk.folder) == before
    states = {shot["id"]: [take["state"] for take in shot["takes"]] for shot in whole["shots"]}
    assert states == {
        "bad": ["failed"],
        "dawn": ["kept", "kept"],
        "storm": ["stale"],
        "calm": ["stale"],
        "fresh": ["new"],
    }
    assert (whole["selected"], whole["of"]) == (5, 5)
    assert (some.returncode, some.stderr) == (0, "")
    assert some.stdout.splitlines() == [
        "shot   takes   from                model, size, length  tags",
        "dawn   2 kept                      sora-2 64x36 1 s     hero",
        "storm  stale                       sora-2 64x36 1 s     hero, night",
        "calm   stale   remix of storm      sora-2 64x36 1 s",
        "fresh  new     last frame of dawn  sora-2 64x36 1 s",
        "",
        "4 of 5 shots; 5 takes (1 new, 2 stale, 2 kept)",
    ]


@pytest.fixture
def storyboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A storyboard of which nothing was rendered yet, and a user with empty folders."""
    for name in ("CONFIG", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    path = tmp_path / "board.yaml"
    path.write_text(HEAD + DAWN + STORM + CALM, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("words", "shots"),
    [
        ([], ["dawn", "storm", "calm"]),
        (["+calm"], ["storm", "calm"]),
        (["dawn", "calm"], ["dawn", "calm"]),
        (["--select", "dawn", "--select", "calm"], ["dawn", "calm"]),
        (["calm", "--select", "dawn"], ["dawn", "calm"]),
        (["tag:hero,state:new", "--exclude", "tag:night"], ["dawn"]),
        (["--exclude", "storm+"], ["dawn"]),
        (["state:kept"], []),
    ],
)
def test_expressions_stand_behind_the_storyboard_or_select(
    storyboard: str, capsys: pytest.CaptureFixture[str], words: list[str], shots: list[str]
) -> None:
    """Both ways of saying it unite, and a state that nothing is in is no error."""
    assert main(["list", storyboard, *words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [shot["id"] for shot in told["shots"]] == shots
    assert told["selected"] == len(shots)


def test_an_empty_selection_is_said(storyboard: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody has to guess from an empty screen."""
    assert main(["list", storyboard, "state:kept"]) == 0
    assert capsys.readouterr().out == "nothing selected of 3 shots\n"


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["strom"], "--select: there is no shot 'strom'; did you mean 'storm'?\n"),
        (["tag:heros"], "--select: no shot has the tag 'heros'; did you mean 'hero'?\n"),
        (["--exclude", "state:"], "--exclude: nothing stands behind 'state:'; say which state\n"),
    ],
)
def test_a_slip_is_told_in_one_line_with_exit_2(
    storyboard: str, capsys: pytest.CaptureFixture[str], words: list[str], fault: str
) -> None:
    """The option, what is wrong, and what would be right."""
    assert main(["list", storyboard, *words]) == 2
    assert capsys.readouterr().err == fault


def test_a_row_as_data_says_all_that_is_selected_by(
    storyboard: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Programs read from `--json` what expressions are about."""
    assert main(["list", storyboard, "calm", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["shots"] == [
        {
            "id": "calm",
            "takes": [{"take": "calm@1", "state": "new"}],
            "source": "remix",
            "parent": "storm",
            "frame": None,
            "tags": [],
            "model": "sora-2",
            "size": "64x36",
            "seconds": 1,
        }
    ]


def test_the_page_says_what_its_expressions_select(tmp_path: Path) -> None:
    """Every row of the table of examples is so, over the storyboard that the page shows."""
    page = PAGE.read_text(encoding="utf-8")
    (board,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "board.yaml"
    path.write_text(board, encoding="utf-8")
    shots = load(path, {}).storyboard.shots
    table = page.partition("| expression | shots |\n| --- | --- |\n")[2].partition("\n\n")[0]
    told = dict(re.findall(r"^\| `(.*)` \| (.*) \|$", table, re.MULTILINE))
    assert len(told) == 12
    for expression, names in told.items():
        found = select([expression], [], shots, lambda _: frozenset())
        assert ", ".join(shot.id for shot in shots if shot.id in found) == names, expression
