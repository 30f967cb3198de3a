"""One operation of the Videos API without I/O: the request to send, and how its answer is read.

Both clients stand on these, so that what is sent and what is understood is one code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, Unpack

from sorapipe.videos import answers, wire
from sorapipe.videos.model import Deleted, Order, Page, Video
from sorapipe.videos.profile import Profile
from sorapipe.videos.wire import Creation, Extension, Revision, WireAnswer, WireRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request, and what reads its answer; `read` raises the errors of `videos.errors`."""

    request: WireRequest
    read: Callable[[WireAnswer], T]


def create(profile: Profile, **fields: Unpack[Creation]) -> Call[Video]:
    """A new video."""
    return _render(wire.create(profile, **fields))


def remix(profile: Profile, video: str, **fields: Unpack[Revision]) -> Call[Video]:
    """A completed video rendered again under another prompt."""
    return _render(wire.remix(profile, video, **fields))


def edit(profile: Profile, video: str, **fields: Unpack[Revision]) -> Call[Video]:
    """A completed video changed as the prompt says."""
    return _render(wire.edit(profile, video, **fields))


def extend(profile: Profile, video: str, **fields: Unpack[Extension]) -> Call[Video]:
    """A completed video continued for some more seconds."""
    return _render(wire.extend(profile, video, **fields))


def retrieve(video: str) -> Call[Video]:
    """How a video is doing; its id is the one that was asked for, whatever the server says."""
    request = wire.retrieve(video)
    return Call(request, lambda answer: answers.video(request, answer, video))


def list_page(*, limit: int, order: Order, after: str | None) -> Call[Page]:
    """One page of the list."""
    request = wire.list_page(limit=limit, order=order, after=after)
    return Call(request, lambda answer: answers.page(request, answer))


def delete(profile: Profile, video: str) -> Call[Deleted]:
    """A video's removal from the server."""
    request = wire.delete(profile, video)
    return Call(request, lambda answer: answers.deleted(request, answer, video))


def _render(request: WireRequest) -> Call[Video]:
    return Call(request, lambda answer: answers.video(request, answer))
