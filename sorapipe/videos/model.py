"""What a server tells about a video, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from sorapipe.videos import reading

Status = Literal["queued", "in_progress", "completed", "failed"]
Variant = Literal["video", "thumbnail", "spritesheet"]
Order = Literal["asc", "desc"]

# The words of all servers we know of, for the four of the Videos API. A word that is not here means
# that the render goes on: to wait until the deadline costs less than to call a paid render failed.
_WORDS: dict[str, Status] = {
    **dict.fromkeys(("queued", "pending", "submitted", "not_start", "preparing"), "queued"),
    **dict.fromkeys(("unknown", "created", "starting"), "queued"),
    **dict.fromkeys(("in_progress", "processing", "running", "generating"), "in_progress"),
    **dict.fromkeys(("completed", "complete", "success", "succeeded"), "completed"),
    **dict.fromkeys(("finished", "done"), "completed"),
    **dict.fromkeys(("failed", "failure", "fail", "error", "cancelled", "canceled"), "failed"),
    **dict.fromkeys(("expired", "deleted"), "failed"),
}
_NO_WORDS: Mapping[str, Status] = {}


@dataclass(frozen=True, slots=True)
class VideoError:
    """Why a render failed, in the server's words; `code` may be empty."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """One video as a server tells it. What it did not tell is None.

    `word` is the status in the server's own word. `progress` is percent, `seconds` the length,
    `size` "WIDTHxHEIGHT" in pixels; times are aware and in UTC; `cost` is USD where the
    server tells it. `poll_after` is how many seconds the server asks us to wait before we ask
    again, and `server_date` its clock as it answered, in seconds since the epoch. `raw` is the
    whole answer.
    """

    id: str
    status: Status = "queued"
    word: str = ""
    model: str | None = None
    progress: float | None = None
    seconds: float | None = None
    size: str | None = None
    prompt: str | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    expires_at: datetime | None = None
    remixed_from: str | None = None
    error: VideoError | None = None
    url: str | None = None
    cost: Decimal | None = None
    poll_after: float | None = field(default=None, compare=False)
    server_date: float | None = field(default=None, compare=False)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in {"completed", "failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list.

    `has_more` is true where the server says so, or says nothing and this page is not empty;
    `told` is false in that second case. `last_id` is what the next page comes after.
    """

    data: tuple[Video, ...]
    has_more: bool = False
    last_id: str | None = None
    told: bool = True
    server_date: float | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """The answer to a deletion."""

    id: str
    deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """Somebody or something that looks the same in every video that names it."""

    id: str
    name: str | None = None
    created_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def status_of(word: object, own: Mapping[str, Status] = _NO_WORDS) -> Status:
    """The status that a server's word stands for; `own` are this kind of server's words."""
    found = reading.text(word)
    if found is None:
        return "in_progress"
    plain = _plain(found)
    return own.get(found) or own.get(plain) or _WORDS.get(plain, "in_progress")


def id_of(raw: Mapping[str, Any]) -> str | None:
    """The id in an answer, by whichever name; None where there is none that can be used."""
    # A `request_id` beside an error is the number of the request that failed, not of a video.
    names = ("id", "task_id") if raw.get("error") else ("id", "task_id", "request_id")
    return next(filter(None, (reading.identifier(raw.get(name)) for name in names)), None)


def video_of(
    raw: Mapping[str, Any],
    id: str,  # noqa: A002 - the field's own name on the wire and in Video
    *,
    words: Mapping[str, Status] = _NO_WORDS,
    places: tuple[str, ...] = (),
    poll_after: float | None = None,
    server_date: float | None = None,
) -> Video:
    """The video in an answer, read leniently; never raises. `id` is the id to know it by.

    `words` are the server's own for a status, `places` the dotted names of where its result lies.
    """
    progress = reading.number(raw.get("progress"))
    seconds = reading.number(raw.get("seconds"))
    usage = raw.get("usage")
    cost = usage.get("cost") if isinstance(usage, Mapping) else None
    created = raw.get("created_at")
    return Video(
        id=id,
        status=status_of(raw.get("status"), words),
        word=reading.text(raw.get("status")) or "",
        model=reading.text(raw.get("model")),
        progress=None if progress is None else min(max(progress, 0.0), 100.0),
        seconds=reading.number(raw.get("duration")) if seconds is None else seconds,
        size=reading.pixels(raw),
        prompt=raw["prompt"] if isinstance(raw.get("prompt"), str) else None,
        created_at=_when(raw.get("created") if created is None else created),
        completed_at=_when(raw.get("completed_at")),
        expires_at=_when(raw.get("expires_at")),
        remixed_from=reading.identifier(raw.get("remixed_from_video_id")),
        error=_error(raw.get("error")),
        url=reading.address(raw, places),
        cost=reading.money(raw.get("cost") if cost is None else cost),
        poll_after=poll_after,
        server_date=server_date,
        raw=raw,
    )


def character_of(raw: Mapping[str, Any], id: str) -> Character:  # noqa: A002 - as above
    """The character in an answer, read leniently; never raises."""
    created = _when(raw.get("created_at"))
    return Character(id=id, name=reading.text(raw.get("name")), created_at=created, raw=raw)


def epoch(when: datetime | None) -> float | None:
    """That time in seconds since the epoch."""
    return None if when is None else when.timestamp()


def _when(value: object) -> datetime | None:
    seconds = reading.moment(value)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _error(value: object) -> VideoError | None:
    if not value:
        return None
    code, message = reading.complaint(value)
    return VideoError(code, message) if code or message else None


def _plain(word: str) -> str:
    return word.strip().lower().replace("-", "_").replace(" ", "_")
