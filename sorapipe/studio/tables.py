"""The studio's database: its tables, and how a file of an older version gets them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sorapipe.errors import StorageError

VERSION = 2

_TABLES = """
CREATE TABLE videos (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    status TEXT NOT NULL, model TEXT NOT NULL, prompt TEXT NOT NULL, size TEXT NOT NULL,
    seconds TEXT NOT NULL, new_seconds TEXT NOT NULL, seed INTEGER NOT NULL,
    digest TEXT NOT NULL, parent_id TEXT,
    extra TEXT NOT NULL, created_at INTEGER NOT NULL, completed_at INTEGER, expires_at INTEGER,
    error_code TEXT, error TEXT, kept INTEGER NOT NULL DEFAULT 0,
    extended INTEGER NOT NULL DEFAULT 0, fault TEXT
);
CREATE INDEX waiting ON videos (seq) WHERE status = 'queued';
CREATE INDEX kept ON videos (expires_at) WHERE kept = 1;
CREATE TABLE gone (id TEXT PRIMARY KEY, seq INTEGER NOT NULL);
CREATE TABLE keys (key TEXT PRIMARY KEY, digest TEXT NOT NULL, id TEXT NOT NULL);
"""
_CHARACTERS = """
CREATE TABLE characters (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL, created_at INTEGER NOT NULL
);
"""
# What brings a file of each older version to the next one.
_UPGRADES = {
    1: "ALTER TABLE videos ADD COLUMN extended INTEGER NOT NULL DEFAULT 0;"
    f" ALTER TABLE videos ADD COLUMN fault TEXT; {_CHARACTERS}",
}


def opened(path: Path) -> sqlite3.Connection:
    """The database in that file, its tables as this version has them.

    Raises StorageError where it cannot be used.
    """
    try:
        db = sqlite3.connect(path, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            _prepare(db, path)
        except BaseException:
            db.close()
            raise
    except sqlite3.Error as error:
        raise StorageError(
            str(path), f"cannot be used ({error})", "move it away, or give another folder"
        ) from error
    return db


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a new file, bring an older one up to date, refuse a later one."""
    found = db.execute("PRAGMA user_version").fetchone()[0]
    if found == 0:
        db.executescript(f"BEGIN; {_TABLES} {_CHARACTERS} PRAGMA user_version = {VERSION}; COMMIT;")
        return
    if found > VERSION:
        raise StorageError(
            str(path),
            f"was written by another sorapipe (state {found}, this one has {VERSION})",
            "give another folder",
        )
    for older in range(found, VERSION):
        db.executescript(f"BEGIN; {_UPGRADES[older]} PRAGMA user_version = {older + 1}; COMMIT;")
