"""One operation of the Videos API without I/O: the request to send, and how its answer is read.

Both clients stand on these, so that what is sent and what is understood is one code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar, Unpack

from sorapipe.videos import answers, ids, wire
from sorapipe.videos.model import Character, Deleted, Order, Page, Video
from sorapipe.videos.profile import Profile
from sorapipe.videos.reference import File
from sorapipe.videos.wire import Creation, Extension, Revision, WireAnswer, WireRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request, and what reads its answer; `read` raises the errors of `videos.errors`."""

    request: WireRequest
    read: Callable[[WireAnswer], T]


def create(profile: Profile, **fields: Unpack[Creation]) -> Call[Video]:
    """A new video."""
    return _render(profile, wire.create(profile, **fields))


def remix(profile: Profile, video: str, **fields: Unpack[Revision]) -> Call[Video]:
    """A completed video rendered again under another prompt."""
    return _render(profile, wire.remix(profile, video, **fields), video)


def edit(profile: Profile, video: str, **fields: Unpack[Revision]) -> Call[Video]:
    """A completed video changed as the prompt says."""
    return _render(profile, wire.edit(profile, video, **fields), video)


def extend(profile: Profile, video: str, **fields: Unpack[Extension]) -> Call[Video]:
    """A completed video continued for some more seconds."""
    return _render(profile, wire.extend(profile, video, **fields), video)


def retrieve(profile: Profile, video: str) -> Call[Video]:
    """How a video is doing; its id is the one that was asked for, whatever the server says."""
    request = wire.retrieve(profile, video)
    return Call(request, lambda answer: answers.video(request, answer, video, profile=profile))


def list_page(profile: Profile, *, limit: int, order: Order, after: str | None) -> Call[Page]:
    """One page of the list."""
    request = wire.list_page(profile, limit=limit, order=order, after=after)
    return Call(request, lambda answer: answers.page(request, answer, profile=profile))


def delete(profile: Profile, video: str) -> Call[Deleted]:
    """A video's removal from the server."""
    request = wire.delete(profile, video)
    return Call(request, lambda answer: answers.deleted(request, answer, video))


def create_character(profile: Profile, *, name: str, video: File) -> Call[Character]:
    """A character from a short film."""
    request = wire.create_character(profile, name=name, video=video)
    return Call(request, lambda answer: answers.character(request, answer))


def retrieve_character(profile: Profile, character: str) -> Call[Character]:
    """What the server knows of a character."""
    request = wire.retrieve_character(profile, character)
    return Call(request, lambda answer: answers.character(request, answer, character))


def _render(profile: Profile, request: WireRequest, parent: str | None = None) -> Call[Video]:
    def read(answer: WireAnswer) -> Video:
        video = answers.video(request, answer, profile=profile)
        return video if parent is None else replace(video, id=ids.child(parent, video.id))

    return Call(request, read)
