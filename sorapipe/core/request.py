"""What is asked of a server for one take, in neutral words: before any dialect."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sorapipe.core.storyboard import Frame, Operation, Picture, Shot, Upload

SEEDS = 2**31  # the seeds that every server known to take one accepts: 0 .. 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One paid request. `seed` stands here only where the storyboard says it; see `seed_for`."""

    operation: Operation
    prompt: str
    model: str
    seconds: int | float
    size: str
    seed: int | None = None
    file_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """As plain JSON data, without what is not there; `Request(**data)` gives it back."""
        data: dict[str, Any] = {
            "operation": self.operation,
            "prompt": self.prompt,
            "model": self.model,
            "seconds": plain(self.seconds),
            "size": self.size,
        }
        if self.seed is not None:
            data["seed"] = self.seed
        if self.file_id is not None:
            data["file_id"] = self.file_id
        if self.extra:
            data["extra"] = plain(self.extra)
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a take starts from, by the digest of its bytes.

    `sha256` is that of the original reference file or of the parent's picked take; `frame` says
    which frame of the latter; `fit` and `size` how a picture is brought to the wanted size.
    """

    kind: str  # "picture", "frame" or "video"
    sha256: str
    frame: str | None = None
    fit: str | None = None
    size: str | None = None

    def as_data(self) -> dict[str, str]:
        """As plain JSON data, without what is not there."""
        pairs = {
            "kind": self.kind,
            "sha256": self.sha256,
            "frame": self.frame,
            "fit": self.fit,
            "size": self.size,
        }
        return {key: value for key, value in pairs.items() if value is not None}


def request_for(shot: Shot, take: int, operation: Operation | None = None) -> Request:
    """The request for that take of the shot; `operation` where a fallback changes it."""
    return Request(
        operation=operation or shot.operation,
        prompt=shot.prompt,
        model=shot.model,
        seconds=shot.seconds,
        size=shot.size,
        seed=None if shot.seed is None else (shot.seed + take - 1) % SEEDS,
        file_id=shot.reference.file_id if isinstance(shot.reference, Upload) else None,
        extra=shot.extra,
    )


def source_for(shot: Shot, sha256: str | None, operation: Operation | None = None) -> Source | None:
    """What the shot starts from; `sha256` is the digest of its reference file or parent's pick.

    A remix that falls back to a reference starts from its parent's last frame.
    """
    if sha256 is None:
        return None
    if isinstance(shot.reference, Picture):
        return Source(kind="picture", sha256=sha256, fit=shot.fit, size=shot.size)
    if isinstance(shot.reference, Frame):
        frame: str = shot.reference.frame
    elif (operation or shot.operation) == "create":
        frame = "last"
    else:
        return Source(kind="video", sha256=sha256)
    return Source(kind="frame", sha256=sha256, frame=frame, fit=shot.fit, size=shot.size)


def seed_for(request: Request, take: int) -> int:
    """The seed that is sent where the server takes one: the storyboard's, else a derived one.

    Derived from the request and the take's number, never from the id, so that renaming a shot
    changes nothing.
    """
    if request.seed is not None:
        return request.seed
    digest = hashlib.sha256(canonical({"request": request.as_data(), "take": take})).digest()
    return int.from_bytes(digest[:4], "big") % SEEDS


def canonical(data: Any) -> bytes:
    """One spelling for equal data: sorted keys, no spaces, whole numbers without a point."""
    text = json.dumps(plain(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def plain(data: Any) -> Any:
    """The data as plain JSON types; 8.0 becomes 8, so that spelling does not count."""
    if data is None or isinstance(data, str | int):  # as nearly all are
        return data
    if isinstance(data, Mapping):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [plain(value) for value in data]
    if isinstance(data, float) and data.is_integer():
        return int(data)
    return data
