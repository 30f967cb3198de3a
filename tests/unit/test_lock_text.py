"""The lock as text: a take a line, equal for equal locks, its faults told by their lines."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sorapipe.core.lock import Lock, LockedTake
from sorapipe.core.lock_text import BadLock, parse, text_of
from sorapipe.errors import UsageError
from sorapipe.run.lock import lock_path, read_lock, write_lock
from sorapipe.schema import schema

VALID = Draft202012Validator(schema("lock"))
ENGINE = "studio/1 av/1.0 pillow/2.0"


def take(name: str = "dawn@1", **changes: Any) -> LockedTake:
    """A locked take of that name."""
    shot, _, number = name.partition("@")
    usual: dict[str, Any] = {
        "shot": shot,
        "number": int(number),
        "fingerprint": "ab" * 32,
        "sha256": "cd" * 32,
        "bytes": 1000,
        "model": "sora-2",
        "date": "2026-11-23T06:00:00Z",
        "price": Decimal("0.4"),
        "video": "video_1",
    }
    return LockedTake(**{**usual, **changes})


def lock(*takes: LockedTake, provider: str = "local") -> Lock:
    """A lock with those takes."""
    return Lock(provider, {one.name: one for one in takes})


TWO = text_of(lock(take(pick=True, engine=ENGINE), take("storm@1", price=None, video=None)))

numbers = st.integers(1, 12)
names = st.builds(lambda shot, number: f"{shot}@{number}", st.sampled_from("abc"), numbers)
prices = st.none() | st.decimals(0, 100, places=3)
locked = st.builds(
    take,
    names,
    price=prices,
    video=st.none() | st.text(max_size=5),
    engine=st.none() | st.just(ENGINE),
    bytes=st.integers(1, 1 << 40),
)


@given(st.lists(locked, unique_by=lambda one: one.name))
def test_a_lock_is_read_as_it_was_written(takes: list[LockedTake]) -> None:
    """Whatever order its takes came in, a lock has one text, which is valid and reads back."""
    text = text_of(lock(*takes))
    assert parse(text) == lock(*takes)
    assert text_of(lock(*reversed(takes))) == text
    assert list(VALID.iter_errors(json.loads(text))) == []
    assert text.endswith("}\n")


def test_every_take_has_a_line_of_its_own_in_the_order_of_numbers() -> None:
    """Take 10 comes after take 2, and a shot's takes are together, each on one line."""
    text = text_of(lock(*map(take, ("b@10", "b@2", "a@1", "b@1"))))
    lines = [line.strip().partition('":')[0] for line in text.splitlines() if "sha256" in line]
    assert lines == ['"a@1', '"b@1', '"b@2', '"b@10']


def test_what_a_later_version_adds_to_a_take_is_read_over() -> None:
    """An unknown field of a take, or of the lock, is no fault; another version is."""
    data = json.loads(TWO)
    data["takes"]["dawn@1"]["codec"] = "h264"
    data["written-by"] = "sorapipe 9"
    assert parse(json.dumps(data)) == parse(TWO)
    with pytest.raises(BadLock, match="newer sorapipe"):
        parse(json.dumps(data | {"version": 2}))


def _conflict() -> str:
    head, storm, tail = TWO.partition('    "storm@1"')
    line, _, tail = tail.partition("\n")
    ours, theirs = storm + line, (storm + line).replace("cd", "ce")
    return f"{head}<<<<<<< HEAD\n{ours}\n=======\n{theirs}\n>>>>>>> feature\n{tail}"


def _twice() -> str:
    line = next(line for line in TWO.splitlines() if "dawn@1" in line)
    return TWO.replace(line, f"{line}\n{line}")


BROKEN: dict[str, tuple[str, int, str]] = {
    "a conflict": (_conflict(), 6, "a merge left its conflict here"),
    "both sides kept": (_twice(), 6, "'dawn@1' stands here again"),
    "a lost comma": (TWO.replace("true},", "true}"), 6, "is no JSON"),
    "cut off": (TWO[:100], 5, "is no JSON"),
    "nothing": ("", 1, "is no JSON"),
    "a list": ("[]", 1, "is no mapping"),
    "digits without end": ('{"version": ' + "9" * 5000 + "}", 0, "is no lock"),
    "deep": ("[" * 100_000, 0, "is no lock"),
    "no version": ('{\n"takes": {}}', 0, "its version is not 1"),
    "no provider": (TWO.replace('"local"', "3"), 3, "'provider'"),
    "no takes": ('{"version": 1, "provider": "a", "takes": 3}', 0, "'takes'"),
    "a bad name": (TWO.replace("storm@1", "storm"), 6, "'storm' names no take"),
    "no mapping": ('{"version": 1, "provider": "a", "takes": {\n"a@1": 3}}', 2, "a@1 is no map"),
    "a short digest": (TWO.replace("ab" * 32, "ab" * 31, 1), 5, "'fingerprint' of dawn@1"),
    "no bytes": (TWO.replace("1000", "0"), 5, "'bytes' of dawn@1"),
    "a price that is none": (TWO.replace("0.4", "NaN"), 5, "'price' of dawn@1"),
    "a price beyond all": (TWO.replace("0.4", "1e30"), 5, "'price' of dawn@1"),
    "a pick that is none": (TWO.replace('"pick": true', '"pick": 1'), 5, "'pick' of dawn@1"),
    "two picks": (
        text_of(lock(take(pick=True), take("dawn@2", pick=True))),
        6,
        "shot 'dawn' has two picks, dawn@1 and dawn@2",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_lock_is_told_by_its_line(fault: str) -> None:
    """Whatever a merge or a hand did to it, the fault is named with the line that it is in."""
    text, line, what = BROKEN[fault]
    with pytest.raises(BadLock) as found:
        parse(text)
    assert found.value.line == line
    assert what in found.value.what


def test_the_file_is_written_only_where_it_says_something_else(tmp_path: Path) -> None:
    """Writing the same lock again leaves the file as it is, its time too."""
    path = lock_path(tmp_path / "film.yaml")
    assert path == tmp_path / "film.lock"
    assert read_lock(path) is None
    write_lock(path, parse(TWO))
    before = path.stat()
    write_lock(path, parse(TWO))
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert path.read_text(encoding="utf-8") == TWO


def test_a_broken_file_is_an_error_of_one_line(tmp_path: Path) -> None:
    """The error names file and line; bytes that are no text are told as well."""
    path = tmp_path / "film.lock"
    path.write_text(_conflict(), encoding="utf-8")
    with pytest.raises(UsageError) as found:
        read_lock(path)
    assert str(found.value).startswith(f"{path}:6: a merge left its conflict here; ")
    path.write_bytes(b'{"takes": "\xff"}')
    with pytest.raises(UsageError, match="is not UTF-8"):
        read_lock(path)


def test_a_storyboard_is_never_taken_for_its_lock() -> None:
    """A storyboard that is itself called NAME.lock is refused, lest it be overwritten."""
    with pytest.raises(UsageError, match="cannot have the name of a lock"):
        lock_path(Path("film.lock"))
