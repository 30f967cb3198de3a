"""OpenRouter, as of its SDK 1.3.84: JSON only, 202 on create, no Video objects, no list.

What its documents leave open is the studio's choice: 409 for content that is not there yet, 410
for content that has expired, 404 for what is not offered at all. It takes every model's name, since
the real one has many makers' and other ones every week, and sizes and lengths within reason.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from sorapipe.studio.answers import answer
from sorapipe.studio.dialects.base62 import shortened, unshortened
from sorapipe.studio.dialects.call import Call
from sorapipe.studio.dialects.dialect import Dialect
from sorapipe.studio.dialects.hosted import picture
from sorapipe.studio.refusal import Refusal
from sorapipe.studio.requests import Fields, read_fields
from sorapipe.studio.rules import LENGTHS, MODELS, SIZE

_SHORT_SIDES = {
    "360p": 360,
    "480p": 480,
    "720p": 720,
    "768p": 768,
    "1080p": 1080,
    "1K": 1024,
    "2K": 1440,
    "4K": 2160,
}  # by resolution, in pixels
_RATIO = re.compile("([1-9][0-9]?):([1-9][0-9]?)")
_UNHAD = ("previous_job_id", "upscale_factor", "creativity")
_MODERATION = ("sentinel_block", "moderation_blocked", "content_policy_violation")
_WORDS = {"queued": "pending"}


async def _create(call: Call) -> Response:
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal("Invalid JSON payload received: the request must be application/json.")
    fields = await read_fields(call.request)
    if not isinstance(fields.get("model"), str):
        raise _invalid("model", "a string")
    for name in _UNHAD:
        if name in fields:
            raise Refusal(f"'{name}' is not supported by this model.")
    wanted: Fields = {"model": fields["model"], "size": _size(fields)}
    wanted |= {name: fields[name] for name in ("prompt", "seed") if name in fields}
    if "duration" in fields:
        wanted["seconds"] = _integer(fields, "duration")
    if "seed" in fields:
        _integer(fields, "seed")
    image = await picture(_source(fields), wanted["size"])
    if image is not None:
        wanted["input_reference"] = image
    return answer(_job(call, await call.ask("POST", "/videos", wanted)), status=202)


def _integer(fields: Fields, name: str) -> int:
    given = fields[name]
    if isinstance(given, bool) or not isinstance(given, int):
        raise _invalid(name, "an integer")
    return given


def _size(fields: Fields) -> str:
    """`size`, or what `resolution` and `aspect_ratio` come to."""
    if "size" in fields:
        if not isinstance(fields["size"], str):
            raise _invalid("size", "WIDTHxHEIGHT")
        return str(fields["size"])
    if "resolution" not in fields and "aspect_ratio" not in fields:
        return SIZE
    short = _SHORT_SIDES.get(str(fields.get("resolution", "720p")))
    ratio = _RATIO.fullmatch(str(fields.get("aspect_ratio", "16:9")))
    if short is None:
        raise _invalid("resolution", f"one of {', '.join(_SHORT_SIDES)}")
    if ratio is None:
        raise _invalid("aspect_ratio", "WIDTH:HEIGHT")
    across, down = int(ratio[1]), int(ratio[2])
    long = math.ceil(short * max(across, down) / min(across, down) / 2) * 2
    return f"{long}x{short}" if across >= down else f"{short}x{long}"


def _source(fields: Fields) -> str | None:
    """The picture to start from: the first frame, else the first reference that is a picture."""
    frames, references = fields.get("frame_images", []), fields.get("input_references", [])
    if not isinstance(frames, list) or not isinstance(references, list):
        raise _invalid("frame_images and input_references", "arrays")
    for frame in frames:
        if not isinstance(frame, dict) or frame.get("frame_type") != "first_frame":
            raise _invalid("frame_images", "images whose frame_type is first_frame")
    pictures = frames or [
        one for one in references if isinstance(one, dict) and one.get("type") == "image_url"
    ]
    if not pictures:
        return None
    image = pictures[0].get("image_url")
    if pictures[0].get("type") != "image_url" or not isinstance(image, dict):
        raise _invalid("image_url", "{type: image_url, image_url: {url}}")
    if not isinstance(image.get("url"), str):
        raise _invalid("image_url.url", "a string")
    return str(image["url"])


async def _retrieve(call: Call) -> Response:
    return answer(_job(call, await _found(call)))


async def _content(call: Call) -> ASGIApp:
    video = await _found(call)
    index = call.request.query_params.get("index", "0")
    if not re.fullmatch("[0-9]{1,9}", index):
        raise _invalid("index", "an integer of 0 or more")
    if video["status"] != "completed":
        raise Refusal(f"Job is not completed: its status is {_word(video)}.", status=409)
    if int(index):
        raise Refusal(f"There is no output {int(index)}.", status=404)
    gone = Refusal("This output has expired.", status=410)
    return call.content(f"/videos/{video['id']}/content", ranges=False, gone=gone)


async def _models(call: Call) -> Response:
    del call
    return answer({"data": [_model(name, sizes) for name, sizes in MODELS.items()]})


def _model(name: str, sizes: Sequence[str]) -> dict[str, Any]:
    return {
        "id": f"openai/{name}",
        "canonical_slug": f"openai/{name}",
        "name": name,
        "description": "The studio's animatics",
        "created": 0,
        "supported_sizes": list(sizes),
        "supported_resolutions": None,
        "supported_aspect_ratios": None,
        "supported_durations": [int(seconds) for seconds in LENGTHS],
        "supported_frame_images": ["first_frame"],
        "generate_audio": True,
        "seed": True,
        "creativity": None,
        "upscale_factor": None,
        "allowed_passthrough_parameters": [],
        "pricing_skus": {"duration_seconds": "0"},
    }


async def _found(call: Call) -> dict[str, Any]:
    match = re.fullmatch("gen-vid-[0-9]+-([0-9A-Za-z]+)", call.ids["id"])
    try:
        if not match:
            raise Refusal("", status=404)
        found: dict[str, Any] = await call.ask("GET", f"/videos/video_{unshortened(match[1])}")
    except Refusal as refusal:
        if refusal.status != 404:
            raise
        raise Refusal(f"Job {call.ids['id'][:100]} not found", status=404) from None
    return found


def _job(call: Call, video: dict[str, Any]) -> dict[str, Any]:
    """What OpenRouter says of a render; what is not known yet is left out."""
    job_id = f"gen-vid-{video['created_at']}-{shortened(video['id'].removeprefix('video_'))}"
    path = f"/api/v1/videos/{job_id}"
    job = {"id": job_id, "polling_url": path, "status": _word(video)}
    if video["status"] == "failed":
        job["error"] = video["error"]["message"]
    if video["status"] == "completed":
        url = f"{str(call.request.base_url).rstrip('/')}{path}/content?index=0"
        return job | {
            "generation_id": job_id,
            "unsigned_urls": [url],
            "usage": {"cost": 0, "is_byok": False},
        }
    return job


def _word(video: dict[str, Any]) -> str:
    return _WORDS.get(video["status"], str(video["status"]))


def _invalid(name: str, expected: str) -> Refusal:
    return Refusal(f"Invalid '{name}': expected {expected}.")


def _refuse(refusal: Refusal) -> Response:
    status = 403 if refusal.code in _MODERATION else refusal.status
    error = {"message": refusal.message, "code": status}
    return answer({"error": error}, status=status, headers=refusal.headers)


def _nowhere(request: Request, allowed: Sequence[str]) -> Response:
    del allowed
    return _refuse(Refusal(f"Not Found: {request.method} {request.url.path}", status=404))


OPENROUTER = Dialect(
    name="openrouter",
    path="/api/v1",
    routes={
        "/api/v1/videos": {"POST": _create},
        "/api/v1/videos/models": {"GET": _models},
        "/api/v1/videos/{id}": {"GET": _retrieve},
        "/api/v1/videos/{id}/content": {"GET": _content},
    },
    refuse=_refuse,
    nowhere=_nowhere,
    strict=False,
)
