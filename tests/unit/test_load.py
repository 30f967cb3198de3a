from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from sorapipe.core.wording import Fault
from sorapipe.errors import StoryboardError
from sorapipe.load import load, problem_at

BOARD = """\
title: A film
budget: 20.10
vars: { keeper: a man, size: 1280x720 }
shots:
  - id: dawn
    prompt: "{keeper}"
    size: "{size}"
"""


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """A good storyboard in a folder of its own."""
    path = tmp_path / "board.yaml"
    path.write_text(BOARD)
    return path


def test_what_is_loaded(board: Path) -> None:
    """The storyboard, where it lies, and the digest of its bytes."""
    loaded = load(board)
    assert loaded.storyboard.title == "A film"
    assert loaded.storyboard.budget == Decimal("20.1")
    assert (loaded.path, loaded.folder) == (board, board.parent)
    assert loaded.digest == hashlib.sha256(BOARD.encode()).hexdigest()
    assert (loaded.problems, loaded.references) == ((), {})


def test_variables_of_the_command_line_win(board: Path) -> None:
    """They count as text, like the file's own."""
    loaded = load(board, {"keeper": "a woman", "size": "640x360"})
    assert loaded.storyboard.shots[0].prompt == "a woman"
    assert loaded.storyboard.shots[0].size == "640x360"
    assert loaded.storyboard.vars == {"keeper": "a woman", "size": "640x360"}


def test_a_variable_that_is_not_declared_is_told_beside_all_else(board: Path) -> None:
    """It has no place in the file; the others of the file are told with it."""
    board.write_text(BOARD + "    takes: 0\n")
    with pytest.raises(StoryboardError) as caught:
        load(board, {"keepr": "x", "other": "y"})
    assert str(caught.value).splitlines() == [
        "--var: the storyboard declares no variable 'keepr'; did you mean 'keeper'?",
        "--var: the storyboard declares no variable 'other'; declare it under 'vars'",
        f"{board}:8:12: 'takes' of shot 'dawn' is 0; it is at least 1",
    ]


def test_references_are_measured_once_and_by_their_written_path(board: Path) -> None:
    """Shots may share a picture; the digest is that of the original file."""
    Image.new("RGB", (1280, 720)).save(board.parent / "a.png")
    board.write_text(BOARD + "    reference: ./a.png\n  - {id: b, prompt: c, reference: ./a.png}\n")
    (path, measured), = load(board).references.items()  # fmt: skip
    assert path == "./a.png"
    assert measured.sha256 == hashlib.sha256((board.parent / "a.png").read_bytes()).hexdigest()


def test_references_are_relative_to_the_storyboard(
    board: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the command is run from does not matter."""
    Image.new("RGB", (1280, 720)).save(board.parent / "a.png")
    board.write_text(BOARD + "    reference: a.png\n")
    assert load(board).references
    monkeypatch.chdir(board.parent)
    assert load("board.yaml").references
    monkeypatch.chdir("/")
    assert load(board).references


def test_links_are_told_at_the_reference(board: Path) -> None:
    """A reference that is a link is refused with its place."""
    (board.parent / "a.png").symlink_to("/etc/hostname")
    board.write_text(BOARD + "    reference: a.png\n")
    with pytest.raises(StoryboardError, match=r"board\.yaml:8:16: 'a\.png' is a link; put the"):
        load(board)


def test_a_wrong_size_from_the_command_line_is_told(board: Path) -> None:
    """The place is where the variable is used."""
    with pytest.raises(StoryboardError, match=r":7:11: 'size' of shot 'dawn' comes out as 'big'"):
        load(board, {"size": "big"})


def test_case_is_decided_by_the_callers_file_system(board: Path) -> None:
    """A warning is kept beside the storyboard; on such a disk it is an error."""
    board.write_text(BOARD + "  - {id: Dawn, prompt: x}\n")
    (warning,) = load(board).problems
    assert str(warning).startswith(f"{board}:8:10: warning: 'dawn.mp4' and 'Dawn.mp4' differ only")
    with pytest.raises(StoryboardError, match="the output folder's file system"):
        load(board, case_insensitive=True)


def test_later_checks_find_their_places(board: Path) -> None:
    """A need that a server does not meet is told at the key, or at the shot that lacks it."""
    document = load(board).document
    assert problem_at(document, Fault(("shots", 0, "size"), "w")).where == f"{board}:7:11"
    assert problem_at(document, Fault(("shots", 0, "seed"), "w")).where == f"{board}:5:5"
    assert problem_at(document, Fault(("shots", 0, "size"), "w", key=True)).where.endswith(":7:5")


def test_many_wrong_ids_are_told_with_their_nearest_names(tmp_path: Path) -> None:
    """Advice costs no search of all names for each fault, and is right all the same."""
    path = tmp_path / "many.yaml"
    lines = ["shots:"]
    for n in range(1000):
        lines.append(f"  - {{id: s{n}-shot, prompt: x}}")
        lines.append(f"  - {{id: t{n}, prompt: x, remix-of: s{n}-sho}}")
    path.write_text("\n".join(lines))
    with pytest.raises(StoryboardError) as caught:
        load(path)
    assert [problem.fix for problem in caught.value.problems] == [
        f"did you mean 's{n}-shot'?" for n in range(1000)
    ]


def test_files_of_rows_are_known_by_their_digest(board: Path) -> None:
    """What the storyboard stood on: each file once, by its path as written, variables put in."""
    (board.parent / "a.txt").write_text("one\ntwo\n")
    more = "  - {id: 'LETTER-{index}', prompt: '{prompt}, {keeper}', each: NAME}\n"
    board.write_text(
        BOARD.replace("keeper: a man", "keeper: a man, list: a")
        + more.replace("LETTER", "a").replace("NAME", "a.txt")
        + more.replace("LETTER", "b").replace("NAME", "'{list}.txt'")
    )
    loaded = load(board)
    assert loaded.rows == {"a.txt": hashlib.sha256(b"one\ntwo\n").hexdigest()}
    assert [shot.id for shot in loaded.storyboard.shots] == ["dawn", "a-1", "a-2", "b-1", "b-2"]


def test_a_fault_of_a_thousand_rows_is_told_once(board: Path) -> None:
    """With the line of the first row and the number of the others."""
    (board.parent / "a.csv").write_text("size\n" + "720p\n" * 1000)
    board.write_text(BOARD + "  - {id: 'a-{index}', prompt: x, size: '{size}', each: a.csv}\n")
    with pytest.raises(StoryboardError) as caught:
        load(board)
    assert str(caught.value) == (
        f"{board}:8:40: 'size' of shot 'a-{{index}}' comes out as '720p' (a.csv:2 and 999 more); "
        "write WIDTHxHEIGHT in pixels, such as 1280x720"
    )
