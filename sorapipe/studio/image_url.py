"""A reference image by its address: a data URL, or a file that this very machine serves.

The studio has no way out to the network. Where it is told so (`sorapipe serve` on loopback) it
fetches from loopback, because that is where tests keep their pictures; an address that a web page
or another machine could profit from is never asked.
"""

from __future__ import annotations

import asyncio
import base64
import binascii

from sorapipe.studio.guard import is_loopback
from sorapipe.studio.refusal import Refusal

LIMIT = 20 << 20  # characters of a data URL, bytes of a file
PATIENCE = 10.0  # seconds for a whole file
_PARAM = "input_reference"


async def image_at(url: object, *, loopback: bool) -> bytes:
    """The bytes at that address; `loopback` tells whether this machine may be asked.

    Raises Refusal.
    """
    if not isinstance(url, str):
        raise invalid("the 'image_url' must be a string.")
    if url.startswith("data:"):
        return _in_data(url)
    if not url.startswith(("http://", "https://")):
        raise invalid("the 'image_url' must be a data URL or an https URL.")
    if not loopback:
        raise _unreachable("the studio has no network; give the file, or a data URL")
    return await _fetched(url)


def invalid(what: str) -> Refusal:
    """400: the image cannot be used."""
    return Refusal(f"Invalid '{_PARAM}': {what}", param=_PARAM, code="invalid_value")


def _in_data(url: str) -> bytes:
    if len(url) > LIMIT:
        raise invalid(f"the data URL is longer than {LIMIT} characters.")
    head, comma, text = url.partition(",")
    if not comma or not head.endswith(";base64"):
        raise invalid("the data URL must be in base64.")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("the data URL's base64 is broken.") from None


async def _fetched(url: str) -> bytes:
    import httpx

    data = bytearray()
    try:
        address = httpx.URL(url)
        if not is_loopback(address.host) or (address.port or 0) > 65_535:
            raise _unreachable("the studio asks no other machine; give the file, or a data URL")
        async with (
            asyncio.timeout(PATIENCE),
            httpx.AsyncClient(trust_env=False, headers={"Accept-Encoding": "identity"}) as client,
            client.stream("GET", address) as answer,
        ):
            if answer.status_code != 200:
                raise _unreachable(f"it answered {answer.status_code}")
            async for block in answer.aiter_raw():
                data += block
                if len(data) > LIMIT:
                    raise invalid(f"the image is larger than {LIMIT >> 20} MiB.")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise _unreachable(f"it cannot be fetched ({type(error).__name__})") from None
    return bytes(data)


def _unreachable(why: str) -> Refusal:
    message = f"Failed to download the image of '{_PARAM}': {why}."
    return Refusal(message, param=_PARAM, code="invalid_image_url")
