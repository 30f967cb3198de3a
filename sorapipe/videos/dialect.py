"""The words of a dialect: where requests go, and what their fields are called. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Auth = Literal["bearer", "api-key"]
Written = Literal["text", "integer"]
Shape = Literal["object", "json", "text", "frames"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Where each operation is, below the base URL; `{id}` is the video's or the character's.

    A path may carry a query of its own (`?index=0`).
    """

    create: str = "/videos"
    retrieve: str = "/videos/{id}"
    list: str = "/videos"
    content: str = "/videos/{id}/content"
    delete: str = "/videos/{id}"
    remix: str = "/videos/{id}/remix"
    edit: str = "/videos/edits"
    extend: str = "/videos/extensions"
    characters: str = "/videos/characters"
    character: str = "/videos/characters/{id}"
    models: str = "/models"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What the fields of a create are called; a length is a text, or an integer in JSON."""

    prompt: str = "prompt"
    model: str = "model"
    seconds: str = "seconds"
    seconds_type: Written = "text"
    size: str = "size"
    seed: str = "seed"
    characters: str = "characters"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageForms:
    """How a reference image is sent; a form without a name is not there.

    `part` is a file's part of a multipart form. `field` takes a URL or a file id, and a data URL
    where there is no part, in this shape: an `object` with `image_url` or `file_id`, that object as
    `json` text, the URL as a `text`, or the list of `frames` that OpenRouter has.
    """

    part: str = "input_reference"
    field: str = "input_reference"
    shape: Shape = "object"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """By what this kind of server is known.

    A header of its answers, the end of its host's name, a path in its OpenAPI document, the owner
    of its models; what is empty says nothing.
    """

    header: str = ""
    host: str = ""
    path: str = ""
    owner: str = ""
