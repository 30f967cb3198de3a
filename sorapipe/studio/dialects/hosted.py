"""What the servers that people run themselves (vLLM-Omni, SGLang) have in common."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError
from starlette.requests import Request
from starlette.responses import Response

from sorapipe.studio.answers import answer
from sorapipe.studio.dialects.call import Call
from sorapipe.studio.image_url import image_at
from sorapipe.studio.picture import FORMATS
from sorapipe.studio.refusal import Refusal
from sorapipe.studio.requests import File
from sorapipe.studio.rules import MODEL, SIZE

_SIDE = 8192  # pixels: larger ones are left to be refused
FPS = 24  # frames a second, of the studio and of these servers unless they are told another number


def nowhere(request: Request, allowed: Sequence[str]) -> Response:
    """What FastAPI says of a path that it does not have, and of a method that a path lacks."""
    del request
    if not allowed:
        return answer({"detail": "Not Found"}, status=404)
    headers = {"Allow": ", ".join(allowed)}
    return answer({"detail": "Method Not Allowed"}, status=405, headers=headers)


def size_of(fields: Mapping[str, Any]) -> str:
    """The size that is wanted: `size`, else `width` and `height`, else the studio's."""
    pair = fields.get("width"), fields.get("height")
    return fields.get("size") or (f"{pair[0]}x{pair[1]}" if all(pair) else SIZE)


def seconds_of(fields: Mapping[str, Any], default: int) -> int | float:
    """The length that is wanted: `num_frames` at `fps`, else `seconds`."""
    if fields.get("num_frames"):
        return round(int(fields["num_frames"]) / float(fields.get("fps") or FPS), 6)
    return int(fields.get("seconds") or default)


async def picture(given: object, size: str) -> File | dict[str, Any] | None:
    """The studio's `input_reference`, from a file or an address, brought to that `size`.

    These servers take a picture of any size. What only the studio could fetch stays an address.
    """
    if isinstance(given, str) and not given.startswith("data:"):
        return {"image_url": given}
    if isinstance(given, str):
        given = File(await image_at(given, loopback=False))
    if isinstance(given, File):
        return File(await asyncio.to_thread(fitted, given.data, size))
    return None


def fitted(data: bytes, size: str) -> bytes:
    """The picture filling that size exactly; what is no picture stays as it is."""
    try:
        width, height = (int(side) for side in size.split("x"))
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            fits = (image.width, image.height) == (width, height)
            if fits or max(width, height, image.width, image.height) > _SIDE:
                return data
            file = io.BytesIO()
            ImageOps.fit(image.convert("RGB"), (width, height)).save(file, "png")
            return file.getvalue()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return data


async def page(call: Call, limit: int, after: str | None, order: str) -> dict[str, Any]:
    """The studio's page; an empty one after an id that it never knew."""
    query: dict[str, Any] = {"limit": limit, "order": order}
    if after:
        query["after"] = after
    try:
        found: dict[str, Any] = await call.ask("GET", "/videos", query=query)
    except Refusal as refusal:
        if refusal.param != "after":
            raise
        return {"data": [], "has_more": False}
    return found


def models(owner: str) -> Response:
    """A list of models: one, by the name that the studio gives to what is not named."""
    model = {"id": MODEL, "object": "model", "created": 0, "owned_by": owner}
    return answer({"object": "list", "data": [model]})
