"""The words of a storyboard as frozen data: `Storyboard`, `Shot` and what a shot starts from.

These mirror `schemas/storyboard.schema.json` (a test ties them together) *after* defaults, vars and
substitution: what stands here is what is wanted, with nothing left to look up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Fit = Literal["exact", "cover", "contain"]
FrameName = Literal["first", "last"]
Fallback = Literal["edit", "reference"]
Operation = Literal["create", "remix", "edit", "extend"]
OnAmbiguous = Literal["settle", "hold"]

MODEL = "sora-2"  # design, section 2: what is meant unless a storyboard says otherwise
SECONDS = 4
SIZE = "1280x720"


@dataclass(frozen=True, slots=True)
class Picture:
    """A reference image in a file; `path` is relative to the storyboard's folder, with `/`."""

    path: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A reference image that is the first or last frame of another shot's pick."""

    shot: str
    frame: FrameName


@dataclass(frozen=True, slots=True)
class Upload:
    """A reference image that the server already has, by its file id."""

    file_id: str


Reference = Picture | Frame | Upload


@dataclass(frozen=True, slots=True)
class TakeNumber:
    """The place in a file's name where the take's number goes; `first` is what take 1 shows."""

    first: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One wanted picture; a node of the graph.

    `seconds` is what is asked and paid for; `length` how long the file will be. They differ only
    for an extension, whose file is the stitched whole. `size` is "WIDTHxHEIGHT" in pixels. `file`
    is the deliverable's name without `.mp4`, in parts, so that a value that happens to read
    `{take}` is not taken for one. `path` is the shot's place in the document.
    """

    id: str
    prompt: str
    model: str = MODEL
    seconds: int | float = SECONDS
    length: int | float = SECONDS
    size: str = SIZE
    reference: Reference | None = None
    fit: Fit = "exact"
    remix_of: str | None = None
    extend_of: str | None = None
    edit_of: str | None = None
    takes: int = 1
    seed: int | None = None
    tags: tuple[str, ...] = ()
    file: tuple[str | TakeNumber, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    fallback: Fallback | None = None
    path: tuple[str | int, ...] = ()

    @property
    def operation(self) -> Operation:
        """Which request asks for this shot where the server can do everything."""
        if self.remix_of is not None:
            return "remix"
        if self.edit_of is not None:
            return "edit"
        return "extend" if self.extend_of is not None else "create"

    @property
    def parent(self) -> str | None:
        """The id of the shot that this one starts from, if any: the edge of the graph."""
        if isinstance(self.reference, Frame):
            return self.reference.shot
        return self.remix_of or self.edit_of or self.extend_of

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.size.partition("x")[0])

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.size.partition("x")[2])

    def file_name(self, take: int) -> str:
        """The deliverable's name for that take, with `.mp4`."""
        parts = self.file or (self.id,)
        texts = (part if isinstance(part, str) else str(take - 1 + part.first) for part in parts)
        return "".join(texts) + ".mp4"

    @property
    def delivers_all(self) -> bool:
        """Whether every kept take is delivered, not the pick alone."""
        return any(isinstance(part, TakeNumber) for part in self.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Storyboard:
    """The validated document. `budget` is in USD, over the life of the ledger.

    `on_ambiguous` says whether a render whose answer was lost is settled by what the server's list
    is worth, or held for its owner where the list does not show it.
    """

    shots: tuple[Shot, ...]
    version: int = 1
    title: str = ""
    provider: str | None = None
    budget: Decimal | None = None
    on_ambiguous: OnAmbiguous = "settle"
    vars: Mapping[str, str] = field(default_factory=dict)
