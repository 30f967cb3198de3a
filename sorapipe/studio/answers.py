"""What the studio says: Video objects, pages, and refusals, in the bodies of the real API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from sorapipe.studio.refusal import Refusal
from sorapipe.studio.state import Character, Video


def refused(refusal: Refusal) -> Response:
    """A refusal as an answer."""
    return answer(refusal.body(), status=refusal.status, headers=refusal.headers)


def answer(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(
        text.encode(), status_code=status, headers=headers, media_type="application/json"
    )


def video(row: Video, progress: int | None) -> dict[str, Any]:
    """The Video object: all 13 fields, always; `seconds` is a string.

    `progress` is that of a render that is under way, in percent, or None where it waits its turn.
    """
    waiting = row.status == "queued"
    return {
        "id": row.id,
        "object": "video",
        "model": row.model,
        "status": "in_progress" if waiting and progress is not None else row.status,
        "progress": (progress or 0) if waiting else 100 if row.status == "completed" else 0,
        "created_at": row.created_at,
        "completed_at": row.completed_at,
        "expires_at": row.expires_at,
        "prompt": row.prompt,
        "size": row.size,
        "seconds": row.seconds,
        "remixed_from_video_id": row.parent_id if row.kind == "remix" else None,
        "error": {"code": row.error_code, "message": row.error} if row.error else None,
    }


def page(videos: Sequence[Mapping[str, Any]], *, has_more: bool) -> dict[str, Any]:
    """One page of a list."""
    return {
        "object": "list",
        "data": list(videos),
        "first_id": videos[0]["id"] if videos else None,
        "last_id": videos[-1]["id"] if videos else None,
        "has_more": has_more,
    }


def character(made: Character) -> dict[str, Any]:
    """The character object, which has no `object`."""
    return {"id": made.id, "name": made.name, "created_at": made.created_at}


def deleted(video_id: str) -> dict[str, Any]:
    """What stays to be said of a video that is gone."""
    return {"id": video_id, "object": "video.deleted", "deleted": True}
