"""A reference picture made to meet the size of a video."""

from __future__ import annotations

import io
import threading
import warnings
from typing import Literal

from PIL import ExifTags, Image, ImageOps

from sorapipe.errors import SorapipeError

_FORMATS = ("JPEG", "PNG", "WEBP")
_UPRIGHT = 1
_QUIET = threading.Lock()  # Python's warning filters belong to the process, not to a thread


class BadPicture(SorapipeError):
    """A picture that cannot be read, or does not fit."""


def fit(
    image: bytes,
    width: int,
    height: int,
    how: Literal["exact", "cover", "contain"],
    *,
    where: str = "reference",
) -> bytes:
    """The picture in `width` x `height` pixels, as it is where it has them already.

    `exact` never resizes; `cover` fills and crops evenly; `contain` shows all of it on black.
    Pictures are turned as their EXIF says. What is drawn anew is a PNG where the original was one,
    or had transparency (which becomes black), else a JPEG; the same bytes every time. Raises
    BadPicture, with `where` in front.
    """
    size = (width, height)
    with _opened(image, where) as picture:
        try:
            picture.load()
            upright = picture.getexif().get(ExifTags.Base.Orientation, _UPRIGHT) == _UPRIGHT
            turned = ImageOps.exif_transpose(picture)
        except (OSError, ValueError, SyntaxError) as error:
            raise BadPicture(where, f"cannot be read as a picture ({error})") from error
        if upright and picture.size == size:
            return image
        lossless = picture.format == "PNG" or picture.has_transparency_data
    if how == "exact" and turned.size != size:
        raise BadPicture(
            where,
            f"is {turned.width}x{turned.height}, not {width}x{height}",
            "say 'fit: cover' or 'fit: contain'",
        )
    plain = _flat(turned)
    if plain.size != size:
        plain = _cover(plain, size) if how == "cover" else _contain(plain, size)
    return _encoded(plain, lossless=lossless, profile=_colours(turned))


def _opened(image: bytes, where: str) -> Image.Image:
    """The picture with only its header read. A picture that would fill the memory is refused."""
    try:
        with _QUIET, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(image), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        limit = (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise BadPicture(
            where, f"has more than {limit} million pixels", "make it smaller"
        ) from None
    except (OSError, ValueError, SyntaxError) as error:
        raise BadPicture(where, "is not a picture", "a JPEG, PNG or WebP file is") from error


def _flat(picture: Image.Image) -> Image.Image:
    """The picture in RGB, what shines through being black."""
    if picture.mode.startswith("I"):  # 16 bits of grey; a plain conversion would clip to white
        return picture.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    black = Image.new("RGBA", picture.size, (0, 0, 0, 255))
    return Image.alpha_composite(black, picture.convert("RGBA")).convert("RGB")


def _cover(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scaled to fill `size`, with equal parts cut off on both sides."""
    scale = max(size[0] / picture.width, size[1] / picture.height)
    across, down = size[0] / scale, size[1] / scale
    left, top = (picture.width - across) / 2, (picture.height - down) / 2
    box = (left, top, left + across, top + down)
    return picture.resize(size, Image.Resampling.LANCZOS, box=box)


def _contain(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scaled to stand whole in the middle of a black `size`."""
    scale = min(size[0] / picture.width, size[1] / picture.height)
    inner = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    canvas = Image.new("RGB", size)
    at = ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2)
    canvas.paste(picture.resize(inner, Image.Resampling.LANCZOS), at)
    return canvas


def _colours(picture: Image.Image) -> bytes | None:
    """The colour profile that still holds once the picture is RGB."""
    profile = picture.info.get("icc_profile")
    return profile if picture.mode in ("RGB", "RGBA") and isinstance(profile, bytes) else None


def _encoded(picture: Image.Image, *, lossless: bool, profile: bytes | None) -> bytes:
    out = io.BytesIO()
    picture.info.clear()  # no EXIF, place or comment of the original goes to a server
    if lossless:
        picture.save(out, "PNG", icc_profile=profile)
    else:
        picture.save(out, "JPEG", quality=95, subsampling=0, icc_profile=profile)
    return out.getvalue()
