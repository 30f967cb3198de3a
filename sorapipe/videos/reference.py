"""A reference image in the form that it came in, and as a profile's server takes it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any

from sorapipe.errors import UsageError
from sorapipe.videos import said
from sorapipe.videos.errors import bounded
from sorapipe.videos.profile import Profile

LONGEST_URL = 20 << 20  # characters of a URL, data URLs too: the API's own bound

_DATA = re.compile(r"data:([^;,]*)((?:;[^;,]*)*),(.*)", re.DOTALL)
_MEDIA_TYPE = re.compile(r"[!-~]+/[ -~]+")
_SIGNS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is sent: its name, its media type and its bytes.

    Raises UsageError for a name or a type that can't stand in a request.
    """

    name: str
    media_type: str
    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        said.unicode("file name", self.name)
        if not _MEDIA_TYPE.fullmatch(self.media_type):  # a line break would begin another header
            what = f"'{bounded(self.media_type)}' is not a media type"
            raise UsageError("media_type", what, "such as image/png")


@dataclass(frozen=True, slots=True)
class Image(File):
    """A reference image whose bytes are at hand."""


@dataclass(frozen=True, slots=True)
class ImageUrl:
    """A reference image by an address that the server fetches, or a data URL."""

    url: str


@dataclass(frozen=True, slots=True)
class FileId:
    """A reference image that the server already has."""

    id: str


Reference = Image | ImageUrl | FileId


def image_of(data: bytes, name: str = "") -> Image:
    """The image with those bytes. Raises UsageError where they are none that a server takes."""
    kind = next((kind for sign, kind in _SIGNS.items() if data.startswith(sign)), "")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    if not kind:
        raise UsageError(name or "input_reference", "it is no picture", "a PNG, JPEG or WebP")
    return Image(name or f"reference.{kind}", f"image/{kind}", data)


def url_of(text: str) -> ImageUrl:
    """The image at that address. Raises UsageError where no server could fetch it."""
    if len(text) > LONGEST_URL:
        raise UsageError("input_reference", "the URL is too long", "give the image's file")
    if text.lower().startswith("data:"):
        decoded(text)
    elif not re.match(r"https?://[^\s/]", text, re.IGNORECASE) or not text.isprintable():
        what = f"'{bounded(text[:80])}' is not an address"
        raise UsageError("input_reference", what, "an https URL or a data URL")
    return ImageUrl(text)


def decoded(url: str) -> Image:
    """The image that a data URL carries. Raises UsageError where it carries none."""
    found = _DATA.fullmatch(url)
    if found is None or ";base64" not in found[2].lower():
        raise UsageError("input_reference", "the data URL is not in base64", _DATA_URL)
    try:
        data = base64.b64decode(found[3].strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError("input_reference", "the data URL is not in base64", _DATA_URL) from error
    return image_of(data)


_DATA_URL = "data:image/png;base64,..."


def data_url(image: Image) -> str:
    """The image as a data URL."""
    return f"data:{image.media_type};base64,{base64.b64encode(image.data).decode('ascii')}"


def sent(
    profile: Profile, reference: Reference | None
) -> tuple[dict[str, Any], tuple[tuple[str, File], ...]]:
    """The fields and the files that say it in the profile's dialect.

    A picture whose bytes are at hand goes as a file wherever one can be sent, also out of a data
    URL: many a gateway that reads the file drops the field unread, or refuses it. It goes as a data
    URL where there are no files. Raises UsageError for what the profile has no form for.
    """
    forms = profile.image
    if isinstance(reference, ImageUrl):
        url = reference.url
        reference = decoded(url) if _is_data(reference) else url_of(url)
    if isinstance(reference, FileId):
        said.text("input_reference", reference.id, "FileId('file-...')")
    if isinstance(reference, Image) and forms.part:
        return {}, ((forms.part, reference),)
    if isinstance(reference, Image) and forms.field:
        reference = ImageUrl(data_url(reference))
    if reference is None:
        return {}, ()
    return {forms.field: _shaped(profile, _allowed(profile, reference))}, ()


def _allowed(profile: Profile, reference: Reference) -> ImageUrl | FileId:
    """The reference, where the profile has a field for it."""
    there = bool(profile.image.field)
    if isinstance(reference, FileId) and there and profile.file_id:
        return reference
    if isinstance(reference, ImageUrl) and there:
        return reference
    if isinstance(reference, FileId):
        raise lacks(profile, "a reference by file id", "give the image's file")
    if isinstance(reference, ImageUrl):
        raise lacks(profile, "a reference by URL", "download it, and give the file")
    raise lacks(profile, "a reference image", "leave it out")


def _shaped(profile: Profile, reference: ImageUrl | FileId) -> object:
    if isinstance(reference, FileId):
        told: dict[str, object] = {"file_id": reference.id}
    else:
        told = {"image_url": reference.url}
        if profile.image.shape == "text":
            return reference.url
        if profile.image.shape == "frames":
            frame = {"type": "image_url", "image_url": {"url": reference.url}}
            return [{**frame, "frame_type": "first_frame"}]
    return json.dumps(told) if profile.image.shape == "json" else told


def _is_data(reference: ImageUrl) -> bool:
    return reference.url[:5].lower() == "data:"


def lacks(profile: Profile, what: str, fix: str) -> UsageError:
    """The error for what a profile has no way to say."""
    return UsageError(f"profile '{profile.name}'", f"{what} is not possible there", fix)
