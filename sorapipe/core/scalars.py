"""What a plain YAML scalar means: the core schema of YAML 1.2, and nothing more.

So `no`, `on`, `12:30:00` and dates are text, `010` is ten, and `1e3` is the number 1000.0.
"""

from __future__ import annotations

import re
from math import isfinite

# A plain scalar that begins with none of these is text: one look-up settles nearly every value.
FIRST = frozenset((*"0123456789+-.~ntfNTF", ""))

_WORDS: dict[str, bool | None] = {
    "": None,
    **dict.fromkeys(("~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_WHOLE = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_REAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LARGEST = 2**63 - 1  # what JSON readers agree on; also keeps int() away from 5,000 digits
_BASES = {"0o": 8, "0x": 16}


def plain(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar. Raises ValueError, in words for people, for a bad number."""
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return _whole(text)
    if _NO_NUMBER.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    if _REAL.fullmatch(text):
        value = float(text)
        if not isfinite(value):
            raise ValueError("this number is too large")
        return value
    return text


def _whole(text: str) -> int:
    base = _BASES.get(text[:2], 10)
    digits = text[2:] if base != 10 else text
    if len(digits.lstrip("+-0")) > 63:  # enough for 2**63 in base 8 already
        raise ValueError(f"this number has {len(digits.lstrip('+-'))} digits")
    value = int(digits, base)
    if abs(value) > _LARGEST:
        raise ValueError("this number is too large")
    return value
