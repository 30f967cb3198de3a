"""The caption: the prompt, the model and size, a running timecode and a line that shows progress.

All of it stands in one band at the bottom, so that a picture made from this picture knows what to
cover. Where the picture is small the model goes first, then the prompt; under 64 pixels there is
no text at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from sorapipe.studio import paint
from sorapipe.studio.bidi import visual
from sorapipe.studio.encode import FPS
from sorapipe.studio.glyphs import Face, drawable, tidy
from sorapipe.studio.planes import RGB, Mask, Picture
from sorapipe.studio.scripts import stand_in
from sorapipe.studio.stage import even

WHITE: RGB = (248, 248, 244)
_READ = 1200  # a caption holds a few hundred signs; a prompt may have 32,000
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand in a picture of one size, in pixels."""

    width: int
    height: int

    @property
    def text(self) -> int:
        """The size of the prompt's letters; 0 where there is no room for any."""
        side = min(self.width, self.height)
        if side < 64:
            return 0
        return max(8, round(side * (0.034 if side >= 300 else 0.042)))

    @property
    def small(self) -> int:
        """The size of the timecode's and the model's letters."""
        return max(8, round(self.text * 0.68))

    @property
    def margin(self) -> int:
        """The free border around text."""
        return even(max(4, min(self.width, self.height) * 0.055))

    @property
    def lines(self) -> int:
        """How many lines of the prompt are shown at most."""
        if min(self.width, self.height) < 100:
            return 1
        return 2 if self.width >= self.height else 3

    @property
    def band(self) -> int:
        """The height of the band at the bottom that holds all text; even."""
        if not self.text:
            return 0
        rows = self.lines * self.text * 1.34 + self.small * 2.4
        return min(self.height, even(rows + self.margin * 1.5))

    @property
    def column(self) -> int:
        """How wide a line of the prompt may be."""
        return round(min(self.width - 2 * self.margin, self.text * 34))


class Caption:
    """The caption of one clip, drawn once; only the timecode and the line differ by frame."""

    def __init__(
        self, prompt: str, label: str, size: tuple[int, int], *, frames: int, accent: RGB
    ) -> None:
        self.layout = Layout(*size)
        self._frames, self._accent = max(1, frames), accent
        self._shade = _shade(self.layout)
        self._text = _text(self.layout, prompt, label) if self.layout.text else None
        self._digits = _digits(self.layout.small) if self.layout.text else {}

    def onto(self, picture: Picture, frame: int, share: float = 1.0) -> None:
        """Write it over that frame of the clip, as strongly as `share` (0..1) says."""
        width, height = picture.size
        if self._shade is not None:
            top = height - self._shade.y.height
            shade = _weaker(self._shade, share)
            picture.tint((0, 0, 0), shade, (0, top))
        if self._text is not None:
            text, at = self._text
            picture.tint(WHITE, _weaker(text, share), at)
            self._timecode(picture, frame)
        thick = even(max(2, height * 0.004))
        done = even(width * (frame + 1) / self._frames)
        picture.put(Picture.plain(done, thick, self._accent), (0, height - thick))

    def _timecode(self, picture: Picture, frame: int) -> None:
        layout = self.layout
        tall = even(layout.small * 1.4)
        strip = Image.new("L", (even(layout.small * 8), tall))
        x = 0
        for sign in timecode(frame):
            cell = self._digits[sign]
            strip.paste(cell, (x, 0))
            x += cell.width
        at = (
            even(layout.width - layout.margin - x),
            even(layout.height - layout.margin * 0.85 - tall),
        )
        if at[0] >= layout.margin:
            picture.tint(WHITE, Mask.of(strip), at)


def timecode(frame: int) -> str:
    """HH:MM:SS:FF."""
    seconds, rest = divmod(frame, FPS)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours % 100:02}:{minute:02}:{second:02}:{rest:02}"


