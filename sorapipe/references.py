"""Reference pictures on disk: what they are, told by their own bytes and without decoding them."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

from sorapipe.core.wording import shortened
from sorapipe.folder import BadFileError, Kind, read

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 64 * 10**6  # what fitting it later may take of memory is bounded here

Format = Literal["jpeg", "png", "webp"]

_PICTURE = Kind(
    "picture", "references", "name a JPEG, PNG or WebP file", "save it smaller", MAX_BYTES
)


@dataclass(frozen=True, slots=True)
class Measured:
    """A reference picture: the digest of its bytes, how many they are, and its size in pixels."""

    path: Path
    sha256: str
    bytes: int
    width: int
    height: int
    format: Format

    @property
    def size(self) -> str:
        """`WIDTHxHEIGHT`."""
        return f"{self.width}x{self.height}"


def measure(folder: Path, path: str) -> Measured:
    """Look at the picture at that path under the folder. Raises BadFileError."""
    return picture(folder, path)[0]


def picture(folder: Path, path: str) -> tuple[Measured, bytes]:
    """The same with the very bytes that were measured: the file is read once."""
    raw = read(folder, path, _PICTURE)
    kind = _format(raw)
    if kind is None:
        what = "is no picture" if raw else "is empty"
        raise BadFileError(path, f"'{shortened(path)}' {what}", "JPEG, PNG and WebP are read")
    size = _size(raw, kind)
    if size is None:
        raise BadFileError(path, f"'{shortened(path)}' is a damaged {kind.upper()}", "save it anew")
    if size[0] * size[1] > MAX_PIXELS:
        what = f"'{shortened(path)}' is {size[0]}x{size[1]}"
        raise BadFileError(path, what, "pictures of up to 64 megapixels are read")
    digest = hashlib.sha256(raw).hexdigest()
    return Measured(folder / path, digest, len(raw), *size, kind), raw


def _format(raw: bytes) -> Format | None:
    """What the first bytes say; the name of a file proves nothing."""
    if raw.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    return "webp" if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP" else None


def _size(raw: bytes, kind: Format) -> tuple[int, int] | None:
    """Width and height from the header, without decoding; None where it is damaged."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nothing is decoded; the caller bounds the size
            with Image.open(BytesIO(raw), formats=[kind.upper()]) as image:
                return image.size
    except Exception:
        # Pillow's readers raise whatever a damaged header makes them stumble over
        return None
