"""Answers of the Videos API, read into values or into errors. Pure: they have already come."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

from sorapipe.videos import reading
from sorapipe.videos.errors import APIAnswerError, APIStatusError, bounded, status_error
from sorapipe.videos.model import (
    Character,
    Deleted,
    Page,
    Video,
    VideoError,
    character_of,
    id_of,
    video_of,
)
from sorapipe.videos.profile import Profile
from sorapipe.videos.wire import WireAnswer, WireRequest


def video(
    request: WireRequest,
    answer: WireAnswer,
    asked: str | None = None,
    *,
    profile: Profile | None = None,
) -> Video:
    """The video in an answer, in the words of that profile.

    `asked` is the id by which it was asked for, and stays its id: gateways answer with others,
    which then can't be polled. Raises APIStatusError, or APIAnswerError where a success has no id.
    """
    raw = _unwrapped(_object(answer))
    if asked is not None:
        # Some servers tell a failure with a 4xx or 5xx, which a gateway wraps in one of its own.
        for told in (raw, reading.quoted(raw)):
            if _is_video(told, asked):
                return _video(answer, told, asked, profile)
    if not 200 <= answer.status < 300:
        unknown = profile.unknown_id if profile is not None and asked is not None else ()
        raise failure(request, answer, unknown=unknown)
    found = asked or id_of(raw)
    if not raw or found is None:
        raise unreadable(request, answer, "a video with an id")
    return _video(answer, raw, found, profile)


def page(request: WireRequest, answer: WireAnswer, *, profile: Profile | None = None) -> Page:
    """One page of a list; entries without an id are passed over. Raises as `video` does."""
    if not 200 <= answer.status < 300:
        raise failure(request, answer)
    raw = reading.parse(answer.body) if answer.whole else None
    table: Mapping[str, Any] = raw if isinstance(raw, dict) else {}
    entries = raw if isinstance(raw, list) else table.get("data")
    if not isinstance(entries, list):
        raise unreadable(request, answer, "a list of videos")
    found = ((entry, id_of(entry)) for entry in entries if isinstance(entry, dict))
    videos = tuple(_video(answer, entry, own, profile) for entry, own in found if own is not None)
    more = reading.flag(table.get("has_more"))
    return Page(
        data=videos,
        has_more=bool(videos) if more is None else more,
        last_id=reading.identifier(table.get("last_id")) or (videos[-1].id if videos else None),
        told=more is not None,
        server_date=server_date(answer),
    )


def deleted(request: WireRequest, answer: WireAnswer, asked: str) -> Deleted:
    """The answer to a deletion: every success counts unless it says that nothing was deleted."""
    if not 200 <= answer.status < 300:
        raise failure(request, answer)
    return Deleted(asked, reading.flag(_object(answer).get("deleted")) is not False)


def character(request: WireRequest, answer: WireAnswer, asked: str | None = None) -> Character:
    """The character in an answer. Raises as `video` does."""
    if not 200 <= answer.status < 300:
        raise failure(request, answer)
    raw = _object(answer)
    found = asked or id_of(raw)
    if not raw or found is None:
        raise unreadable(request, answer, "a character with an id")
    return character_of(raw, found)


def failure(
    request: WireRequest, answer: WireAnswer, *, unknown: Collection[str] = ()
) -> APIStatusError:
    """The error that an answer tells, in the server's own words without our key in them.

    `unknown` are codes by which this kind of server says that it does not know the id, whatever
    status it says that with.
    """
    body = reading.parse(answer.body)
    redact = answer.secret.redact
    code, message = reading.complaint(body)
    if not message and body is None:
        message = _page_text(answer)
    details = reading.details(body)
    error = status_error(
        request.where,
        answer.status,
        redact(message),
        spends=request.spends,
        missing=code in unknown,
    )
    error.code = bounded(redact(code))
    error.kind = bounded(redact(reading.text(details.get("type")) or ""))
    error.param = bounded(redact(reading.text(details.get("param")) or ""))
    error.retry_after = retry_after(answer)
    error.server_date = server_date(answer)
    return error


def retry_after(answer: WireAnswer) -> float | None:
    """How many seconds the server wants us to wait before we ask again, if it says."""
    milliseconds = reading.number(answer.headers.get("retry-after-ms"))
    if milliseconds is not None:
        return max(milliseconds / 1000, 0.0)
    for name in ("retry-after", "llm_provider-retry-after"):
        value = answer.headers.get(name)
        if value is None:
            continue
        seconds = reading.number(value)
        if seconds is None:
            seconds = _until(value, server_date(answer))
        if seconds is not None:
            return max(seconds, 0.0)
    return None


def server_date(answer: WireAnswer) -> float | None:
    """The server's clock as it answered, in seconds since the epoch."""
    return _http_date(answer.headers.get("date"))


def _video(
    answer: WireAnswer, raw: Mapping[str, Any], known_as: str, profile: Profile | None
) -> Video:
    wait = reading.number(answer.headers.get("openai-poll-after-ms"))
    told = video_of(
        raw,
        known_as,
        words=profile.statuses if profile else {},
        places=profile.result_urls if profile else (),
        poll_after=retry_after(answer) if wait is None else max(wait / 1000, 0.0),
        server_date=server_date(answer),
    )
    if told.error is None:
        return told
    redact = answer.secret.redact
    error = VideoError(bounded(redact(told.error.code)), bounded(redact(told.error.message)))
    return replace(told, error=error)


def _object(answer: WireAnswer) -> dict[str, Any]:
    found = reading.parse(answer.body) if answer.whole else None
    return found if isinstance(found, dict) else {}


def _unwrapped(raw: dict[str, Any]) -> Mapping[str, Any]:
    """The video inside of `{"data": {...}}`, where the envelope has no id and no error itself."""
    inner = raw.get("data")
    bare = not any(raw.get(name) for name in ("id", "task_id", "error"))
    return inner if bare and isinstance(inner, dict) and id_of(inner) else raw


def _is_video(raw: Mapping[str, Any], asked: str) -> bool:
    """Whether a body is that video, and not an error that has an id and a status of its own."""
    named = id_of(raw) == asked or str(raw.get("object", "")).startswith("video")
    return named and isinstance(raw.get("status"), str)


def unreadable(request: WireRequest, answer: WireAnswer, wanted: str) -> APIAnswerError:
    """The error for a success that is not what was wanted."""
    _, message = reading.complaint(reading.parse(answer.body))
    said = bounded(answer.secret.redact(message or _page_text(answer)))
    size = "" if answer.whole else f" of more than {request.limit} bytes"
    what = f"the server answered {answer.status}{size}, which is not {wanted}"
    return APIAnswerError(
        request.where,
        f"{what}: {said}" if said else what,
        spent="ambiguous" if request.spends else "not_sent",
    )


def _page_text(answer: WireAnswer) -> str:
    """The words of a body that is not JSON; a web page has none that help."""
    text = answer.body[:4096].decode("utf-8", "replace").strip()
    return "" if text.startswith("<") else text


def _until(value: str, now: float | None) -> float | None:
    """Seconds from the server's now to an HTTP date; without its clock the date says nothing."""
    when = _http_date(value)
    return None if when is None or now is None else when - now


@lru_cache(maxsize=64)  # the answers of one second have one date
def _http_date(value: str | None) -> float | None:
    if not value:
        return None
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
