"""One take on its way through a run, and what is needed to ask for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sorapipe import references
from sorapipe.core.plan import Bytes
from sorapipe.core.request import Request, Source
from sorapipe.core.storyboard import Fit, Picture, Shot
from sorapipe.errors import SorapipeError
from sorapipe.run.shelf import Shelf
from sorapipe.videos.model import Video


@dataclass(slots=True, kw_only=True)
class Work:
    """A take that is being carried to its end.

    `shot` is None for a take that the storyboard does not want: it is only seen through, since it
    was paid for. `price` is None where nobody knows it. `parent` are the bytes of the parent's
    pick. `posting` is true while a paid request is on the wire; `rendered` is the server's last
    word, once it is complete, and `took` how many seconds that took, where it was watched.
    """

    fingerprint: str
    name: str
    number: int
    price: Decimal | None
    request: Request
    source: Source | None = None
    parent: Bytes | None = None
    shot: Shot | None = None
    posting: bool = False
    rendered: Video | None = None
    took: float | None = None

    @property
    def observable(self) -> tuple[object, ...]:
        """All that a list is sure to echo: two that share it can't be told apart there."""
        return observable(self.request.as_data())


def observable(request: Mapping[str, Any]) -> tuple[object, ...]:
    """All that a list is sure to echo of a request, as the ledger has it."""
    return (request["prompt"], request["model"], request["size"])


def made_of(work: Work, provider: str) -> dict[str, object]:
    """What the take is made of, as the ledger keeps it with what was bought or reused."""
    return {
        "provider": provider,
        "number": work.number,
        "request": work.request.as_data(),
        "source": work.source.as_data() if work.source else None,
    }


async def picture(work: Work, folder: Path, shelf: Shelf) -> bytes | None:
    """The encoded image that is sent with the request, or None where none is.

    Raises:
        SorapipeError: the reference file is not what was planned with, or cannot be fitted.
    """
    if work.source is None or work.source.kind == "video":
        return None
    return await asyncio.to_thread(_picture, work, work.source, folder, shelf)


def _picture(work: Work, source: Source, folder: Path, shelf: Shelf) -> bytes:
    from sorapipe.media.fit import fit
    from sorapipe.media.frames import frame_png

    if source.kind == "frame":
        data = frame_png(shelf.path(source.sha256), "first" if source.frame == "first" else "last")
    else:
        data = _reference(work, source, folder)
    width, _, height = (source.size or "").partition("x")
    how: Fit = (
        "cover" if source.fit == "cover" else "contain" if source.fit == "contain" else "exact"
    )
    try:
        return fit(data, int(width), int(height), how)
    except SorapipeError as error:
        raise SorapipeError(work.name, error.what, error.fix) from error


def _reference(work: Work, source: Source, folder: Path) -> bytes:
    if work.shot is None or not isinstance(work.shot.reference, Picture):
        raise SorapipeError(work.name, "its reference file is named by no shot any more")
    measured, data = references.picture(folder, work.shot.reference.path)
    if measured.sha256 != source.sha256:
        raise SorapipeError(work.name, "its reference changed while running", "run again")
    return data
