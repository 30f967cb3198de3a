from __future__ import annotations

import codecs
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from sorapipe import reader, yaml_events
from sorapipe.core.scalars import plain
from sorapipe.errors import StoryboardError
from sorapipe.reader import parse, read

PARSERS = sorted({yaml.SafeLoader, yaml_events.Parser}, key=lambda parser: parser.__name__)


@pytest.fixture(params=PARSERS, ids=lambda parser: parser.__name__, autouse=True)
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs with libyaml and without."""
    monkeypatch.setattr(yaml_events, "Parser", request.param)


def lines(raw: bytes) -> list[str]:
    """What is wrong with the bytes, told of a file F."""
    return [str(problem) for problem in parse(raw, "F").problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("on", "on"), ("yes", "yes"), ("12:30:00", "12:30:00"), ("y", "y"),
        ("2026-01-01", "2026-01-01"), ("1_000", "1_000"), ("010", 10), ("-010", -10), ("0o10", 8),
        ("0x1F", 31), ("-0x1F", "-0x1F"), ("0b1", "0b1"), ("1e3", 1000.0), ("1.", 1.0), (".5", 0.5),
        ("-1.5E-1", -0.15), ("+7", 7), ("true", True), ("FALSE", False), ("tRUE", "tRUE"),
        ("null", None), ("~", None), ("", None), ("NULL", None), ("nULL", "nULL"),
        ("1.2.3", "1.2.3"),
        ("1280x720", "1280x720"), ("1e", "1e"), ("-", "-"), (".", "."), ("inf", "inf"), ("٣", "٣"),
    ],
)  # fmt: skip
def test_plain_scalars_mean_what_yaml_1_2_core_says(text: str, value: Any) -> None:
    """Words, times and dates stay text; 010 is ten; 1e3 is a number."""
    assert repr(plain(text)) == repr(value)


@pytest.mark.parametrize("text", [".inf", "-.INF", ".nan", "1e999", "9" * 5000, "0x" + "f" * 17])
def test_numbers_that_no_one_can_use_are_refused(text: str) -> None:
    """Infinite, absent and enormous numbers are a problem with a place, not an exception."""
    (told,) = lines(f"a: {text}\n".encode())
    assert told.startswith("F:1:4: ")
    assert told.endswith("; quote it if it is text")


def test_places_of_values_and_keys() -> None:
    """Lines and columns count from 1, columns in characters, for keys and values alike."""
    text = "\ufefftitle: 灯台\nshots:\n  - {id: é, prompt: [a, 'b']}\n  - id: c\n".encode()
    document = parse(text, "F")
    assert document.data == {
        "title": "灯台",
        "shots": [{"id": "é", "prompt": ["a", "b"]}, {"id": "c"}],
    }
    assert document.place(("title",), key=True) == (1, 1)
    assert document.place(("title",)) == (1, 8)
    assert document.place(("shots", 0, "prompt"), key=True) == (3, 13)
    assert document.place(("shots", 0, "prompt", 1)) == (3, 25)
    assert document.place(("shots", 1, "id")) == (4, 9)
    assert document.place(("shots", 1, "id"), key=True) == (4, 5)


def test_place_of_what_is_missing_is_the_nearest_above() -> None:
    """A key that is not there is told at the mapping where it should be."""
    document = parse(b"shots:\n  - id: a\n  - id: b\n", "F")
    assert document.place(("shots", 1, "prompt")) == (3, 5)
    assert document.place(("shots", 1, "prompt"), key=True) == (3, 5)
    assert document.place(("shots", 9, "prompt")) == (2, 3)
    assert document.place(("nothing",)) == (1, 1)
    assert parse(b"", "F").place(("shots",)) == (0, 0)


def test_places_behind_aliases_and_skipped_values() -> None:
    """Values after an alias, and after a value that was refused, have their own places."""
    raw = b"a: &x [1, {b: 2}]\nc: *x\nc: [no, {deep: 1}]\n1: {x: y}\nd: 3\n"
    document = parse(raw, "F")
    assert document.data == {"a": [1, {"b": 2}], "c": [1, {"b": 2}], "d": 3}
    assert document.place(("c",)) == (2, 4)
    assert document.place(("c", 1, "b")) == (1, 15)
    assert document.place(("d",)) == (5, 4)
    assert [problem.line for problem in document.problems] == [3, 4]


def test_text_is_the_spelling() -> None:
    """A scalar's text is what stands in the file, whatever its value."""
    document = parse(b"a: 010\nb: 1.10\nc: True\nd: '010'\ne: 5\nf: [0x10]\n", "F")
    texts = [document.text(path) for path in [("a",), ("b",), ("c",), ("d",), ("e",), ("f", 0)]]
    assert texts == ["010", "1.10", "True", "010", "5", "0x10"]


def test_all_problems_of_a_file_are_told_at_once() -> None:
    """What does not stop the reading does not hide what comes after it."""
    raw = b"1: a\nb: !x c\nb: d\n<<: {e: f}\ng: *h\n? [i]\n: j\nk: .nan\n"
    assert lines(raw) == [
        "F:1:1: the key 1 is not text; put it in quotes",
        "F:2:4: unknown tag '!x'; leave it out; text that begins with '!' goes in quotes",
        "F:3:1: 'b' is said twice; keep one of them",
        "F:4:1: '<<' is not read; what the shots share goes under 'defaults'",
        "F:5:4: no anchor '&h' stands above; text that begins with '*' goes in quotes",
        "F:6:3: a key that is not text; keys are plain words, without '?' or '*'",
        "F:8:4: .nan is not a finite number; quote it if it is text",
    ]


