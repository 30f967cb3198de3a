"""New API, the gateway: ids of its own, no list, no delete, remixes only, no nulls and zeros."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sorapipe.studio.answers import answer
from sorapipe.studio.dialects.call import Call
from sorapipe.studio.dialects.dialect import Dialect
from sorapipe.studio.refusal import Refusal
from sorapipe.studio.requests import read_fields

_ALWAYS = ("id", "object", "model", "status", "progress", "created_at")


async def _create(call: Call) -> Response:
    return await _submitted(call, "/videos")


async def _remix(call: Call) -> Response:
    return await _submitted(call, f"/videos/{_theirs(call)}/remix")


async def _submitted(call: Call, path: str) -> Response:
    fields = await read_fields(call.request)
    if not fields.get("prompt"):
        return _trouble(400, "invalid_request", "field prompt is required")
    if "duration" in fields:
        fields.setdefault("seconds", fields.pop("duration"))
    if isinstance(fields.get("image"), str):
        fields.setdefault("input_reference", {"image_url": fields.pop("image")})
    try:
        return answer(_video(call, await call.ask("POST", path, fields)))
    except Refusal as refusal:
        if refusal.status != 404:
            raise
        return _no_such_task()


async def _retrieve(call: Call) -> Response:
    try:
        video = _video(call, await call.ask("GET", f"/videos/{_theirs(call)}"))
    except Refusal as refusal:
        if refusal.status != 404:
            raise
        return _no_such_task()
    # What the gateway has not looked at yet has this status, which no other server knows.
    return answer({**video, "status": "unknown"} if video["status"] == "queued" else video)


async def _content(call: Call) -> ASGIApp:
    try:
        video = await call.ask("GET", f"/videos/{_theirs(call)}")
    except Refusal as refusal:
        message = "Task not found" if refusal.status == 404 else refusal.message
        return _proxy_error(refusal.status, message)
    if video["status"] != "completed":
        word = {"failed": "FAILURE", "queued": "QUEUED"}.get(video["status"], "IN_PROGRESS")
        return _proxy_error(400, f"Task is not completed yet, current status: {word}")
    upstream = call.content(f"/videos/{video['id']}/content", ranges=True)

    async def content(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await upstream(scope, receive, send)
        except Refusal as refusal:
            message = f"Upstream service returned status {refusal.status}"
            await _proxy_error(502, message)(scope, receive, send)

    return content


def _theirs(call: Call) -> str:
    """The studio's id of the video that the call names."""
    kind, _, rest = call.ids["id"].partition("_")
    return f"video_{rest}" if kind == "task" else "video_"


def _video(call: Call, video: dict[str, Any]) -> dict[str, Any]:
    task_id = video["id"].replace("video_", "task_", 1)
    found = {**video, "id": task_id, "task_id": task_id, "prompt": None}
    if video["remixed_from_video_id"]:
        found["remixed_from_video_id"] = video["remixed_from_video_id"].replace(
            "video_", "task_", 1
        )
    if video["status"] == "completed":
        url = f"{str(call.request.base_url).rstrip('/')}/v1/videos/{task_id}/content"
        found["metadata"] = {"url": url}
    return {name: value for name, value in found.items() if value or name in _ALWAYS}


def _trouble(status: int, code: str, message: str) -> Response:
    return answer({"code": code, "message": message, "data": None}, status=status)


def _no_such_task() -> Response:
    return _trouble(400, "task_not_exist", "task_not_exist")


def _proxy_error(status: int, message: str) -> Response:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return answer({"error": {"message": message, "type": kind}}, status=status)


def _refuse(refusal: Refusal) -> Response:
    """What upstream says, as text in a code and a message; when to come again is lost."""
    if refusal.status != 401:
        return _trouble(refusal.status, "fail_to_fetch_task", json.dumps(refusal.body()))
    error = {"message": "Invalid token", "type": "new_api_error", "param": "", "code": ""}
    return answer({"error": error}, status=401)


NEW_API = Dialect(
    name="new-api",
    routes={
        "/v1/videos": {"POST": _create},
        "/v1/videos/{id}": {"GET": _retrieve},
        "/v1/videos/{id}/content": {"GET": _content},
        "/v1/videos/{id}/remix": {"POST": _remix},
    },
    refuse=_refuse,
    sign="x-oneapi-request-id",
)
