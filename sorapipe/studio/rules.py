"""What the studio accepts: models, sizes, lengths and limits, strict as the real API or lenient.

Pure. The strict sets are those of the real API in its last form, and 1024x1024, which our users'
documentation of it lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sorapipe.studio.refusal import Refusal

# What can be deleted: what has ended, or anything; and then whether its render is also stopped.
Deletes = Literal["ended", "any", "any-and-stops"]

MODEL, SIZE, SECONDS = "sora-2", "1280x720", 4  # design, section 6
PROMPT_LENGTH = 32_000  # characters
STITCHED = 120  # seconds that a video may have after its extensions
EXTENSIONS = 6  # that a video may have, as strict rules have it
CHARACTERS = 2  # that a video may have
NAME_LENGTH = 80  # characters of a character's name
LENIENT_SECONDS = 60
LENIENT_SIDE = range(16, 4097, 2)  # pixels; even, because the encoder halves the colour
SEED = 1 << 63

_SIZES = ("720x1280", "1280x720", "1024x1024")
_PRO_SIZES = (*_SIZES, "1024x1792", "1792x1024", "1080x1920", "1920x1080")
LENGTHS = ("4", "8", "12", "16", "20")
MODELS = {
    "sora-2": _SIZES,
    "sora-2-2025-10-06": _SIZES,
    "sora-2-2025-12-08": _SIZES,
    "sora-2-pro": _PRO_SIZES,
    "sora-2-pro-2025-10-06": _PRO_SIZES,
}

_NUMBER = re.compile(r"[0-9]{1,4}(\.[0-9]{1,6})?")
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_PAIR = re.compile(r"([0-9]{1,4})x([0-9]{1,4})")
_KINDS: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    dict: "an object",
    list: "an array",
}


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one studio. Every method reads one field as it came and raises Refusal."""

    strict: bool
    deletes: Deletes = "ended"

    def prompt(self, given: object) -> str:
        """1 to 32,000 characters."""
        return _bounded("prompt", given, PROMPT_LENGTH)

    def model(self, given: object) -> str:
        """A model's name; in lenient mode any name."""
        name = MODEL if given is None else _text("model", given)
        if not name or (self.strict and name not in MODELS):
            raise not_one_of("model", name, MODELS)
        return name

    def size(self, given: object, model: str, *, param: str = "size") -> str:
        """WIDTHxHEIGHT in pixels: the model's sizes, or in lenient mode any even ones."""
        size = SIZE if given is None else _text("size", given)
        if self.strict:
            if size not in MODELS[model]:
                raise not_one_of(param, size, MODELS[model])
            return size
        pair = _PAIR.fullmatch(size)
        if not pair or not all(int(side) in LENIENT_SIDE for side in pair.groups()):
            what = "expected WIDTHxHEIGHT, both even and from 16 to 4096"
            raise Refusal(f"Invalid value: '{size}': {what}.", param=param, code="invalid_value")
        return f"{int(pair[1])}x{int(pair[2])}"

    def seconds(self, given: object) -> str:
        """A length, as a number or as text: one of the real ones, or in lenient mode up to 60."""
        if given is None:
            return str(SECONDS)
        text = _number(given)
        if self.strict and text not in LENGTHS:
            raise not_one_of("seconds", text, LENGTHS)
        if not self.strict and not 0 < Decimal(text) <= LENIENT_SECONDS:
            what = f"expected more than 0 and at most {LENIENT_SECONDS} seconds"
            raise Refusal(
                f"Invalid value: '{text}': {what}.", param="seconds", code="invalid_value"
            )
        return text

    def extension(self, parent_seconds: str, extended: int, given: object) -> tuple[str, str]:
        """What an extension adds to a parent of that length, and how long the whole will be.

        `extended` is how many extensions the parent has already.
        """
        if given is None:
            raise missing("seconds")
        added = self.seconds(given)
        if self.strict and extended >= EXTENSIONS:
            what = f"it has been extended {extended} times, which is as often as can be"
            raise Refusal(f"Invalid 'video': {what}.", param="video", code="invalid_value")
        total = Decimal(parent_seconds) + Decimal(added)
        if total > STITCHED:
            what = f"a video may have {STITCHED} seconds with its extensions, not {_plain(total)}"
            raise Refusal(f"Invalid 'seconds': {what}.", param="seconds", code="invalid_value")
        return added, _plain(total)

    def characters(self, given: object) -> list[str]:
        """The ids in `[{"id": ...}]`, two at most."""
        if given is None:
            return []
        items = given if isinstance(given, list) else [None]
        ids = [item.get("id") if isinstance(item, dict) else None for item in items]
        if not all(isinstance(character_id, str) for character_id in ids):
            raise _wrong_type("characters", "an array of objects with an 'id'", given)
        if len(ids) > CHARACTERS:
            what = f"a video can have {CHARACTERS} characters, not {len(ids)}"
            raise Refusal(
                f"Invalid 'characters': {what}.", param="characters", code="array_above_max_length"
            )
        return [str(character_id) for character_id in ids]

    def name(self, given: object) -> str:
        """A character's name: 1 to 80 characters."""
        return _bounded("name", given, NAME_LENGTH)

    def seed(self, given: object) -> int | None:
        """A signed 64-bit integer, as a number or as text; the real API has none."""
        if given is None:
            return None
        text = str(given) if isinstance(given, int | str) and not isinstance(given, bool) else ""
        if isinstance(given, float) and given.is_integer():
            text = str(int(given))  # to JSON, 7.0 is an integer
        if not _INTEGER.fullmatch(text) or not -SEED <= int(text) < SEED:
            raise _wrong_type("seed", "a 64-bit integer", given)
        return int(text)


def missing(param: str) -> Refusal:
    """A required field is not there."""
    message = f"Missing required parameter: '{param}'."
    return Refusal(message, param=param, code="missing_required_parameter")


def _text(param: str, given: object) -> str:
    if not isinstance(given, str):
        raise _wrong_type(param, "a string", given)
    return given


def _bounded(param: str, given: object, most: int) -> str:
    """A text of 1 to `most` characters."""
    if given is None:
        raise missing(param)
    text = _text(param, given)
    if not 1 <= len(text) <= most:
        code = "string_above_max_length" if text else "empty_string"
        what = f"it must have 1 to {most} characters, not {len(text)}"
        raise Refusal(f"Invalid '{param}': {what}.", param=param, code=code)
    return text


def _number(given: object) -> str:
    """The number in its plainest spelling: 8, "8" and 8.0 are all "8"."""
    text = str(given) if isinstance(given, int | float | str) else ""
    if isinstance(given, bool) or not _NUMBER.fullmatch(text):
        raise Refusal(
            f"Invalid value for 'seconds': {_shown(given)}; expected a number of seconds.",
            param="seconds",
            code="invalid_value",
        )
    return _plain(Decimal(text))


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _shown(given: object) -> str:
    return f"'{given[:100]}'" if isinstance(given, str) else kind_of(given)


def kind_of(given: object) -> str:
    """What a value that came over the wire is, in the words of JSON."""
    return _KINDS.get(type(given), "a file")


def _wrong_type(param: str, expected: str, given: object) -> Refusal:
    message = f"Invalid type for '{param}': expected {expected}, but got {kind_of(given)} instead."
    return Refusal(message, param=param, code="invalid_type")


def not_one_of(param: str, given: str, known: Iterable[str]) -> Refusal:
    """A value is none of those that there are."""
    choices = ", ".join(f"'{value}'" for value in known)
    message = f"Invalid value: '{given[:100]}'. Supported values are: {choices}."
    return Refusal(message, param=param, code="invalid_value")
