"""Requests of the Videos API, built from plain values and a profile. Pure: nothing is sent here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Required, TypedDict, Unpack
from urllib.parse import parse_qsl, quote

from sorapipe.errors import UsageError
from sorapipe.videos import reference, said
from sorapipe.videos.dialect import Auth
from sorapipe.videos.encode import as_form
from sorapipe.videos.errors import bounded
from sorapipe.videos.model import Order, Variant
from sorapipe.videos.profile import Profile
from sorapipe.videos.reference import File, Reference, lacks
from sorapipe.videos.said import Seconds, Size
from sorapipe.videos.secret import NO_SECRET, Secret

MODEL, SECONDS, SIZE = "sora-2", 4, "1280x720"  # what a create sends unless said
MIB = 1 << 20
ANSWER_LIMIT = MIB  # bytes of one answer; a Video is below 40 KiB even with the longest prompt
LIST_LIMIT = 8 * MIB  # a hundred of those
PAGE = 100  # the most that a list gives at once

# What a request says outside of `extra`, where it is checked, priced and remembered.
_OWN = frozenset({"prompt", "model", "seconds", "size", "input_reference", "video"})


class Revision(TypedDict, total=False):
    """What every request for a render may say. `extra` are the server's own parameters."""

    prompt: Required[str]
    seed: int | None
    extra: Mapping[str, Any] | None
    idempotency_key: str | None


class Extension(Revision):
    """What an extension says: `seconds` is how much is added."""

    seconds: Seconds


class Scene(Revision, total=False):
    """What a create says, but for its picture, which people have in more forms than the wire.

    The first three are always sent: MODEL, SECONDS, SIZE unless said. `characters` are ids of
    characters that the server has.
    """

    model: str
    seconds: Seconds
    size: Size
    characters: Iterable[str] | None


class Creation(Scene, total=False):
    """What a create says."""

    input_reference: Reference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """One request. `path` is below the base URL; `address` is a whole one, for results elsewhere.

    The body is `json`, or multipart where `form` or `files` is not empty, or none. `auth` is how
    the key goes with it. `spends` tells whether it asks for a render; `limit` is how many bytes of
    an answer are read.
    """

    method: str
    path: str = ""
    address: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    form: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, File], ...] = ()
    auth: Auth = "bearer"
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
    """A new video. Raises UsageError for what can't be, or has no way to be said there."""
    said.fields("create", fields, Creation, "prompt")
    names = profile.fields
    body: dict[str, Any] = {
        names.prompt: said.prompt(fields["prompt"]),
        names.model: said.model(fields.get("model", MODEL)),
        names.seconds: said.seconds(fields.get("seconds", SECONDS), names.seconds_type),
        names.size: said.size(fields.get("size", SIZE)),
    }
    if characters := said.ids(fields.get("characters") or ()):
        if not profile.characters:
            raise lacks(profile, "a character", "leave it out")
        body[names.characters] = characters
    more, files = reference.sent(profile, fields.get("input_reference"))
    return _spending(profile, profile.paths.create, body | more, fields, files)


def remix(profile: Profile, video: str, **fields: Unpack[Revision]) -> WireRequest:
    """A completed video rendered again under another prompt; model, size and length stay."""
    if not profile.remix:
        raise lacks(profile, "remix", "use a provider that has it")
    said.fields("remix", fields, Revision, "prompt")
    return _spending(profile, _at(profile.paths.remix, video), _prompt(fields), fields)


def edit(profile: Profile, video: str, **fields: Unpack[Revision]) -> WireRequest:
    """A completed video changed as the prompt says; model, size and length stay."""
    if not profile.edit:
        raise lacks(profile, "edit", "use a provider that has it")
    said.fields("edit", fields, Revision, "prompt")
    body = {**_prompt(fields), "video": {"id": _id(video)}}
    return _spending(profile, profile.paths.edit, body, fields)


def extend(profile: Profile, video: str, **fields: Unpack[Extension]) -> WireRequest:
    """A completed video continued for that many more seconds; the answer is the stitched whole."""
    if not profile.extend:
        raise lacks(profile, "extend", "use a provider that has it")
    said.fields("extend", fields, Extension, "prompt", "seconds")
    seconds = said.seconds(fields["seconds"], profile.fields.seconds_type)
    body = {**_prompt(fields), "seconds": seconds, "video": {"id": _id(video)}}
    return _spending(profile, profile.paths.extend, body, fields)


def create_character(profile: Profile, *, name: str, video: File) -> WireRequest:
    """A character from a short film, to be named in the creates to come."""
    if not profile.characters:
        raise lacks(profile, "a character", "leave it out")
    return _request(
        profile,
        "POST",
        profile.paths.characters,
        form=(("name", said.name(name)),),
        files=(("video", video),),
        spends=True,
    )


