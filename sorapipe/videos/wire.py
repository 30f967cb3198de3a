"""Requests of the Videos API, built from plain values and a profile. Pure: nothing is sent here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Required, TypedDict, Unpack
from urllib.parse import quote

from sorapipe.errors import UsageError
from sorapipe.videos.errors import bounded
from sorapipe.videos.model import Order, Variant
from sorapipe.videos.profile import Number, Profile
from sorapipe.videos.secret import NO_SECRET, Secret

MODEL, SECONDS, SIZE = "sora-2", 4, "1280x720"  # what a create sends unless said
MIB = 1 << 20
ANSWER_LIMIT = MIB  # bytes of one answer; a Video is below 40 KiB even with the longest prompt
LIST_LIMIT = 8 * MIB  # a hundred of those
PAGE = 100  # the most that a list gives at once


@dataclass(frozen=True, slots=True)
class Image:
    """A reference image as it is sent: a file name, its media type and its bytes."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FileId:
    """A reference image that the server already has."""

    id: str


class Revision(TypedDict, total=False):
    """What every request for a render may say. `extra` are the server's own parameters."""

    prompt: Required[str]
    seed: int | None
    extra: Mapping[str, Any] | None
    idempotency_key: str | None


class Extension(Revision):
    """What an extension says: `seconds` is how much is added."""

    seconds: Number


class Creation(Revision, total=False):
    """What a create says. The first three are always sent: MODEL, SECONDS, SIZE unless said."""

    model: str
    seconds: Number
    size: str
    input_reference: Image | FileId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """One request. `path` is below the base URL; `address` is a whole one, for results elsewhere.

    The body is `json`, or multipart where `form` or `files` is not empty, or none. `spends` tells
    whether it asks for a render; `limit` is how many bytes of an answer are read.
    """

    method: str
    path: str = ""
    address: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    form: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, Image], ...] = ()
    spends: bool = False
    limit: int = ANSWER_LIMIT

    @property
    def where(self) -> str:
        """What an error names as its place."""
        address, _, _ = (self.address or self.path).partition("?")  # a query may be a signature
        return f"{self.method} {bounded(address)}"


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """One answer: header names are lower case; `body` is cut at the request's limit, `whole` tells.

    `secret` is what must not show in anything that is told from this answer.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True
    secret: Secret = NO_SECRET


def create(profile: Profile, **fields: Unpack[Creation]) -> WireRequest:
    """A new video. Raises UsageError where the profile has no way to say it."""
    reference = fields.get("input_reference")
    body: dict[str, Any] = {
        "prompt": fields["prompt"],
        "model": fields.get("model", MODEL),
        "seconds": plain(fields.get("seconds", SECONDS)),
        "size": fields.get("size", SIZE),
    }
    if isinstance(reference, FileId):
        if not profile.file_id:
            raise _lacks(profile, "a reference by file id", "give the image's file")
        body["input_reference"] = {"file_id": reference.id}
    files = (("input_reference", reference),) if isinstance(reference, Image) else ()
    return _spending(profile, "/videos", body, fields, files)


def remix(profile: Profile, video: str, **fields: Unpack[Revision]) -> WireRequest:
    """A completed video rendered again under another prompt; model, size and length stay."""
    if not profile.remix:
        raise _lacks(profile, "remix", "use a provider that has it")
    return _spending(profile, f"{_path(video)}/remix", {"prompt": fields["prompt"]}, fields)


def edit(profile: Profile, video: str, **fields: Unpack[Revision]) -> WireRequest:
    """A completed video changed as the prompt says; model, size and length stay."""
    if not profile.edit:
        raise _lacks(profile, "edit", "use a provider that has it")
    body = {"prompt": fields["prompt"], "video": {"id": video}}
    return _spending(profile, "/videos/edits", body, fields)


def extend(profile: Profile, video: str, **fields: Unpack[Extension]) -> WireRequest:
    """A completed video continued for that many more seconds; the answer is the stitched whole."""
    if not profile.extend:
        raise _lacks(profile, "extend", "use a provider that has it")
    seconds = plain(fields["seconds"])
    body = {"prompt": fields["prompt"], "seconds": seconds, "video": {"id": video}}
    return _spending(profile, "/videos/extensions", body, fields)


def retrieve(video: str) -> WireRequest:
    """How a video is doing."""
    return WireRequest(method="GET", path=_path(video), headers=_ACCEPT)


def list_page(*, limit: int = PAGE, order: Order = "desc", after: str | None = None) -> WireRequest:
    """One page of the list; `after` is the `last_id` of the page before."""
    if not 1 <= limit <= PAGE:
        raise UsageError("limit", f"{limit} videos a page is not possible", f"1 to {PAGE}")
    query = {"limit": str(limit), "order": order}
    if after is not None:
        query["after"] = after
    return WireRequest(method="GET", path="/videos", query=query, headers=_ACCEPT, limit=LIST_LIMIT)


def delete(profile: Profile, video: str) -> WireRequest:
    """A video's removal from the server."""
    if not profile.delete:
        raise _lacks(profile, "delete", "nothing is left to do there")
    return WireRequest(method="DELETE", path=_path(video), headers=_ACCEPT)


