"""The reference image of a request: where it stands in it, and whether the studio can use it."""

from __future__ import annotations

import base64
import binascii
import io

from PIL import Image, UnidentifiedImageError

from sorapipe.studio.refusal import Refusal
from sorapipe.studio.requests import File
from sorapipe.studio.rules import kind_of

URL_LENGTH = 20 << 20  # characters of a data URL
FORMATS = ("JPEG", "PNG", "WEBP")
_PARAM = "input_reference"


def picture_bytes(given: object) -> bytes | None:
    """The image's bytes, from a file or from `{image_url}` with a data URL; raises Refusal."""
    if given is None:
        return None
    if isinstance(given, File):
        return given.data
    if not isinstance(given, dict):
        message = f"expected a file or an object, but got {kind_of(given)} instead."
        raise Refusal(f"Invalid type for '{_PARAM}': {message}", param=_PARAM, code="invalid_type")
    named = sorted(key for key in ("image_url", "file_id") if given.get(key) is not None)
    if len(named) != 1:
        raise _invalid("expected exactly one of 'image_url' and 'file_id'.")
    if named == ["file_id"]:
        raise _invalid("the studio keeps no files; give the image itself, or a data URL.")
    return _from_url(given["image_url"])


def _from_url(url: object) -> bytes:
    if not isinstance(url, str) or not url.startswith("data:"):
        raise _invalid("the studio has no network; give a data URL (data:image/png;base64,...).")
    if len(url) > URL_LENGTH:
        raise _invalid(f"the data URL is longer than {URL_LENGTH} characters.")
    head, comma, text = url.partition(",")
    if not comma or not head.endswith(";base64"):
        raise _invalid("the data URL must be in base64.")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _invalid("the data URL's base64 is broken.") from None


def check_picture(data: bytes, size: str) -> None:
    """Refuse what is not a whole JPEG, PNG or WebP of exactly that "WIDTHxHEIGHT"."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            # Before anything is decoded, so that an image of another size costs nothing.
            if f"{image.width}x{image.height}" != size:
                raise Refusal("Inpaint image must match the requested width and height")
            image.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise _invalid("expected a whole image in JPEG, PNG or WebP.") from None


def _invalid(what: str) -> Refusal:
    return Refusal(f"Invalid '{_PARAM}': {what}", param=_PARAM, code="invalid_value")