def retrieve_character(profile: Profile, character: str) -> WireRequest:
    """What the server knows of a character."""
    if not profile.characters:
        raise lacks(profile, "a character", "leave it out")
    return _request(profile, "GET", _at(profile.paths.character, character))


def retrieve(profile: Profile, video: str) -> WireRequest:
    """How a video is doing."""
    return _request(profile, "GET", _at(profile.paths.retrieve, video))


def list_page(
    profile: Profile, *, limit: int = PAGE, order: Order = "desc", after: str | None = None
) -> WireRequest:
    """One page of the list; `after` is the `last_id` of the page before."""
    if profile.list == "none":
        raise lacks(profile, "a list", "remember the ids of what you create")
    if not 1 <= limit <= PAGE:
        raise UsageError("limit", f"{limit} videos a page is not possible", f"1 to {PAGE}")
    if order not in ("asc", "desc"):
        raise UsageError("order", f"'{bounded(order)}' is not an order", "'asc' or 'desc'")
    query = {"limit": str(limit), "order": order}
    if after is not None:
        query["after"] = said.unicode("after", after)
    return _request(profile, "GET", profile.paths.list, query=query, limit=LIST_LIMIT)


def delete(profile: Profile, video: str) -> WireRequest:
    """A video's removal from the server."""
    if not profile.delete:
        raise lacks(profile, "delete", "nothing is left to do there")
    return _request(profile, "DELETE", _at(profile.paths.delete, video))


def content(profile: Profile, video: str, variant: Variant = "video") -> WireRequest:
    """A video's bytes. The variant is said only where it is another one: some servers refuse it."""
    if variant != "video" and not profile.variants:
        raise lacks(profile, f"the variant '{variant}'", "ask for 'video'")
    query = {} if variant == "video" else {"variant": variant}
    path = _at(profile.paths.content, video)
    return _request(profile, "GET", path, query=query, headers=_BYTES)


def result(profile: Profile, address: str) -> WireRequest:
    """A video's bytes from where its answer says they lie (relative to the base URL, or whole)."""
    return WireRequest(method="GET", address=address, headers=_BYTES, auth=profile.auth)


def reserved(profile: Profile) -> frozenset[str]:
    """The names that `extra` can't have: what they stand for is said outside of it."""
    names, image = profile.fields, profile.image
    own = {names.prompt, names.model, names.seconds, names.size, image.part, image.field}
    own |= {names.seed} if profile.seed else set()
    own |= {names.characters} if profile.characters else set()
    return _OWN | own


_ACCEPT = {"accept": "application/json"}
# Compressed video gains nothing, and Content-Length then counts something else than the file.
_BYTES = {"accept": "*/*", "accept-encoding": "identity"}


def _request(profile: Profile, method: str, path: str, **more: Any) -> WireRequest:
    """A request of that profile; a path's own query comes before what is asked."""
    bare, _, fixed = path.partition("?")
    if fixed:
        own = dict(parse_qsl(fixed, keep_blank_values=True))
        more["query"] = {**own, **more.get("query", {})}
    more.setdefault("headers", _ACCEPT)
    return WireRequest(method=method, path=bare, auth=profile.auth, **more)


def _spending(
    profile: Profile,
    path: str,
    body: dict[str, Any],
    fields: Revision,
    files: tuple[tuple[str, File], ...] = (),
) -> WireRequest:
    """A request for a render: JSON, or multipart for a file and where the profile wants it."""
    seed = fields.get("seed")
    if seed is not None:
        if not profile.seed:
            raise lacks(profile, "a seed", "leave it out")
        body[profile.fields.seed] = said.seed(seed)
    for name, value in said.parameters(fields.get("extra") or {}).items():
        if name in reserved(profile) or name in body:
            raise UsageError("extra", f"'{name}' is a field of its own", "say it outside of extra")
        if value is not None:
            body[name] = value
    headers = dict(_ACCEPT)
    if key := fields.get("idempotency_key"):
        headers["idempotency-key"] = said.key(key)
    if not files and profile.body == "json":
        return _request(profile, "POST", path, headers=headers, json=body, spends=True)
    objects = frozenset({"video", profile.image.field, profile.fields.characters})
    form = as_form(body, objects)
    return _request(profile, "POST", path, headers=headers, form=form, files=files, spends=True)


def _prompt(fields: Revision) -> dict[str, Any]:
    return {"prompt": said.prompt(fields["prompt"])}


def _at(path: str, video: str) -> str:
    """The path of a video; an id that would turn it into another path never gets here unquoted."""
    return path.replace("{id}", quote(_id(video), safe="=:@~"))


def _id(video: str) -> str:
    if not isinstance(video, str) or not video or set(video) == {"."}:
        raise UsageError("video", f"'{video}' is not an id", "the id that create answered")
    return said.unicode("video", video)
