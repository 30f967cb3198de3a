"""What a request asks for beside its fields: a page, a variant, a key, the video that it names.

Pure but for the request itself; raises Refusal for what cannot be had by anybody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.datastructures import QueryParams
from starlette.requests import Request

from sorapipe.studio.refusal import Refusal
from sorapipe.studio.requests import Fields
from sorapipe.studio.rules import kind_of, missing, not_one_of

VARIANTS = ("video", "thumbnail", "spritesheet")
ORDERS = ("asc", "desc")
PAGE, PAGE_LIMIT = 20, 100
KEY = r"[\x21-\x7e]{1,255}"  # an Idempotency-Key


@dataclass(frozen=True, slots=True)
class Page:
    """At most `limit` videos behind the one called `after`, or from the start."""

    limit: int
    after: str | None
    newest_first: bool


def page_of(query: QueryParams) -> Page:
    """The page that a list is asked for."""
    limit, order = query.get("limit", str(PAGE)), query.get("order", "desc")
    if not re.fullmatch("[0-9]{1,3}", limit) or int(limit) > PAGE_LIMIT:
        what = f"expected an integer from 0 to {PAGE_LIMIT}"
        raise Refusal(f"Invalid 'limit': {what}.", param="limit", code="invalid_value")
    if order not in ORDERS:
        raise not_one_of("order", order, ORDERS)
    return Page(int(limit), query.get("after"), order == "desc")


def variant_of(query: QueryParams) -> str:
    """Which of a video's assets is asked for."""
    variant = query.get("variant", "video")
    if variant not in VARIANTS:
        raise not_one_of("variant", variant, VARIANTS)
    return variant


def key_of(request: Request) -> str | None:
    """The request's idempotency key, if it has one."""
    key = request.headers.get("idempotency-key")
    if key is not None and not re.fullmatch(KEY, key):
        raise Refusal("An Idempotency-Key must have 1 to 255 visible ASCII characters.")
    return key


def video_named(fields: Fields) -> str:
    """The id in `{"video": {"id": ...}}`."""
    given = fields.get("video")
    if given is None:
        raise missing("video")
    video_id = given.get("id") if isinstance(given, dict) else None
    if not isinstance(video_id, str):
        raise Refusal(
            "Invalid type for 'video': expected a file, or an object with the 'id' of a completed"
            f" video, but got {kind_of(given)} instead.",
            param="video",
            code="invalid_type",
        )
    return video_id
