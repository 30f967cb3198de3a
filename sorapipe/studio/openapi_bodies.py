"""What goes into the studio's bodies and comes out of them, as JSON Schema. Pure.

The limits are those of `rules`. What a schema cannot say is told in words, and is answered with
400: that a size belongs to the model, that an image has that size, that a file can be decoded.
"""

from __future__ import annotations

from typing import Any

from sorapipe.studio.asked import ORDERS, PAGE, PAGE_LIMIT, VARIANTS
from sorapipe.studio.characters import MP4
from sorapipe.studio.rules import (
    CHARACTERS,
    LENGTHS,
    LENIENT_SECONDS,
    MODEL,
    MODELS,
    NAME_LENGTH,
    PROMPT_LENGTH,
    SECONDS,
    SEED,
    SIZE,
    Rules,
)

Schema = dict[str, Any]

VIDEO_ID, CHARACTER_ID = "^video_[0-9a-f]{32}$", "^char_[0-9a-f]{32}$"
_EVEN = "0*(1[68]|[2-9][02468]|[1-9][0-9][02468]|[1-3][0-9]{2}[02468]|40[0-8][02468]|409[0246])"
_TEXT: Schema = {"type": "string"}
_WHEN: Schema = {"type": "integer", "description": "Seconds since the epoch."}
_IMAGES = "JPEG, PNG or WebP of exactly the video's size"