def lines(prompt: str, face: Face, column: float, most: int) -> list[str]:
    """The prompt as at most `most` lines no wider than `column`; an ellipsis where it was cut."""
    text = tidy(prompt[:_READ])
    shown = "".join(sign for sign in text if drawable(sign))
    letters = sum(sign.isalnum() for sign in text)
    if sum(sign.isalnum() for sign in shown) * 2 < letters:
        shown = stand_in(text)
    rest = " ".join(shown.split())
    result: list[str] = []
    while rest and len(result) < most:
        line, rest = _fit(rest, face, column)
        result.append(line)
    if result and (rest or len(prompt) > _READ):
        result[-1] = _short(result[-1], face, column)
    return [visual(line) for line in result]


def _fit(text: str, face: Face, column: float) -> tuple[str, str]:
    """As many words as fit on a line (a part of a word, where not even one does), and the rest."""
    taken, width = 0, 0.0
    for i, sign in enumerate(text):
        width += face.width(sign)
        if width > column:
            break
        taken = i + 1
    if taken == len(text):
        return text, ""
    cut = text.rfind(" ", 0, taken + 1)
    if cut <= 0:
        cut = max(1, taken)
    return text[:cut].rstrip(), text[cut:].lstrip()


def _short(line: str, face: Face, column: float) -> str:
    while line and face.width(line + ELLIPSIS) > column:
        line = line[:-1]
    return line.rstrip(" ,.;:-–—") + ELLIPSIS


def _shade(layout: Layout) -> Mask | None:
    if not layout.band:
        return None
    tall = even(min(layout.height, layout.band * 1.75))
    return Mask.of(paint.fade((layout.width, tall), lambda p: 0.80 * min(1.0, p * 1.25) ** 1.6))


def _text(layout: Layout, prompt: str, label: str) -> tuple[Mask, tuple[int, int]]:
    """The prompt and the label as a mask, and where its top left corner stands."""
    full = Image.new("L", (layout.width, layout.band))
    big, small = Face(layout.text), Face(layout.small)
    rows = lines(prompt, big, layout.column, layout.lines)
    foot = layout.band - layout.margin
    line = layout.text * 1.34
    y = foot - layout.small * 1.9
    for row in reversed(rows):
        x = layout.margin
        big.draw(full, (x, y), row)
        y -= line
    _label(full, layout, label, small, foot)
    box = full.getbbox() or (0, 0, 2, 2)
    left, top = box[0] // 2 * 2, box[1] // 2 * 2
    trimmed = full.crop((left, top, left + even(box[2] - left + 2), top + even(box[3] - top + 2)))
    return Mask.of(trimmed), (left, layout.height - layout.band + top)


def _label(full: Image.Image, layout: Layout, label: str, face: Face, foot: float) -> None:
    tag = Image.new("L", full.size)
    spacing = layout.small * 0.09
    text = label.upper()
    room = layout.width - 2 * layout.margin - layout.small * 8
    if face.width(text) + spacing * len(text) <= room:
        face.draw(tag, (layout.margin, foot), text, spacing)
        full.paste(paint.dim(tag, 0.62), (0, 0), tag)


def _digits(size: int) -> dict[str, Image.Image]:
    """Each sign of a timecode in a cell of its own, so that running digits stand still."""
    face = Face(size)
    wide = max(1, round(max(face.width(digit) for digit in "0123456789")))
    tall = even(size * 1.4)
    cells = {}
    for sign in "0123456789:":
        cell = Image.new("L", (wide if sign != ":" else max(1, round(wide * 0.62)), tall))
        face.draw(cell, ((cell.width - face.width(sign)) / 2, round(tall * 0.82)), sign)
        cells[sign] = paint.dim(cell, 0.86)
    return cells


def _weaker(mask: Mask, share: float) -> Mask:
    return mask if share >= 1 else Mask(paint.dim(mask.y, share), paint.dim(mask.c, share))
