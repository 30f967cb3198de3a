"""The names that shots and their files may have. Names are refused, never silently changed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from sorapipe.core.storyboard import Shot, TakeNumber
from sorapipe.core.substitute import pieces
from sorapipe.core.wording import shortened

MAX_NAME = 255  # bytes that file systems take, `.mp4` included

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)))
)
_RESERVED = {"cut": "cut.mp4 is the assembled film", "takes": "takes/ is where the takes lie"}
_NOT_IN_NAMES = re.compile(r"[/\\\x00-\x1f\x7f-\x9f]")

FilePart = str | TakeNumber


def id_fault(name: str) -> tuple[str, str] | None:
    """(what is wrong, what would be right) with a shot's id, if anything."""
    if not _ID.fullmatch(name):
        what = f"the id '{shortened(name, 80)}' can't be used"
        if len(name) > 64:
            return what, "an id has at most 64 characters"
        return (
            what,
            "an id has letters, digits, '.', '_' and '-', and begins with a letter or digit",
        )
    if name.partition(".")[0].lower() in _DEVICES:
        return f"the id '{name}' is the name of a device on Windows", "choose another"
    return None


def file_parts(
    template: str, values: Mapping[str, str], unknown: Callable[[str], None]
) -> tuple[FilePart, ...]:
    """The deliverable's name in parts; `values` has the variables, `id` and `prompt`.

    What is put in for a name keeps every character but `/`, a backslash, NUL and controls, which
    become `_`.
    """
    parts: list[FilePart] = []
    for piece in pieces(template):
        part: FilePart
        if isinstance(piece, str):
            part = piece
        elif piece[0] in ("take", "take0"):
            part = TakeNumber(first=1 if piece[0] == "take" else 0)
        elif piece[0] in values:
            part = _NOT_IN_NAMES.sub("_", values[piece[0]])
        else:
            unknown(piece[0])
            continue
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        elif part != "":
            parts.append(part)
    return tuple(parts)


def template_fault(template: str) -> tuple[str, str] | None:
    """What is wrong with what stands literally in a `file`."""
    for piece in pieces(template):
        found = _NOT_IN_NAMES.search(piece) if isinstance(piece, str) else None
        if found:
            sign = repr(found[0]) if found[0] != "\\" else "'\\'"
            return f"{sign} in a file's name", "deliverables lie side by side, in no folders"
    return None


def file_fault(shot: Shot) -> tuple[str, str] | None:
    """What is wrong with the name of the shot's deliverable."""
    name = shot.file_name(shot.takes)
    stem = name.removesuffix(".mp4")
    if _braced(shot.file):
        what = "the file's name has the take's number in braces"
        return what, "leave them out: they would read as the text {take}"
    if not stem:
        return "the file's name is empty", "give it one, or remove 'file'"
    if stem.startswith("."):
        return f"the file's name '{shortened(name)}' begins with a dot", "such files are hidden"
    if stem.lower() in _RESERVED:
        return (
            f"the file's name '{name}' is taken: {_RESERVED[stem.lower()]}",
            "give another 'file'",
        )
    size = len(name.encode())
    if size > MAX_NAME:
        return (
            f"the file's name has {size} bytes with .mp4",
            f"file systems take at most {MAX_NAME}",
        )
    return None


def _braced(parts: tuple[FilePart, ...]) -> bool:
    """Whether variables put braces around a take's number: no template could say that by itself."""
    around = zip(parts, parts[1:], parts[2:], strict=False)
    return any(
        isinstance(before, str)
        and isinstance(after, str)
        and (before.endswith("{") and after.startswith("}"))
        for before, _, after in around
    )


def file_names(shot: Shot) -> list[str]:
    """The names of all that the shot may deliver."""
    return [shot.file_name(take) for take in range(1, shot.takes + 1 if shot.delivers_all else 2)]


def caseless(name: str) -> str:
    """Equal for names that some file systems can't tell apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
