"""The studio's folder: who may use it, and the files in it.

STATE/studio.sqlite3   every video, and the idempotency keys (`state`)
STATE/videos/          ID.mp4; ID.part.mp4 while it is being rendered
STATE/inputs/          what a render that is not finished starts from: ID.image, ID.parent.mp4
STATE/lock             held by the one process that may use the folder
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import IO

from sorapipe.errors import HeldElsewhere, StorageError

# Only names that the studio gave are ever removed: the folder may be one that a user has others in.
_OURS = re.compile(r"(video_[0-9a-f]{32})(\.part\.mp4|\.parent\.mp4|\.mp4|\.image)")


class Folder:
    """The files under `path`, held against other processes until `close`.

    Raises HeldElsewhere where another process has it, StorageError where it cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = _claim(path)
        self._videos = path / "videos"
        self._inputs = path / "inputs"
        try:
            self._videos.mkdir(exist_ok=True)
            self._inputs.mkdir(exist_ok=True)
        except OSError as error:
            self.close()
            raise _unusable(path, error) from error

    def close(self) -> None:
        """Let others have it."""
        self._lock.close()

    def video(self, video_id: str) -> Path:
        """Where the finished video is, or will be."""
        return self._videos / f"{video_id}.mp4"

    def half_video(self, video_id: str) -> Path:
        """Where the video is while it is being rendered."""
        return self._videos / f"{video_id}.part.mp4"

    def image(self, video_id: str) -> Path:
        """Where the reference image of a render that is not finished is."""
        return self._inputs / f"{video_id}.image"

    def parent(self, video_id: str) -> Path:
        """The parent's video, held for a render that is not finished, whatever becomes of it."""
        return self._inputs / f"{video_id}.parent.mp4"

    def hold_parent(self, video_id: str, parent_id: str) -> None:
        """Keep the parent's bytes for that render; raises FileNotFoundError where they are gone."""
        try:
            os.link(self.video(parent_id), self.parent(video_id))
        except FileNotFoundError:
            raise
        except OSError:  # a file system without hard links
            shutil.copyfile(self.video(parent_id), self.parent(video_id))

    def drop_inputs(self, video_id: str) -> None:
        """Forget what a render started from."""
        self.image(video_id).unlink(missing_ok=True)
        self.parent(video_id).unlink(missing_ok=True)

    def tidy(self, *, kept: Collection[str], waiting: Collection[str]) -> None:
        """Remove what a killed process left: all but the `kept` videos and `waiting` inputs."""
        for file in self._videos.iterdir():
            ours = _OURS.fullmatch(file.name)
            if ours and not (ours[1] in kept and ours[2] == ".mp4"):
                file.unlink()
        for file in self._inputs.iterdir():
            ours = _OURS.fullmatch(file.name)
            if ours and ours[1] not in waiting:
                file.unlink()


def _claim(path: Path) -> IO[str]:
    """The lock on that folder, which the kernel frees when this process ends, however it ends."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / "lock").open("a+")
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise _unusable(path, error) from error
        raise HeldElsewhere(
            str(path),
            f"another studio (pid {holder or 'unknown'}) uses this folder",
            "stop it, or give another folder",
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _unusable(path: Path, error: OSError) -> StorageError:
    what = f"cannot keep the studio's state ({error.strerror or error})"
    return StorageError(str(path), what, "give a folder on a local disk that can be written")
