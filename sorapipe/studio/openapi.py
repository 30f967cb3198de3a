"""The studio's OpenAPI document: every operation, what goes in, and all that can come out. Pure."""

from __future__ import annotations

from typing import Any

from sorapipe import __version__
from sorapipe.studio import openapi_bodies as bodies
from sorapipe.studio.asked import KEY
from sorapipe.studio.openapi_bodies import Schema, of
from sorapipe.studio.rules import Rules

_ANY = (400, 401, 403, 404, 405, 429, 500)  # what every operation may answer with
_ERRORS = {
    400: "The request is not one that the studio can carry out.",
    401: "The studio has a token, and this is not it.",
    403: "The request names another host, or a web page sent it.",
    404: "Nothing has that id, or its content is not ready or has expired.",
    405: "The path does not take this method.",
    409: "The video is still being rendered, or the Idempotency-Key was used for another request.",
    413: "The request is too large.",
    416: "The content does not have that range.",
    429: "Too many requests; `Retry-After` says when to come again.",
    500: "The studio had an error.",
}
_ABOUT = (
    "The Videos API over animatics. {sizes} Other fields than these are kept and mean nothing. "
    "Content can be asked for by a single `Range`, with `If-Range`; every GET takes HEAD too."
)
_STRICT = "Models, sizes and lengths are those of the real API, and 1024x1024."
_LENIENT = "Any model, any even size and any length up to 60 s will do."


def document(rules: Rules) -> dict[str, Any]:
    """The OpenAPI 3.1 document of a studio with those rules."""
    about = _ABOUT.format(sizes=_STRICT if rules.strict else _LENIENT)
    return {
        "openapi": "3.1.0",
        "info": {"title": "sorapipe studio", "version": __version__, "description": about},
        "servers": [{"url": "/v1"}],
        # Without a token any key does, or none.
        "security": [{"bearer": []}, {}],
        "paths": _paths(rules),
        "components": {
            "schemas": bodies.answers(),
            "responses": {f"Error{status}": _error(status) for status in _ERRORS},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths(rules: Rules) -> dict[str, Any]:
    video_id = _parameter("path", "video_id", {"type": "string", "pattern": bodies.VIDEO_ID})
    character_id = {"type": "string", "pattern": bodies.CHARACTER_ID}
    paging = [_parameter("query", name, schema) for name, schema in bodies.paging().items()]
    return {
        "/videos": {
            "post": _render("createVideo", "Create a video", bodies.create(rules)),
            "get": _operation("listVideos", "List videos", _json("VideoList"), paging),
        },
        "/videos/edits": {"post": _render("editVideo", "Edit a video", bodies.edit(rules))},
        "/videos/extensions": {
            "post": _render("extendVideo", "Extend a video", bodies.extension(rules)),
        },
        "/videos/characters": {
            "post": {
                **_operation("createCharacter", "Create a character", _character(), errors=(413,)),
                "requestBody": {"required": True, "content": bodies.character()},
            },
        },
        "/videos/characters/{character_id}": {
            "parameters": [_parameter("path", "character_id", character_id)],
            "get": _operation("retrieveCharacter", "Retrieve a character", _json("Character")),
        },
        "/videos/{video_id}": {
            "parameters": [video_id],
            "get": _operation("retrieveVideo", "Retrieve a video", _json("Video")),
            "delete": _operation(
                "deleteVideo", "Delete a video that has ended", _json("DeletedVideo"), errors=(409,)
            ),
        },
        "/videos/{video_id}/content": {
            "parameters": [video_id],
            "get": _content(),
        },
        "/videos/{video_id}/remix": {
            "parameters": [video_id],
            "post": _render("remixVideo", "Remix a completed video", bodies.remix()),
        },
    }


def _render(name: str, summary: str, content: Schema) -> Schema:
    """An operation that asks for a render, once for each idempotency key."""
    key = _parameter("header", "Idempotency-Key", {"type": "string", "pattern": f"^{KEY}$"})
    answer = _json("Video")
    answer["headers"] = {"Idempotent-Replayed": {"schema": {"const": "true"}}}
    made = "$response.body#/id"
    answer["links"] = {
        link: {"operationId": link, "parameters": {"video_id": made}}
        for link in ("retrieveVideo", "downloadContent", "remixVideo", "deleteVideo")
    }
    body = {"prompt": "The same by night", "video": {"id": made}}
    answer["links"]["editVideo"] = {"operationId": "editVideo", "requestBody": body}
    longer = {**body, "seconds": "4"}
    answer["links"]["extendVideo"] = {"operationId": "extendVideo", "requestBody": longer}
    return {
        **_operation(name, summary, answer, [key], errors=(409, 413)),
        "requestBody": {"required": True, "content": content},
    }


def _content() -> Schema:
    """The operation that downloads: whole, or in part where it is the video itself."""
    media = ("video/mp4", "image/webp", "image/jpeg")
    headers = {
        "Accept-Ranges": {"schema": {"const": "bytes"}},
        "ETag": {"schema": {"type": "string"}},
    }
    answer = {
        "description": "The asset.",
        "headers": headers,
        "content": {kind: {} for kind in media},
    }
    summary = "Download the content of a completed video"
    variant = _parameter("query", "variant", bodies.variant())
    found = _operation("downloadContent", summary, answer, [variant], errors=(416,))
    span = {"Content-Range": {"required": True, "schema": {"type": "string"}}}
    found["responses"]["206"] = {
        "description": "The range that was asked for.",
        "headers": {**headers, **span},
        "content": {"video/mp4": {}},
    }
    return found


def _character() -> Schema:
    answer = _json("Character")
    parameters = {"character_id": "$response.body#/id"}
    answer["links"] = {
        "retrieveCharacter": {"operationId": "retrieveCharacter", "parameters": parameters}
    }
    return answer


def _operation(
    name: str,
    summary: str,
    answer: Schema,
    parameters: list[Schema] | None = None,
    *,
    errors: tuple[int, ...] = (),
) -> Schema:
    """An operation that answers with 200, with what any may, and with those `errors`."""
    refusals = {
        str(status): {"$ref": f"#/components/responses/Error{status}"}
        for status in sorted({*_ANY, *errors})
    }
    return {
        "operationId": name,
        "summary": summary,
        **({"parameters": parameters} if parameters else {}),
        "responses": {"200": answer, **refusals},
    }


def _parameter(place: str, name: str, schema: Schema) -> Schema:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _json(name: str) -> Schema:
    return {
        "description": f"The {name}.",
        "content": {"application/json": {"schema": of(name)}},
    }


def _error(status: int) -> Schema:
    error = {**_json("Error"), "description": _ERRORS[status]}
    if status == 405:
        error["headers"] = {"Allow": {"required": True, "schema": {"type": "string"}}}
    if status == 429:
        error["headers"] = {"Retry-After": {"schema": {"type": "string"}}}
    return error
