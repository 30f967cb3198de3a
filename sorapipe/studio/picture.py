"""The reference image of a request: where it stands in it, and whether the studio can use it."""

from __future__ import annotations

import io

from PIL import Image, UnidentifiedImageError

from sorapipe.studio.image_url import image_at, invalid
from sorapipe.studio.refusal import Refusal
from sorapipe.studio.requests import File
from sorapipe.studio.rules import kind_of

FORMATS = ("JPEG", "PNG", "WEBP")
_PARAM = "input_reference"


async def picture_bytes(given: object, *, loopback: bool) -> bytes | None:
    """The image's bytes: from a file, or from `{image_url}`.

    `loopback` tells whether the address may be one of this machine. Raises Refusal.
    """
    if given is None:
        return None
    if isinstance(given, File):
        return given.data
    if not isinstance(given, dict):
        message = f"expected a file or an object, but got {kind_of(given)} instead."
        raise Refusal(f"Invalid type for '{_PARAM}': {message}", param=_PARAM, code="invalid_type")
    named = sorted(key for key in ("image_url", "file_id") if given.get(key) is not None)
    if len(named) != 1:
        raise invalid("expected exactly one of 'image_url' and 'file_id'.")
    if named == ["file_id"]:
        raise invalid("the studio keeps no files; give the image itself, or a data URL.")
    return await image_at(given["image_url"], loopback=loopback)


def check_picture(data: bytes, size: str) -> None:
    """Refuse what is not a whole JPEG, PNG or WebP of exactly that "WIDTHxHEIGHT"."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            # Before anything is decoded, so that an image of another size costs nothing.
            if f"{image.width}x{image.height}" != size:
                raise Refusal("Inpaint image must match the requested width and height")
            image.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise invalid("expected a whole image in JPEG, PNG or WebP.") from None
