"""What a cleaning will do or has done, here or on a server: as text and as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sorapipe.errors import one_line, printable
from sorapipe.run.orphans import Orphans
from sorapipe.run.remote import Removal


def files_text(found: Orphans) -> list[str]:
    """What is about to be removed from the output folder, then the sum."""
    lines = [f"{name}: no longer wanted; its bytes stay in the store" for name in found.files]
    lines += [f"{path.name}: left behind by a run that was killed" for path in found.leftovers]
    count = len(lines)
    lines.append(f"{_count(count, 'file')} to remove, {found.bytes} bytes of them videos")
    return [printable(line) for line in lines]


def files_data(found: Orphans, *, done: bool) -> dict[str, Any]:
    """The same for programs; `removed` says whether they are gone."""
    return {
        "version": 1,
        "removed": done,
        "files": [
            {"file": name, "take": event["take"], "sha256": event["sha256"]}
            | {"fingerprint": event["fp"], "bytes": event["bytes"]}
            for name, event in found.files.items()
        ],
        "leftovers": [str(path) for path in found.leftovers],
        "left": [{"file": name, "why": why} for name, why in found.left.items()],
    }


def videos_text(found: Removal) -> list[str]:
    """What is about to be deleted on the server, then the sum."""
    names = ((render.intent["take"], render.video) for render in found.renders)
    lines = [f"{take} is {video}, and safely kept here" for take, video in names]
    prepared = found.prepared
    server = f"{prepared.address} ({prepared.provider.profile.name}; {prepared.provider.why})"
    lines.append(f"server: {server}; {_count(len(lines), 'video')} to delete there")
    return [printable(line) for line in lines]


def videos_data(found: Removal) -> dict[str, Any]:
    """The same for programs; `removed` says of each whether it is gone."""
    return {
        "version": 1,
        "address": found.prepared.address,
        "videos": [
            {
                "take": render.intent["take"],
                "video": render.video,
                "sha256": render.sha256,
                "removed": render in found.removed,
            }
            for render in found.renders
        ],
        "left": [{"video": video, "why": why} for video, why in found.left.items()],
    }


def stays(left: dict[str, str], word: str) -> Iterator[str]:
    """A line for each file or video that stays, with the reason."""
    for name, why in left.items():
        yield one_line(name, f"not {word}: {why}")


def _count(number: int, word: str) -> str:
    return f"1 {word}" if number == 1 else f"{number} {word}s"