def test_quoted_keys_are_text_but_do_not_vouch_for_plain_ones() -> None:
    """A key in quotes may look like a number; the same key without quotes is refused."""
    document = parse(b'a: {"1": x, "": y, "<<": z}\nb: {1: x}\n', "F")
    assert document.data == {"a": {"1": "x", "": "y", "<<": "z"}, "b": {}}
    assert [str(problem) for problem in document.problems] == [
        "F:2:5: the key 1 is not text; put it in quotes"
    ]


def test_depth_is_bounded_before_anything_recurses() -> None:
    """32 levels are read, 33 and 50,000 are refused in one line."""
    assert lines(b"[" * 32 + b"]" * 32) == []
    assert lines(b"[" * 33 + b"]" * 33) == [
        "F:1:33: lists and mappings more than 32 deep; flatten them"
    ]
    assert len(lines(b"[" * 50_000)) == 1
    assert len(lines(b"{a: " * 50_000)) == 1


def test_aliases_may_add_10_000_values() -> None:
    """The bound is on what aliases add, so a large file without them is fine."""
    many = b"a: [" + b"x, " * 12_000 + b"x]\n"
    assert lines(many) == []
    once = b"a: &a [" + b"x, " * 4_998 + b"x]\n"
    assert lines(once + b"b: *a\nc: *a\n") == []
    assert lines(once + b"b: *a\nc: *a\nd: *a\n") == [
        "F:4:4: aliases that add more than 10,000 values; write them out"
    ]


@pytest.mark.parametrize(
    "name", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_wide_encodings_are_refused(name: str) -> None:
    """UTF-16 and UTF-32 are named as such, with or without a byte order mark."""
    assert lines("shots: []\n".encode(name)) == ["F: this is UTF-16 or UTF-32; save it as UTF-8"]


def test_a_utf_8_byte_order_mark_is_fine() -> None:
    """The mark is no part of the text and moves no column."""
    document = parse(codecs.BOM_UTF8 + b"a: !x b", "F")
    assert document.data == {"a": "b"}
    assert document.problems[0].col == 4


def test_bytes_that_are_not_utf_8_have_a_place() -> None:
    """The first bad byte is told with its line and column."""
    assert lines("title: é\nb: ".encode() + b"\xff\n") == [
        "F:2:4: the byte 0xff is not UTF-8; save it as UTF-8"
    ]


@pytest.mark.parametrize(
    ("raw", "place"),
    [(b"a: \x00b", "F:1:4"), (b"# c\r\na: x\x1by", "F:2:5"), (b"a: \xef\xbf\xbe", "F:1:4")],
)
def test_forbidden_characters_have_a_place(raw: bytes, place: str) -> None:
    """A control character is told where it is."""
    (told,) = lines(raw)
    assert told.startswith(place + ": U+")


def test_half_a_surrogate_pair_does_not_get_in() -> None:
    """An escape that no UTF-8 can hold is refused by either parser."""
    (problem,) = parse(rb'a: "\ud800"', "F").problems
    assert problem.line <= 1


def test_read_raises_all_problems_in_order(tmp_path: Path) -> None:
    """`read` gives the document with its digest, or every problem sorted by place."""
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: 1\n")
    assert read(path).digest == hashlib.sha256(b"a: 1\n").hexdigest()
    path.write_bytes(b"a: !x 1\na: 2\n")
    with pytest.raises(StoryboardError) as caught:
        read(path)
    assert [problem.line for problem in caught.value.problems] == [1, 2]
    assert str(caught.value).startswith(f"{path}:1:4: unknown tag")


def unreadable(path: Path | str) -> str:
    """What is said of a file that can't be read."""
    with pytest.raises(StoryboardError) as caught:
        read(path)
    return str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, a folder, a FIFO, a device, a long and an impossible name: one line each."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    missing = tmp_path / "missing.yaml"
    assert unreadable(missing) == f"{missing}: no such file or directory"
    assert unreadable(tmp_path) == f"{tmp_path}: is a folder; name the storyboard in it"
    assert unreadable(fifo) == f"{fifo}: is not a regular file; a storyboard is a file on disk"
    assert (
        unreadable("/dev/null")
        == "/dev/null: is not a regular file; a storyboard is a file on disk"
    )
    assert "file name too long" in unreadable("x" * 5000)
    assert "no file has a NUL in its name" in unreadable("a\0b")


def test_a_file_over_64_mib_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size is looked at before anything is parsed."""
    path = tmp_path / "large.yaml"
    with path.open("wb") as stream:
        stream.truncate(reader.MAX_BYTES + 1)
    assert unreadable(path) == f"{path}: is larger than 64 MiB; split it into several storyboards"


def test_without_libyaml_the_pure_parser_reads() -> None:
    """Where PyYAML was built without libyaml the reader works all the same."""
    code = (
        "import yaml; del yaml.CLoader\n"
        "from sorapipe.reader import parse\n"
        "print(parse(b'a: [1, no]', 'F').data)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "{'a': [1, 'no']}\n"
