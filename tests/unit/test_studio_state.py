"""What the studio remembers: all of a transaction or nothing, and files only where they belong."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from sorapipe.studio.state import Character, State, Video

A = Video(
    id=f"video_{'a' * 32}",
    kind="create",
    model="sora-2",
    prompt="a",
    size="64x36",
    seconds="4",
    new_seconds="4",
    seed=-(1 << 63),
    digest="d",
    created_at=1,
)
B = replace(A, id=f"video_{'b' * 32}", kind="extend", parent_id=A.id, seconds="8")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """An empty state."""
    opened = State(tmp_path)
    yield opened
    opened.close()


def test_a_video_is_found_as_it_was_added(state: State) -> None:
    """Every field comes back, and waits to be rendered in the order of adding."""
    state.add(A)
    state.add(B)
    assert (state.find(A.id), state.find(B.id), state.find("c")) == (A, B, None)
    assert state.waiting() == [A.id, B.id]


def test_a_video_and_its_key_are_added_together_or_not_at_all(state: State) -> None:
    """Where the key is taken already, the video is not there either."""
    state.add(A, key="k", request="r")
    with pytest.raises(sqlite3.IntegrityError):
        state.add(B, key="k", request="other")
    assert state.find(B.id) is None
    assert state.keyed("k") == ("r", A.id)
    state.add(B, key="k2", request="r")  # and the state is as usable as before


def test_completing_and_failing_end_the_waiting(state: State) -> None:
    """What has ended keeps no inputs, and tells its times or its error."""
    for video in (A, B):
        state.add(video)
        state.folder.image(video.id).write_bytes(b"image")
    state.complete(A.id, at=5, expires_at=9)
    state.fail(B.id, code="c", message="m")
    assert state.find(A.id) == replace(A, status="completed", completed_at=5, expires_at=9)
    assert state.find(B.id) == replace(B, status="failed", error_code="c", error="m")
    assert state.waiting() == []
    assert not state.folder.image(A.id).exists()
    assert not state.folder.image(B.id).exists()


def test_sweeping_removes_only_what_has_expired(state: State) -> None:
    """A file goes at its `expires_at`; the video stays known."""
    for video, expires_at in ((A, 10), (B, 20)):
        state.add(video)
        state.folder.video(video.id).write_bytes(b"film")
        state.complete(video.id, at=5, expires_at=expires_at)
    state.sweep(9.9)
    assert state.folder.video(A.id).exists()
    state.sweep(10.0)
    assert not state.folder.video(A.id).exists()
    assert state.folder.video(B.id).exists()
    assert state.find(A.id) is not None


def test_a_parent_is_held_where_there_are_no_hard_links(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file system without hard links the parent's bytes are copied."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    state.folder.video(A.id).write_bytes(b"film")
    state.folder.hold_parent(B.id, A.id)
    assert state.folder.parent(B.id).read_bytes() == b"film"
    with pytest.raises(FileNotFoundError):
        state.folder.hold_parent(A.id, B.id)


def test_a_folder_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """What the first version kept is there, and what came after it can be kept too."""
    State(tmp_path).close()
    db = sqlite3.connect(tmp_path / "studio.sqlite3")
    db.executescript(
        "ALTER TABLE videos DROP COLUMN extended; ALTER TABLE videos DROP COLUMN fault;"
        "DROP TABLE characters; PRAGMA user_version = 1;"
    )
    old = [name for name in asdict(A) if name not in ("extended", "fault")]
    columns = ", ".join(old)
    values = [getattr(A, name) for name in old]
    db.execute(f"INSERT INTO videos ({columns}) VALUES ({', '.join('?' * len(old))})", values)
    db.commit()
    db.close()
    for _ in range(2):
        again = State(tmp_path)
        assert again.find(A.id) == A
        assert again.character("char_0") is None
        again.close()


def test_a_character_is_found_as_it_was_added(state: State) -> None:
    """Every field comes back; one that nobody made is not there."""
    made = Character(id="char_0", name="Mossy", digest="d", created_at=5)
    state.add_character(made)
    assert (state.character("char_0"), state.character("char_1")) == (made, None)


def test_opening_tidies_up_after_a_kill(tmp_path: Path) -> None:
    """Half files, files of videos that are not completed, and inputs of none are removed."""
    state = State(tmp_path)
    state.add(A)
    state.add(B)
    state.folder.video(A.id).write_bytes(b"film")
    state.complete(A.id, at=5, expires_at=10)
    state.folder.hold_parent(B.id, A.id)
    gone = [
        state.folder.half_video(B.id),
        state.folder.video(B.id),  # renamed, but killed before it was committed
        state.folder.image(A.id),
    ]
    for path in gone:
        path.write_bytes(b"left")
    state.close()
    again = State(tmp_path)
    assert not any(path.exists() for path in gone)
    assert again.folder.video(A.id).exists()
    assert again.folder.parent(B.id).exists()
    again.close()