def answers() -> dict[str, Schema]:
    """What comes out, by the names under `components`."""
    error = _object(
        {"message": _TEXT, "type": _TEXT, "param": _or_null(_TEXT), "code": _or_null(_TEXT)}
    )
    video = _object(
        {
            "id": {"type": "string", "pattern": VIDEO_ID},
            "object": {"const": "video"},
            "model": _TEXT,
            "status": {"enum": ["queued", "in_progress", "completed", "failed"]},
            "progress": {"type": "integer", "minimum": 0, "maximum": 100},
            "created_at": _WHEN,
            "completed_at": _or_null(_WHEN),
            "expires_at": _or_null(_WHEN),
            "prompt": _TEXT,
            "size": {"type": "string", "pattern": "^[0-9]+x[0-9]+$"},
            "seconds": {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"},
            "remixed_from_video_id": _or_null({"type": "string", "pattern": VIDEO_ID}),
            "error": _or_null(_object({"code": _or_null(_TEXT), "message": _TEXT})),
        }
    )
    page = _object(
        {
            "object": {"const": "list"},
            "data": {"type": "array", "items": of("Video"), "maxItems": PAGE_LIMIT},
            "first_id": _or_null(_TEXT),
            "last_id": _or_null(_TEXT),
            "has_more": {"type": "boolean"},
        }
    )
    deleted = {"id": _TEXT, "object": {"const": "video.deleted"}, "deleted": {"const": True}}
    character = {
        "id": {"type": "string", "pattern": CHARACTER_ID},
        "name": _TEXT,
        "created_at": _WHEN,
    }
    return {
        "Error": _object({"error": error}),
        "Video": video,
        "VideoList": page,
        "DeletedVideo": _object(deleted),
        "Character": _object(character),
    }


def create(rules: Rules) -> Schema:
    """The bodies of a create, by their media types."""
    common = {"prompt": _prompt(), "model": _model(rules), "size": _size(rules)}
    image = {
        "type": "object",
        "properties": {"image_url": _image_url()},
        "required": ["image_url"],
    }
    many = {"type": "array", "items": _named("id", CHARACTER_ID), "maxItems": CHARACTERS}
    optional = {
        "model": common["model"],
        "size": common["size"],
        "seconds": _seconds(rules, numbers=True),
        "seed": _seed(numbers=True),
        "input_reference": image,
        "characters": many,
    }
    as_json = {
        "prompt": common["prompt"],
        **{name: _or_null(kind) for name, kind in optional.items()},
    }
    as_form = {
        **common,
        "seconds": _seconds(rules, numbers=False),
        "seed": _seed(numbers=False),
        "input_reference": {"contentMediaType": "image/*", "description": f"{_IMAGES}."},
        "input_reference[image_url]": _image_url(),
        "characters[][id]": {"type": "array", "items": _TEXT, "maxItems": CHARACTERS},
    }
    form = _body(as_form, ["prompt"])
    form["encoding"] = {"input_reference": {"contentType": "image/jpeg, image/png, image/webp"}}
    return {"application/json": _body(as_json, ["prompt"]), "multipart/form-data": form}


def remix() -> Schema:
    """The bodies of a remix."""
    as_json = {"prompt": _prompt(), "seed": _or_null(_seed(numbers=True))}
    as_form = {"prompt": _prompt(), "seed": _seed(numbers=False)}
    return {
        "application/json": _body(as_json, ["prompt"]),
        "multipart/form-data": _body(as_form, ["prompt"]),
    }


def edit(rules: Rules) -> Schema:
    """The bodies of an edit."""
    return _child(rules, as_json={}, as_form={})


def extension(rules: Rules) -> Schema:
    """The bodies of an extension."""
    return _child(
        rules,
        as_json={"seconds": _seconds(rules, numbers=True)},
        as_form={"seconds": _seconds(rules, numbers=False)},
    )


def _child(rules: Rules, *, as_json: dict[str, Schema], as_form: dict[str, Schema]) -> Schema:
    """The bodies that name a video of the studio's, or bring one; all that is given is required."""
    whole = {
        "prompt": _prompt(),
        "video": _named("id", VIDEO_ID),
        **as_json,
        "seed": _or_null(_seed(numbers=True)),
    }
    parts = {
        "prompt": _prompt(),
        "video[id]": _TEXT,
        "video": _mp4("An MP4 of a size that the model has, of at most two minutes."),
        **as_form,
        "model": {**_model(rules), "description": "Of a video that comes along."},
        "seed": _seed(numbers=False),
    }
    form = _body(parts, ["prompt", *as_form])
    form["schema"]["oneOf"] = [{"required": ["video"]}, {"required": ["video[id]"]}]
    return {
        "application/json": _body(whole, ["prompt", "video", *as_json]),
        "multipart/form-data": form,
    }


def character() -> Schema:
    """The body of a new character."""
    name: Schema = {"type": "string", "minLength": 1, "maxLength": NAME_LENGTH}
    name["examples"] = ["Mossy the turtle"]
    fields = {"name": name, "video": _mp4("An MP4 that shows the character.")}
    form = _body(fields, ["name", "video"])
    form["schema"]["additionalProperties"] = False
    return {"multipart/form-data": form}


def paging() -> dict[str, Schema]:
    """What a list can be asked for."""
    limit: Schema = {"type": "integer", "minimum": 0, "maximum": PAGE_LIMIT, "default": PAGE}
    limit["examples"] = [10]
    return {
        "limit": limit,
        "order": {"enum": list(ORDERS), "default": "desc"},
        "after": {"type": "string", "description": "The id that the page before ended with."},
    }


def variant() -> Schema:
    """Which asset of a video."""
    return {"enum": list(VARIANTS), "default": "video"}


def of(name: str) -> Schema:
    """That component."""
    return {"$ref": f"#/components/schemas/{name}"}


def _prompt() -> Schema:
    said = "A lighthouse at dawn, gulls, waves against the rocks"
    return {"type": "string", "minLength": 1, "maxLength": PROMPT_LENGTH, "examples": [said]}


def _model(rules: Rules) -> Schema:
    known: Schema = {"enum": list(MODELS)} if rules.strict else {"type": "string", "minLength": 1}
    return {**known, "default": MODEL}


def _size(rules: Rules) -> Schema:
    if not rules.strict:
        return {"type": "string", "pattern": f"^{_EVEN}x{_EVEN}$", "default": SIZE}
    sizes = dict.fromkeys(size for of_model in MODELS.values() for size in of_model)
    own = "; ".join(f"{model}: {', '.join(of_model)}" for model, of_model in MODELS.items())
    return {"enum": list(sizes), "default": SIZE, "description": own}


def _seconds(rules: Rules, *, numbers: bool) -> Schema:
    if rules.strict:
        lengths = [int(length) for length in LENGTHS] if numbers else []
        return {"enum": [*LENGTHS, *lengths], "default": str(SECONDS)}
    text: Schema = {"type": "string", "pattern": r"^[0-9]{1,4}(\.[0-9]{1,6})?$"}
    number = {"type": "number", "exclusiveMinimum": 0, "maximum": LENIENT_SECONDS}
    return {"anyOf": [text, number] if numbers else [text], "default": str(SECONDS)}


def _seed(*, numbers: bool) -> Schema:
    text: Schema = {"type": "string", "pattern": "^-?[0-9]{1,19}$"}
    number = {"type": "integer", "minimum": -SEED, "maximum": SEED - 1}
    what = "The studio's own: the same request with the same seed gives the same bytes."
    return {"anyOf": [text, number] if numbers else [text], "description": what}


def _image_url() -> Schema:
    what = f"A data URL (`data:image/png;base64,...`), or one of this machine. {_IMAGES}."
    return {"type": "string", "pattern": "^(data:|https?://)", "description": what}


def _mp4(what: str) -> Schema:
    return {"type": "string", "contentMediaType": "video/mp4", "pattern": MP4, "description": what}


def _named(key: str, pattern: str) -> Schema:
    known = {"type": "string", "description": f"Like {pattern}; 404 for any other."}
    return {"type": "object", "properties": {key: known}, "required": [key]}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(fields: dict[str, Schema]) -> Schema:
    """What has all of these fields, always, and no other."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def _body(fields: dict[str, Schema], required: list[str]) -> Schema:
    """A body whose other fields are kept and mean nothing."""
    return {"schema": {"type": "object", "properties": fields, "required": required}}
