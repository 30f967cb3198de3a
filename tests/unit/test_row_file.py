from __future__ import annotations

import codecs
import hashlib
import os
from pathlib import Path

import pytest

from sorapipe.core.rows import MOST
from sorapipe.folder import BadFileError
from sorapipe.row_file import MAX_BYTES, read_rows


def fields(folder: Path, name: str, text: str | bytes) -> list[dict[str, str]]:
    """The rows of a file in which nothing is wrong."""
    raw = text.encode() if isinstance(text, str) else text
    (folder / name).write_bytes(raw)
    file = read_rows(folder, name)
    assert (file.problems, file.sha256) == ([], hashlib.sha256(raw).hexdigest())
    return [dict(row.fields) for row in file.rows]


def problems(folder: Path, name: str, text: str | bytes) -> list[str]:
    """What is said against a file, without the folder."""
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return [str(one).removeprefix(f"{folder}/") for one in read_rows(folder, name).problems]


def refused(folder: Path, name: str) -> str:
    """What is said of a file that is not even read."""
    with pytest.raises(BadFileError) as caught:
        read_rows(folder, name)
    return caught.value.what


def test_a_text_file_has_a_prompt_a_line(tmp_path: Path) -> None:
    """Blank lines are skipped, spaces around are no part of it, and any line end will do."""
    text = "A fox\r\n\r\n \t\n  two  boats \nEin Bär\rlast"
    assert [row["prompt"] for row in fields(tmp_path, "a.txt", text)] == [
        "A fox", "two  boats", "Ein Bär", "last",
    ]  # fmt: skip


def test_only_line_ends_end_a_line(tmp_path: Path) -> None:
    """A line separator or a form of white space within a prompt stays in it."""
    text = "a\u2028b\u00a0c\x85d\n"
    assert fields(tmp_path, "a.txt", text) == [{"prompt": text.strip("\n")}]


def test_rows_know_their_lines(tmp_path: Path) -> None:
    """Of the file as it is written, so that a fault leads there."""
    (tmp_path / "a.txt").write_text("x\n\ny\n")
    (tmp_path / "a.csv").write_text('a,b\n1,"two\nlines"\n\n3,4\n')
    assert [row.where for row in read_rows(tmp_path, "a.txt").rows] == ["a.txt:1", "a.txt:3"]
    assert [row.where for row in read_rows(tmp_path, "./a.csv").rows] == ["./a.csv:2", "./a.csv:5"]


def test_csv_as_spreadsheets_write_it(tmp_path: Path) -> None:
    """A byte order mark, CRLF, quotes, commas and line breaks within; all is text."""
    text = 'lang,line,n\r\nen,"Hello, ""you""",007\r\nfr,"Bon\r\njour",1.50\r\n,,\r\n'
    raw = codecs.BOM_UTF8 + text.encode()
    assert fields(tmp_path, "A.CSV", raw) == [
        {"lang": "en", "line": 'Hello, "you"', "n": "007"},
        {"lang": "fr", "line": "Bon\r\njour", "n": "1.50"},
        {"lang": "", "line": "", "n": ""},
    ]


def test_jsonl_keeps_numbers_as_they_are_written(tmp_path: Path) -> None:
    """No float comes between the file and the text; truth values are those of JSON."""
    text = '{"a": 1.10, "b": true, "c": "x", "d": 1e2}\n\n {"a": 12345678901234567890123}\n'
    assert fields(tmp_path, "a.jsonl", text) == [
        {"a": "1.10", "b": "true", "c": "x", "d": "1e2"},
        {"a": "12345678901234567890123"},
    ]


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl"])
def test_only_utf8_is_read(tmp_path: Path, name: str) -> None:
    """Other encodings are told with the line, or as what they are."""
    (said,) = problems(tmp_path, name, b"one\ntwo \xe4\n")
    assert said == f"{name}:2:1: the byte 0xe4 is not UTF-8; save it as UTF-8"
    for encoding in ("utf-16", "utf-16-be", "utf-32-le"):
        (said,) = problems(tmp_path, name, "a,b\n1,2\n".encode(encoding))
        assert said == f"{name}: this is UTF-16 or UTF-32; save it as UTF-8"


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl"])
def test_control_characters_are_told(tmp_path: Path, name: str) -> None:
    """They would do nothing good in a prompt, nor on a terminal."""
    (said,) = problems(tmp_path, name, "one\n\ntwo\x1b[0m\n")
    assert said == f"{name}:3:1: U+001B may not stand in rows; delete it"


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl"])
@pytest.mark.parametrize("text", ["", "\n \n"])
def test_a_file_without_rows_is_told(tmp_path: Path, name: str, text: str) -> None:
    """Whatever its kind, it was not meant to be empty."""
    (said,) = problems(tmp_path, name, text.replace(" ", "") if name == "a.csv" else text)
    assert said.startswith(f"{name}: there are no rows in it; write ")


def test_a_thousand_bad_lines_are_three(tmp_path: Path) -> None:
    """The last one counts the rest."""
    said = problems(tmp_path, "a.csv", "a,b\n" + "x\n" * 1000)
    assert [one.partition(";")[0] for one in said] == [
        "a.csv:2:1: 1 value where there are 2 columns",
        "a.csv:3:1: 1 value where there are 2 columns",
        "a.csv:4:1: 1 value where there are 2 columns (and 997 more lines like it)",
    ]


@pytest.mark.parametrize(
    "line", ["[" * 100_000, '{"a":' * 100_000, "1" * 10_000, '{"a": Infinity}', "nul", '{"a": 1,}']
)
def test_json_of_strangers_is_only_told(tmp_path: Path, line: str) -> None:
    """Depth, length and what is nearly JSON lead to a line, and to no traceback."""
    (said,) = problems(tmp_path, "a.jsonl", line + "\n")
    assert said.startswith("a.jsonl:1:")


def test_a_cell_that_is_too_long_is_told(tmp_path: Path) -> None:
    """A quote that is forgotten soon makes one."""
    (said,) = problems(tmp_path, "a.csv", "a\nx\n" + "y" * 140_000 + "\n")
    assert said == "a.csv:3:1: a value has more than 131,072 characters; shorten it"


def test_reading_ends_soon_beyond_what_a_storyboard_may_have(tmp_path: Path) -> None:
    """A file of a million lines fills no memory: one row too many is enough to refuse it."""
    (tmp_path / "a.txt").write_text("x\n" * (MOST + 5000))
    assert len(read_rows(tmp_path, "a.txt").rows) == MOST + 1


def test_only_files_under_the_folder_are_read(tmp_path: Path) -> None:
    """No link, no way out, no device: as with reference pictures."""
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "out.txt").write_text("secret\n")
    (inside / "link.txt").symlink_to("../out.txt")
    (inside / "far").symlink_to("..")
    (inside / "folder.txt").mkdir()
    os.mkfifo(inside / "pipe.txt")
    assert refused(inside, "link.txt") == "'link.txt' is a link"
    assert refused(inside, "far/out.txt") == "'far/out.txt' leads through a link"
    assert refused(inside, "../out.txt") == "'../out.txt' leaves the storyboard's folder"
    assert refused(inside, str(tmp_path / "out.txt")).endswith(
        "does not begin in the storyboard's folder"
    )
    assert refused(inside, "folder.txt") == "'folder.txt' is a folder"
    assert refused(inside, "pipe.txt") == "'pipe.txt' is not a regular file"
    assert refused(inside, "none.txt") == "there is no file 'none.txt'"


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """By its size alone, however sparse it is."""
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert refused(tmp_path, "a.txt") == "'a.txt' is larger than 64 MiB"
