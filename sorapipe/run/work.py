"""One take on its way through a run, and what is needed to ask for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sorapipe import references
from sorapipe.core.plan import Bytes
from sorapipe.core.request import Request, Source
from sorapipe.core.storyboard import Picture, Shot
from sorapipe.errors import SorapipeError, StorageError
from sorapipe.run.shelf import Shelf
from sorapipe.videos.model import Video


@dataclass(slots=True, kw_only=True)
class Work:
    """A take that is being carried to its end.

    `shot` is None for a take that the storyboard no longer wants: it is only seen through, since it
    was paid for. `parent` are the bytes of the parent's pick. `posting` is true while a paid
    request is on the wire; `rendered` the server's last word, once it is complete.
    """

    fingerprint: str
    name: str
    number: int
    price: Decimal
    shot: Shot | None = None
    request: Request | None = None
    source: Source | None = None
    parent: Bytes | None = None
    posting: bool = False
    rendered: Video | None = None

    @property
    def observable(self) -> tuple[object, ...]:
        """All that a list echoes of a request: two that share it can't be told apart there."""
        if self.request is None:
            return (self.fingerprint,)
        wanted = self.request
        video = self.parent.video if self.parent and wanted.operation != "create" else None
        return (wanted.prompt, wanted.model, wanted.size, wanted.seconds, video)


async def picture(work: Work, folder: Path, shelf: Shelf) -> bytes | None:
    """The encoded image that is sent with the request, or None where none is.

    Raises:
        SorapipeError: the reference file changed since it was planned, or cannot be fitted.
    """
    source = work.source
    if source is None or source.kind == "video" or work.shot is None:
        return None
    return await asyncio.to_thread(_picture, work.shot, source, folder, shelf)


def _picture(shot: Shot, source: Source, folder: Path, shelf: Shelf) -> bytes:
    from sorapipe.media.fit import fit
    from sorapipe.media.frames import frame_png

    if source.kind == "frame":
        data = frame_png(shelf.path(source.sha256), "first" if source.frame == "first" else "last")
    else:
        assert isinstance(shot.reference, Picture)
        measured, data = references.picture(folder, shot.reference.path)
        if measured.sha256 != source.sha256:
            raise StorageError(
                shot.reference.path,
                f"the reference of '{shot.id}' changed while running",
                "run again",
            )
    try:
        return fit(data, shot.width, shot.height, shot.fit)
    except SorapipeError as error:
        raise SorapipeError(f"shot '{shot.id}'", error.what, error.fix) from error
