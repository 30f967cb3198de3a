"""Azure OpenAI's v1 API, as documented on 2025-12-01: another path and key, and remixes only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from sorapipe.studio.answers import answer, refused
from sorapipe.studio.dialects.call import Call
from sorapipe.studio.dialects.dialect import Dialect
from sorapipe.studio.refusal import Refusal
from sorapipe.studio.requests import File, read_fields

_DAY = 24 * 3600  # seconds that content stays, counted from the create


async def _create(call: Call) -> Response:
    fields = await read_fields(call.request)
    if not isinstance(fields.get("input_reference", File(b"")), File):
        raise Refusal("Invalid 'input_reference': expected a file.", param="input_reference")
    return answer(_video(await call.ask("POST", "/videos", fields)))


async def _remix(call: Call) -> Response:
    fields = await read_fields(call.request)
    return answer(_video(await call.ask("POST", f"/videos/{call.ids['id']}/remix", fields)))


async def _list(call: Call) -> Response:
    page = await call.ask("GET", "/videos", query=call.request.query_params)
    return answer({**page, "data": [_video(video) for video in page["data"]]})


async def _retrieve(call: Call) -> Response:
    return answer(_video(await call.ask("GET", f"/videos/{call.ids['id']}")))


async def _delete(call: Call) -> Response:
    return answer(await call.ask("DELETE", f"/videos/{call.ids['id']}"))


async def _content(call: Call) -> ASGIApp:
    path = f"/videos/{call.ids['id']}/content"
    return call.content(path, ranges=True, query=call.request.query_params)


def _video(video: dict[str, Any]) -> dict[str, Any]:
    return {**video, "expires_at": video["created_at"] + _DAY}


def _refuse(refusal: Refusal) -> Response:
    if refusal.status != 401:
        return refused(refusal)
    message = "Access denied due to invalid subscription key or wrong API endpoint."
    return answer({"error": {"code": "401", "message": message}}, status=401)


def _nowhere(request: Request, allowed: Sequence[str]) -> Response:
    del request, allowed
    return answer({"error": {"code": "404", "message": "Resource not found"}}, status=404)


AZURE = Dialect(
    name="azure",
    path="/openai/v1",
    routes={
        "/openai/v1/videos": {"POST": _create, "GET": _list},
        "/openai/v1/videos/{id}": {"GET": _retrieve, "DELETE": _delete},
        "/openai/v1/videos/{id}/content": {"GET": _content},
        "/openai/v1/videos/{id}/remix": {"POST": _remix},
    },
    refuse=_refuse,
    nowhere=_nowhere,
    sign="x-ms-region",
    key_header="api-key",
)
