"""Text with the packaged fonts: Inter, and DejaVu Sans for what Inter has no signs for.

Text is laid out sign by sign in the order in which it is seen, so that it looks the same on every
machine: Pillow's other engine depends on libraries that are there or not. What neither font can
draw is left out.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

_FONTS = ("Inter-Medium.otf", "DejaVuSans.ttf")
_NOWHERE = "\U0010ffff"  # a sign that no font has: what is drawn for it is the sign for missing


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    data = (files("sorapipe.studio") / "fonts" / name).read_bytes()
    return ImageFont.truetype(BytesIO(data), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _missing(name: str) -> bytes:
    return bytes(_font(name, 16).getmask(_NOWHERE))


@cache
def _home(sign: str) -> str | None:
    """The first font that can draw the sign."""
    for name in _FONTS:
        if bytes(_font(name, 16).getmask(sign)) != _missing(name):
            return name
    return None


def drawable(sign: str) -> bool:
    """Whether a packaged font has this sign."""
    return sign == " " or _home(sign) is not None


class Face:
    """The packaged fonts at one size in pixels."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._main = _font(_FONTS[0], size)

    def runs(self, text: str) -> list[tuple[ImageFont.FreeTypeFont, str]]:
        """Stretches of the text with the font that draws them."""
        runs: list[tuple[ImageFont.FreeTypeFont, str]] = []
        for sign in text:
            name = _FONTS[0] if sign == " " else _home(sign)
            if name is None:
                continue
            font = self._main if name == _FONTS[0] else _font(name, self.size)
            if runs and runs[-1][0] is font:
                runs[-1] = (font, runs[-1][1] + sign)
            else:
                runs.append((font, sign))
        return runs

    def width(self, text: str) -> float:
        """How wide the text is, in pixels."""
        return sum(font.getlength(part) for font, part in self.runs(text))

    def draw(
        self, onto: Image.Image, at: tuple[float, float], text: str, spacing: float = 0
    ) -> float:
        """Write on an 'L' image, the baseline's left end at `at`; gives the x after it."""
        draw, (x, y) = ImageDraw.Draw(onto), at
        for font, part in self.runs(text):
            for piece in part if spacing else (part,):
                draw.text((x, y), piece, fill=255, font=font, anchor="ls")
                x += font.getlength(piece) + spacing
        return x


def tidy(text: str) -> str:
    """The text on one line: signs that join or steer others are dropped, white space is one space.

    Letters with marks are composed where Unicode has the letter as one sign.
    """
    composed = unicodedata.normalize("NFC", text)
    kept = (" " if s.isspace() or unicodedata.category(s) == "Cc" else s for s in composed)
    shown = "".join(
        s for s in kept if unicodedata.category(s) not in {"Cf", "Cs", "Co", "Cn", "Mn", "Me"}
    )
    return " ".join(shown.split())
