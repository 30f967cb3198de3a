"""Where a download goes: never silently over a file that is there."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sorapipe.cli.videos_session import Session
from sorapipe.cli.videos_show import bytes_bar
from sorapipe.errors import UsageError
from sorapipe.videos.model import Variant, Video

_LONGEST = 200  # characters of an id that a file can be named by
_ENDINGS: dict[Variant, str] = {
    "video": ".mp4",
    "thumbnail": "-thumbnail.webp",
    "spritesheet": "-spritesheet.jpg",
}


def named_by(video: str, variant: Variant) -> str:
    """The name of the file for a video where nobody says one. Raises UsageError."""
    if len(video) > _LONGEST:
        raise UsageError("download", "the id is too long for a file's name", "say -o FILE")
    return re.sub(r"[^\w.=-]|^\.", "_", video, flags=re.ASCII) + _ENDINGS[variant]


def free(output: str | None, *, force: bool) -> None:
    """Raise UsageError where that file cannot be written, or may not."""
    if output is None:
        return
    if output in ("", "-"):
        what = "it is empty" if not output else "a video can't go to stdout, where its id goes"
        raise UsageError("--output", what, "name a file")
    try:
        what, fix = _objection(Path(output), force)
    except OSError as error:
        what, fix = f"nothing can be written there: {error.strerror}", "name another file"
    if what:
        raise UsageError(output, what, fix)


def _objection(path: Path, force: bool) -> tuple[str, str]:
    """What speaks against writing to that path, and what would be right; empty where nothing."""
    if not path.parent.is_dir():
        return f"there is no folder '{path.parent}'", "make it first"
    if not os.access(path.parent, os.W_OK):
        return f"nothing can be written to '{path.parent}'", "name another folder"
    there = path.exists() or path.is_symlink()
    if there and not path.is_file():
        return "that is not a file", "name a file"
    if there and not force:
        return "there is a file already", "name another, or add --force"
    return "", ""


async def save(session: Session, video: Video | str, path: Path, variant: Variant = "video") -> int:
    """Download it to that path, and say how many bytes it has."""
    free(str(path), force=session.args.force)  # again: a render takes its time
    content = session.videos.download_content(video, variant)
    with bytes_bar(session.args) as show:
        received = await content.write_to(path, on_progress=show)
    session.tell(f"{path}: {received} bytes")
    return received
