"""vLLM-Omni, as of 0.30.0: forms only, any size, and a failed render that answers with a 5xx."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import Response
from starlette.types import ASGIApp

from sorapipe.studio.answers import answer, deleted
from sorapipe.studio.answers import page as as_page
from sorapipe.studio.dialects.call import Call
from sorapipe.studio.dialects.dialect import Dialect
from sorapipe.studio.dialects.hosted import FPS, models, nowhere, page, picture, seconds_of, size_of
from sorapipe.studio.dialects.values import Invalid, Range, read
from sorapipe.studio.refusal import Refusal
from sorapipe.studio.requests import Fields, File, read_body, read_fields

_WHOLE = Range(whole=True, least=1)
_SCALE = Range(whole=False, least=0, most=20)
_NUMBERS = {
    **dict.fromkeys(("width", "height", "num_frames", "short_edge"), _WHOLE),
    **dict.fromkeys(("guidance_scale", "guidance_scale_2", "true_cfg_scale"), _SCALE),
    "fps": Range(whole=False, least=1),
    "num_outputs_per_prompt": Range(whole=True, least=1, most=10),
    "num_inference_steps": Range(whole=True, least=1, most=200),
    "boundary_ratio": Range(whole=False, least=0, most=1),
    "flow_shift": Range(whole=False),
    "seed": Range(whole=True, least=-(1 << 63), most=(1 << 63) - 1),
    "sound_duration": Range(whole=False, least=0),
    "start_time_seconds": Range(whole=False, least=0),
    "frame_interpolation_exp": _WHOLE,
    "frame_interpolation_scale": Range(whole=False, least=0),
}
_FLAGS = ("generate_sound", "enable_frame_interpolation", "return_stage_metrics")
_TEXTS = {"seconds": r"[1-9][0-9]*", "size": r"[0-9]+x[0-9]+"}
_MODERATION = "moderation_blocked"


async def _create(call: Call) -> Response:
    try:
        fields = await _form(call)
        found = {**fields, **read(fields, _NUMBERS, _FLAGS)}
        wanted: Fields = {"prompt": fields["prompt"], "size": size_of(found)}
        wanted["seconds"] = seconds_of(found, default=4)
        wanted |= {name: found[name] for name in ("model", "seed") if name in found}
        source = _source(fields)
    except Invalid as invalid:
        message = f"1 validation error: {invalid.name}: {invalid.message}"
        raise Refusal(message) from None
    image = await picture(source, wanted["size"])
    if image is not None:
        wanted["input_reference"] = image
    return answer(_video(await call.ask("POST", "/videos", wanted)))


async def _form(call: Call) -> Fields:
    """The fields of a form; whatever else comes has none, and so lacks its prompt."""
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    fields: Fields = {}
    if kind == "multipart/form-data":
        fields = await read_fields(call.request)
    elif kind == "application/x-www-form-urlencoded":
        fields = dict(parse_qsl((await read_body(call.request)).decode(errors="replace")))
    fields = {
        name: value
        for name, value in fields.items()
        if isinstance(value, str | File) and value != ""
    }
    if not isinstance(fields.get("prompt"), str):
        raise Invalid("prompt", "missing", "Field required", None)
    for name, pattern in _TEXTS.items():
        if name in fields and not re.fullmatch(pattern, str(fields[name])):
            what = f"String should match pattern '^{pattern}$'"
            raise Invalid(name, "string_pattern_mismatch", what, fields[name])
    for name in ("lora", "extra_params"):
        if not isinstance(_json(fields.get(name, "{}")), dict):
            raise Refusal("Invalid JSON in form field: expected dict.")
    return fields


def _source(fields: Fields) -> str | File | None:
    """The picture to start from: a file, or in `image_reference` the JSON of an address."""
    named = [
        name
        for name in ("input_reference", "image_reference", "input_references")
        if name in fields
    ]
    if "video_reference" in fields or "audio_reference" in fields:
        raise Refusal("The studio starts from pictures alone.")
    if len(named) > 1:
        raise Refusal(f"Provide only one of {' and '.join(named)}.")
    given = fields.get(named[0]) if named else None
    if given is None or isinstance(given, File):
        return given
    if named != ["image_reference"]:
        raise Invalid(
            named[0], "value_error", "Expected UploadFile, received: <class 'str'>", given
        )
    references = _json(given)
    first = references[0] if isinstance(references, list) and references else references
    url = first.get("image_url") if isinstance(first, dict) else None
    if not isinstance(url, str):
        raise Refusal("Invalid input reference.")
    return url


def _json(text: object) -> Any:
    try:
        return json.loads(str(text))
    except (ValueError, RecursionError):
        raise Refusal("Invalid JSON in form field.") from None


async def _list(call: Call) -> Response:
    given = call.request.query_params
    try:
        limit = read(given, {"limit": Range(whole=True, least=0, most=100)}, ()).get("limit")
    except Invalid as invalid:
        raise Refusal(f"1 validation error: limit: {invalid.message}") from None
    order = given.get("order", "desc")
    after = _theirs(given["after"]) if "after" in given else None
    if order not in ("asc", "desc"):
        raise Refusal("1 validation error: order: Input should be 'asc' or 'desc'")
    found = await page(call, 100 if limit is None else limit, after, order)
    videos = found["data"]
    while limit is None and found["has_more"]:
        found = await page(call, 100, videos[-1]["id"], order)
        videos += found["data"]
    return answer(as_page([_video(video) for video in videos], has_more=found["has_more"]))


async def _retrieve(call: Call) -> Response:
    video = await _asked(call)
    if video["status"] != "failed":
        return answer(_video(video))
    status = 400 if video["error"]["code"] == _MODERATION else 500
    body = _video(video)
    return answer({**body, "error": {**body["error"], "code": status}}, status=status)


async def _delete(call: Call) -> Response:
    await _asked(call, "DELETE")
    return answer(deleted(call.ids["id"]))


async def _content(call: Call) -> ASGIApp:
    video = await _asked(call)
    if video["status"] == "failed":
        message = "Video generation failed. Check job status for error details."
        raise Refusal(message, status=422)
    if video["status"] != "completed":
        raise Refusal("Generation is still in-progress", status=404)
    gone = Refusal("Generated video file not found on disk", status=404)
    return call.content(f"/videos/{_theirs(call.ids['id'])}/content", ranges=True, gone=gone)


async def _models(call: Call) -> Response:
    del call
    return models("vllm")


async def _health(call: Call) -> Response:
    del call
    return answer({"status": "healthy"})


def _theirs(video_id: str) -> str:
    """The studio's id of that video; of what is no id here, one that nobody has."""
    kind, _, number = video_id.rpartition("_")
    return f"video_{number}" if kind == "video_gen" else "video_"


