"""The LiteLLM proxy, as of 1.106.2: ids that it makes, and errors that it wraps."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp

from sorapipe.studio.answers import answer
from sorapipe.studio.dialects.call import Call
from sorapipe.studio.dialects.dialect import Dialect
from sorapipe.studio.dialects.hosted import nowhere
from sorapipe.studio.refusal import Refusal
from sorapipe.studio.requests import Fields, File, read_fields
from sorapipe.studio.rules import missing

_ID = re.compile("litellm:custom_llm_provider:openai;model_id:([^;]*);video_id:(video_[0-9a-f]+)")
_KINDS = {400: "BadRequestError", 401: "AuthenticationError", 404: "NotFoundError"}
_KINDS |= {429: "RateLimitError", 500: "InternalServerError"}


async def _create(call: Call) -> Response:
    fields = await read_fields(call.request)
    model = fields.get("model")
    if not isinstance(model, str):
        raise missing("model")
    if not isinstance(fields.get("input_reference", File(b"")), File):
        raise Refusal("input_reference must be a file.", param="input_reference")
    characters = fields.get("characters")
    for character in characters if isinstance(characters, list) else []:
        if isinstance(character, dict) and isinstance(character.get("id"), str):
            character["id"] = _their_character(character["id"])
    return answer(_video(await call.ask("POST", "/videos", fields), model))


async def _retrieve(call: Call) -> Response:
    return answer(_video(await call.ask("GET", f"/videos/{_theirs(call.ids['id'])}")))


async def _list(call: Call) -> Response:
    if not call.request.query_params.get("custom_llm_provider"):
        raise Refusal("custom_llm_provider is required")
    raise Refusal("Connection error: the provider's own address was asked.", status=500)


async def _content(call: Call) -> ASGIApp:
    # The variant and ranges are lost on the way.
    return call.content(f"/videos/{_theirs(call.ids['id'])}/content", ranges=False)


async def _remix(call: Call) -> Response:
    fields = await read_fields(call.request)
    path = f"/videos/{_theirs(call.ids['id'])}/remix"
    return answer(_video(await call.ask("POST", path, fields)))


async def _edit(call: Call) -> Response:
    return await _of_another(call, "/videos/edits")


async def _extend(call: Call) -> Response:
    return await _of_another(call, "/videos/extensions")


async def _of_another(call: Call, path: str) -> Response:
    fields: Fields = await read_fields(call.request)
    given = fields.get("video")
    video_id = given.get("id", "") if isinstance(given, dict) else given
    if not isinstance(video_id, str):
        raise missing("video")
    fields["video"] = {"id": _theirs(video_id)}
    return answer(_video(await call.ask("POST", path, fields)))


async def _create_character(call: Call) -> Response:
    fields = await read_fields(call.request)
    return answer(_character(await call.ask("POST", "/videos/characters", fields)))


async def _retrieve_character(call: Call) -> Response:
    path = f"/videos/characters/{_their_character(call.ids['id'])}"
    return answer(_character(await call.ask("GET", path)))


def _character(made: dict[str, Any]) -> dict[str, Any]:
    text = f"litellm:custom_llm_provider:openai;model_id:;character_id:{made['id']}"
    return {**made, "id": f"character_{_coded(text)}", "object": "character"}


def _their_character(character_id: str) -> str:
    """The studio's id in one of the proxy's; another stays as it is."""
    return (
        _decoded(character_id.removeprefix("character_")).rpartition("character_id:")[2]
        or character_id
    )


def _theirs(video_id: str) -> str:
    """The studio's id in one of the proxy's; an id without its model leads to another server."""
    match = _ID.fullmatch(_decoded(video_id.removeprefix("video_")))
    if not match or not match[1]:
        raise Refusal("Connection error: the provider's own address was asked.", status=500)
    return match[2]


def _ours(video_id: str, model: str) -> str:
    text = f"litellm:custom_llm_provider:openai;model_id:{model};video_id:{video_id}"
    return f"video_{_coded(text)}"


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decoded(code: str) -> str:
    try:
        return base64.b64decode(code, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _video(video: dict[str, Any], model: str = "") -> dict[str, Any]:
    """The Video as the proxy has it: but for a create, its id lacks the `model` that it needs."""
    found = {name: value for name, value in video.items() if name != "prompt"}
    return {
        **found,
        "id": _ours(video["id"], model),
        "usage": {"duration_seconds": float(video["seconds"])},
    }


def _refuse(refusal: Refusal) -> Response:
    """The upstream's error as text within the proxy's own."""
    kind = _KINDS.get(refusal.status, "APIError")
    error = {
        "message": f"litellm.{kind}: OpenAIException - {json.dumps(refusal.body())}",
        "type": "throttling_error" if refusal.status == 429 else None,
        "param": None,
        "code": str(refusal.status),
    }
    if refusal.status == 401:  # the proxy's own: it never got as far as a server
        message = "Authentication Error, Invalid proxy server token passed."
        error |= {"message": message, "type": "token_not_found_in_db", "param": "key"}
    headers = {f"llm_provider-{key.lower()}": value for key, value in refusal.headers.items()}
    return answer({"error": error}, status=refusal.status, headers=headers)


LITELLM = Dialect(
    name="litellm",
    routes={
        "/v1/videos": {"POST": _create, "GET": _list},
        "/v1/videos/characters": {"POST": _create_character},
        "/v1/videos/characters/{id}": {"GET": _retrieve_character},
        "/v1/videos/edits": {"POST": _edit},
        "/v1/videos/extensions": {"POST": _extend},
        "/v1/videos/{id}": {"GET": _retrieve},
        "/v1/videos/{id}/content": {"GET": _content},
        "/v1/videos/{id}/remix": {"POST": _remix},
    },
    refuse=_refuse,
    nowhere=nowhere,
    sign="x-litellm-call-id",
)
