"""What the studio remembers: videos, characters and idempotency keys, in SQLite, beside the files.

A video is committed before it is answered, and its file stands under its name before it is
committed as completed, so a process that is killed at any moment leaves only renders to do again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from sorapipe.studio.folder import Folder
from sorapipe.studio.tables import opened

Kind = Literal["create", "remix", "edit", "extend"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """One video as it is kept.

    `size` is "WIDTHxHEIGHT" in pixels, `seconds` the whole length as text and `new_seconds` how
    much of it is drawn (less only for an extension); times are whole seconds since the epoch.
    `digest` stands for all that the picture depends on, and nothing else: no id, no date. `extra`
    is JSON: the fields that the studio does not know. `status` is queued (waiting or under way),
    completed or failed. `extended` is how many extensions its length is made of.
    `fault` is what was asked to go wrong with its render (`faults.RENDERS`).
    """

    id: str
    kind: Kind
    status: Literal["queued", "completed", "failed"] = "queued"
    model: str
    prompt: str
    size: str
    seconds: str
    new_seconds: str
    seed: int
    digest: str
    parent_id: str | None = None
    extra: str = "{}"
    created_at: int
    completed_at: int | None = None
    expires_at: int | None = None
    error_code: str | None = None
    error: str | None = None
    extended: int = 0
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """A character that videos can be created with; `digest` is its film's SHA-256."""

    id: str
    name: str
    digest: str
    created_at: int  # seconds since the epoch


_COLUMNS = tuple(column.name for column in fields(Video))
_MARKS = ", ".join("?" * len(_COLUMNS))
_INSERT = f"INSERT INTO videos ({', '.join(_COLUMNS)}) VALUES ({_MARKS})"  # noqa: S608 - names of our own columns
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM videos"  # noqa: S608 - names of our own columns


class State:
    """The durable state in the folder `path`, which is made where it is missing.

    Raises HeldElsewhere where another process has it, StorageError where it cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.folder = Folder(path)
        try:
            self._db = opened(path / "studio.sqlite3")
        except BaseException:
            self.folder.close()
            raise
        kept = self._ids("kept = 1")
        self.folder.tidy(kept=set(kept), waiting=set(self.waiting()))

    def close(self) -> None:
        """Let go of the folder."""
        self._db.close()
        self.folder.close()

    def add(self, video: Video, *, key: str | None = None, request: str = "") -> None:
        """Commit a new video, and with it the idempotency key of the `request` that made it."""
        with self._transaction():
            self._db.execute(_INSERT, astuple(video))
            if key is not None:
                self._db.execute("INSERT INTO keys VALUES (?, ?, ?)", (key, request, video.id))

    def keyed(self, key: str) -> tuple[str, str] | None:
        """The digest of the request that used this idempotency key, and the id it made."""
        found = self._db.execute("SELECT digest, id FROM keys WHERE key = ?", (key,)).fetchone()
        return (found[0], found[1]) if found else None

    def find(self, video_id: str) -> Video | None:
        """That video, if there is one."""
        found = self._db.execute(f"{_SELECT} WHERE id = ?", (video_id,)).fetchone()
        return _video(found) if found else None

    def add_character(self, character: Character) -> None:
        """Commit a new character."""
        self._db.execute("INSERT INTO characters VALUES (?, ?, ?, ?)", astuple(character))

    def character(self, character_id: str) -> Character | None:
        """That character, if there is one."""
        found = self._db.execute(
            "SELECT id, name, digest, created_at FROM characters WHERE id = ?", (character_id,)
        ).fetchone()
        if not found:
            return None
        return Character(id=found[0], name=found[1], digest=found[2], created_at=found[3])

    def waiting(self) -> list[str]:
        """Ids of all that is still to be rendered, oldest first."""
        return self._ids("status = 'queued' ORDER BY seq")

    def page(
        self,
        *,
        limit: int,
        after: str | None,
        newest_first: bool,
        again: bool = False,
        until: float = math.inf,
    ) -> list[Video] | None:
        """At most `limit` videos that follow `after`; None where that id was never here.

        A deleted video still has its place, so deleting while paging loses nothing. With `again`
        the page begins with `after` itself; videos that were made after `until` are left out.
        """
        edge = (1 << 62) if newest_first else -1
        if after is not None:
            found = self._db.execute(
                "SELECT seq FROM videos WHERE id = ?1 UNION ALL SELECT seq FROM gone WHERE id = ?1",
                (after,),
            ).fetchone()
            if not found:
                return None
            edge = found[0]
        past, order = ("<", "DESC") if newest_first else (">", "ASC")
        where = f"seq {past}{'=' if again else ''} ? AND created_at <= ?"
        rows = self._db.execute(
            f"{_SELECT} WHERE {where} ORDER BY seq {order} LIMIT ?", (edge, until, limit)
        )
        return [_video(row) for row in rows]

    def complete(self, video_id: str, *, at: int, expires_at: int) -> None:
        """Record that the video's file stands under its name."""
        self._db.execute(
            "UPDATE videos SET status = 'completed', completed_at = ?, expires_at = ?, kept = 1"
            " WHERE id = ?",
            (at, expires_at, video_id),
        )
        self.folder.drop_inputs(video_id)

    def fail(self, video_id: str, *, code: str, message: str) -> None:
        """Record that the video could not be rendered, and why."""
        self._db.execute(
            "UPDATE videos SET status = 'failed', error_code = ?, error = ? WHERE id = ?",
            (code, message, video_id),
        )
        self.folder.drop_inputs(video_id)

    def delete(self, video_id: str) -> None:
        """Forget the video and its file; its id keeps its place in the order."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO gone SELECT id, seq FROM videos WHERE id = ?", (video_id,)
            )
            self._db.execute("DELETE FROM videos WHERE id = ?", (video_id,))
        self.folder.video(video_id).unlink(missing_ok=True)

    def sweep(self, now: float) -> None:
        """Remove the files of videos whose content has expired."""
        rows = self._db.execute("SELECT id FROM videos WHERE kept = 1 AND expires_at <= ?", (now,))
        for (video_id,) in rows.fetchall():
            self.folder.video(video_id).unlink(missing_ok=True)
            self._db.execute("UPDATE videos SET kept = 0 WHERE id = ?", (video_id,))

    def _ids(self, where: str) -> list[str]:
        rows = self._db.execute(f"SELECT id FROM videos WHERE {where}")  # noqa: S608 - our own words
        return [row[0] for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


def _video(row: tuple[Any, ...]) -> Video:
    return Video(**dict(zip(_COLUMNS, row, strict=True)))