async def _asked(call: Call, method: str = "GET") -> dict[str, Any]:
    """What the studio says of the video that the call names."""
    try:
        found: dict[str, Any] = await call.ask(method, f"/videos/{_theirs(call.ids['id'])}")
    except Refusal as refusal:
        if refusal.status != 404:
            raise
        raise Refusal("Video not found", status=404) from None
    return found


def _video(video: dict[str, Any]) -> dict[str, Any]:
    """The Video as vLLM-Omni has it; its progress is 0 until it is 100."""
    video_id = video["id"].replace("video_", "video_gen_", 1)
    done, seconds = video["status"] == "completed", float(video["seconds"])
    return {
        "model": video["model"],
        "prompt": video["prompt"],
        "id": video_id,
        "object": "video",
        "status": video["status"],
        "size": video["size"],
        "progress": 100 if done else 0,
        "seconds": str(max(1, round(seconds))),
        "quality": "default",
        "completed_at": video["completed_at"],
        "created_at": video["created_at"],
        "remixed_from_video_id": None,
        "error": video["error"],
        "media_type": "video/mp4",
        "expires_at": video["expires_at"],
        "file_name": f"{video_id}.mp4" if done else None,
        "inference_time_s": float(video["completed_at"] - video["created_at"]) if done else None,
        "fps": float(FPS),
        "num_frames": round(seconds * FPS),
        "duration_s": seconds,
        "metrics": None,
        "stage_durations": {},
        "peak_memory_mb": 0.0,
        "action": None,
    }


def _refuse(refusal: Refusal) -> Response:
    if refusal.status == 401:
        return answer({"error": "Unauthorized"}, status=401)
    phrase = HTTPStatus(refusal.status).phrase
    error = {"message": refusal.message, "type": phrase, "param": None, "code": refusal.status}
    return answer({"error": error}, status=refusal.status, headers=refusal.headers)


VLLM_OMNI = Dialect(
    name="vllm-omni",
    routes={
        "/v1/videos": {"POST": _create, "GET": _list},
        "/v1/videos/{id}": {"GET": _retrieve, "DELETE": _delete},
        "/v1/videos/{id}/content": {"GET": _content},
        "/v1/models": {"GET": _models},
        "/health": {"GET": _health},
    },
    refuse=_refuse,
    nowhere=nowhere,
    strict=False,
    deletes="any-and-stops",
)
