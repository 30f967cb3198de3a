"""What is said of a prompt whose script the packaged fonts do not have."""

from __future__ import annotations

import unicodedata
from collections import Counter

# The first word of a sign's Unicode name, where a person would call its script something else.
_NAMES = {
    "CJK": "Chinese",
    "HANGUL": "Korean",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "THAI": "Thai",
    "DEVANAGARI": "Hindi",
}


def stand_in(text: str) -> str:
    """A line in place of text that cannot be drawn, such as "Japanese prompt, 14 signs"."""
    signs = [sign for sign in text if sign.isalnum()]
    found = Counter(_script(sign) for sign in signs)
    if "Japanese" in found:
        found["Japanese"] += found.pop("Chinese", 0)
    name = max(sorted(found), key=found.__getitem__, default="")
    amount = f"{len(signs)} sign{'s' if len(signs) != 1 else ''}"
    return f"{name} prompt, {amount}" if name else ""


def _script(sign: str) -> str:
    first = unicodedata.name(sign, "").partition(" ")[0]
    return _NAMES.get(first, first.capitalize())