def content(profile: Profile, video: str, variant: Variant = "video") -> WireRequest:
    """A video's bytes. The variant is said only where it is another one: some servers refuse it."""
    if variant != "video" and not profile.variants:
        raise _lacks(profile, f"the variant '{variant}'", "ask for 'video'")
    query = {} if variant == "video" else {"variant": variant}
    path = f"{_path(video)}/content"
    return WireRequest(method="GET", path=path, query=query, headers=_BYTES)


def result(address: str) -> WireRequest:
    """A video's bytes from where its answer says they lie (relative to the base URL, or whole)."""
    return WireRequest(method="GET", address=address, headers=_BYTES)


def plain(number: Number) -> str:
    """A number as decimal digits: "4", "2.5", never "4.0" or "4e+00"."""
    try:
        value = Decimal(str(number))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise UsageError("request", f"{number} is not a number that can be sent", "a finite one")
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_ACCEPT = {"accept": "application/json"}
# Compressed video gains nothing, and Content-Length then counts something else than the file.
_BYTES = {"accept": "*/*", "accept-encoding": "identity"}


def _spending(
    profile: Profile,
    path: str,
    fields: dict[str, Any],
    said: Revision,
    files: tuple[tuple[str, Image], ...] = (),
) -> WireRequest:
    """A request for a render: JSON, or multipart for a file and where the profile wants it."""
    seed = said.get("seed")
    if seed is not None:
        if not profile.seed:
            raise _lacks(profile, "a seed", "leave it out")
        fields["seed"] = seed
    for name, value in (said.get("extra") or {}).items():
        if name in fields or name == "input_reference":
            raise UsageError("extra", f"'{name}' is a field of its own", "say it outside of extra")
        if value is not None:
            fields[name] = value
    headers = dict(_ACCEPT)
    if key := said.get("idempotency_key"):
        headers["idempotency-key"] = key
    request = WireRequest(method="POST", path=path, headers=headers, json=fields, spends=True)
    if files or profile.body == "multipart":
        return _as_form(request, fields, files)
    return request


def _as_form(
    request: WireRequest, fields: Mapping[str, Any], files: tuple[tuple[str, Image], ...]
) -> WireRequest:
    form: list[tuple[str, str]] = []
    for name, value in fields.items():
        if name in {"video", "input_reference"}:  # objects of the API itself: bracket fields
            form.extend((f"{name}[{key}]", _text(inner)) for key, inner in value.items())
        else:
            form.append((name, _text(value)))
    return WireRequest(
        method=request.method,
        path=request.path,
        headers=request.headers,
        form=tuple(form),
        files=files,
        spends=request.spends,
    )


def _text(value: object) -> str:
    """A value as a form's field: texts as they are, numbers in digits, the rest as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return plain(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _path(video: str) -> str:
    """The path of a video; an id that would turn it into another path never gets here unquoted."""
    if not video or set(video) == {"."}:
        raise UsageError("video", f"'{video}' is not an id", "the id that create answered")
    return "/videos/" + quote(video, safe="=:@~")


def _lacks(profile: Profile, what: str, fix: str) -> UsageError:
    return UsageError(f"profile '{profile.name}'", f"{what} is not possible there", fix)
