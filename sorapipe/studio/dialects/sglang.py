"""SGLang Diffusion, as of 0.5.23: JSON or a form, whole seconds, a DELETE that gives a Video."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp

from sorapipe.studio.answers import answer
from sorapipe.studio.answers import page as as_page
from sorapipe.studio.dialects.call import Call
from sorapipe.studio.dialects.dialect import Dialect
from sorapipe.studio.dialects.hosted import models, nowhere, page, picture, seconds_of, size_of
from sorapipe.studio.dialects.values import Invalid, Range, read
from sorapipe.studio.refusal import Refusal
from sorapipe.studio.requests import Fields, File, read_body, read_fields

_WHOLE, _ANY = Range(whole=True), Range(whole=False)
_NUMBERS = {
    **dict.fromkeys(("n", "num_outputs_per_prompt", "seconds", "fps", "num_frames"), _WHOLE),
    **dict.fromkeys(("width", "height", "seed", "num_inference_steps"), _WHOLE),
    **dict.fromkeys(("max_sequence_length", "frame_interpolation_exp"), _WHOLE),
    **dict.fromkeys(("upscaling_scale", "output_compression"), _WHOLE),
    **dict.fromkeys(("guidance_scale", "guidance_scale_2", "true_cfg_scale"), _ANY),
    **dict.fromkeys(("flow_shift", "frame_interpolation_scale"), _ANY),
}
_FLAGS = ("enhance_prompt", "enable_teacache", "enable_frame_interpolation", "enable_upscaling")
_POSITIVE = ("width", "height", "num_frames", "num_inference_steps", "num_outputs_per_prompt")
_EXTRAS = ("extra_body", "extra_json", "extra_params")


async def _create(call: Call) -> Response:
    form = "multipart/form-data" in call.request.headers.get("content-type", "").lower()
    try:
        fields = await (_of_form(call) if form else _of_json(call))
    except Invalid as invalid:
        if form:
            return _unprocessable("body", invalid)
        what = (
            f"1 validation error for VideoGenerationsRequest\n{invalid.name}\n  {invalid.message}"
        )
        raise Refusal(f"Invalid request body: {what}") from None
    for name in _POSITIVE:
        if fields.get(name) is not None and fields[name] <= 0:
            raise Refusal(f"{name} must be positive")
    if not re.fullmatch("([1-9][0-9]*x[1-9][0-9]*)?", str(fields.get("size", ""))):
        raise Refusal("size must be formatted as positive WIDTHxHEIGHT")
    wanted: Fields = {"prompt": fields["prompt"], "size": size_of(fields)}
    wanted["seconds"] = seconds_of(fields, default=4)
    wanted |= {name: fields[name] for name in ("model", "seed") if fields.get(name)}
    given = fields.get("input_reference") or fields.get("reference_url")
    image = await _picture(given, wanted["size"])
    if image is not None:
        wanted["input_reference"] = image
    return answer(_video(await call.ask("POST", "/videos", wanted)))


async def _of_form(call: Call) -> Fields:
    fields = await read_fields(call.request)
    if not fields.get("prompt") or not isinstance(fields["prompt"], str):
        raise Refusal("prompt is required")
    if not isinstance(fields.get("input_reference", File(b"")), File):
        raise Invalid("input_reference", "value_error", "Value error, expected a file", None)
    return _checked(fields)


async def _of_json(call: Call) -> Fields:
    try:
        fields = json.loads(await read_body(call.request))
    except (ValueError, RecursionError):
        fields = {}
    fields = _checked(fields if isinstance(fields, dict) else {})
    for name in ("prompt", "input_reference", "reference_url", "model", "size"):
        if not isinstance(fields.get(name, "" if name != "prompt" else None), str):
            missing = name not in fields
            kind, what = (
                ("missing", "Field required")
                if missing
                else ("string_type", "Input should be a valid string")
            )
            raise Invalid(name, kind, what, fields.get(name))
    return fields


def _checked(fields: Fields) -> Fields:
    """With the extras where everything else is, and numbers for numbers."""
    fields = {name: value for name, value in fields.items() if value not in (None, "")}
    for name in _EXTRAS:
        extra = fields.pop(name, {})
        try:
            extra = json.loads(extra) if isinstance(extra, str) else extra
        except ValueError:
            raise Refusal(f"{name} is not valid JSON") from None
        if isinstance(extra, dict):
            fields = extra | fields
    return fields | read(fields, _NUMBERS, _FLAGS)


async def _picture(given: object, size: str) -> File | dict[str, Any] | None:
    try:
        return await picture(given, size)
    except Refusal as refusal:
        raise Refusal(f"Failed to process image source: {refusal.message}") from None


async def _list(call: Call) -> Response:
    given = call.request.query_params
    try:
        found = read(given, {"limit": Range(whole=True, least=1, most=100)}, ())
        if given.get("order", "desc") not in ("asc", "desc"):
            raise Invalid(
                "order", "literal_error", "Input should be 'asc' or 'desc'", given["order"]
            )
    except Invalid as invalid:
        return _unprocessable("query", invalid)
    order, after = given.get("order", "desc"), given.get("after")
    theirs = _theirs(after) if after is not None else None
    videos = await page(call, found.get("limit", 20), theirs, order)
    return answer(as_page([_video(video) for video in videos["data"]], has_more=videos["has_more"]))


async def _retrieve(call: Call) -> Response:
    return answer(_video(await _asked(call)))


async def _delete(call: Call) -> Response:
    video = _video(await _asked(call))
    await _asked(call, "DELETE")
    return answer({**video, "status": "deleted"})


async def _content(call: Call) -> ASGIApp:
    video = await _asked(call)
    if video["status"] not in ("completed", "failed"):
        raise Refusal("Generation is still in-progress", status=404)
    variant = call.request.query_params.get("variant")
    gone = Refusal(f"Video variant {variant} not found", status=404)
    if video["status"] == "failed" or not re.fullmatch("0+", variant or "0"):
        raise gone
    return call.content(f"/videos/{_theirs(call.ids['id'])}/content", ranges=True, gone=gone)


async def _models(call: Call) -> Response:
    del call
    return models("sglang")


async def _health(call: Call) -> Response:
    del call
    return answer({"status": "ok"})


def _theirs(video_id: str) -> str:
    """The studio's id of that video, which is a UUID here; of anything else one that nobody has."""
    try:
        return f"video_{uuid.UUID(video_id).hex}"
    except ValueError:
        return "video_"


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
    """The Video as SGLang has it: no prompt, an error of one field, paths of the server's own."""
    video_id = str(uuid.UUID(video["id"].removeprefix("video_")))
    done, failed = video["status"] == "completed", video["status"] == "failed"
    path = f"/outputs/{video_id}.mp4"
    return {
        "id": video_id,
        "object": "video",
        "model": video["model"],
        "status": video["status"],
        "progress": video["progress"],
        "created_at": video["created_at"],
        "size": video["size"],
        "seconds": str(round(float(video["seconds"]))),
        "quality": "standard",
        "url": None,
        "urls": [None] if done else None,
        "remixed_from_video_id": None,
        "completed_at": video["completed_at"],
        "expires_at": None,
        "error": {"message": video["error"]["message"]} if failed else None,
        "file_path": None if failed else path,
        "file_paths": [path] if done else None,
        "num_outputs": 1 if done else None,
        "peak_memory_mb": None,
        "inference_time_s": float(video["completed_at"] - video["created_at"]) if done else None,
        "revised_prompt": None,
        "action": None,
        "lidar": None,
    }


def _refuse(refusal: Refusal) -> Response:
    return answer({"detail": refusal.message}, status=refusal.status, headers=refusal.headers)


def _unprocessable(place: str, invalid: Invalid) -> Response:
    """422, as FastAPI words what pydantic did not take."""
    error = {"type": invalid.kind, "loc": [place, invalid.name], "msg": invalid.message}
    shown = invalid.given if isinstance(invalid.given, str | int | float) else None
    return answer({"detail": [{**error, "input": shown}]}, status=422)


SGLANG = Dialect(
    name="sglang",
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
    deletes="any",
)
