"""Ids of letters and digits out of those of hexadecimal digits, and back."""

from __future__ import annotations

import string

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase


def shortened(hexadecimal: str) -> str:
    """That number of 32 hexadecimal digits as 22 letters and digits."""
    number, found = int(hexadecimal, 16), ""
    for _ in range(22):
        number, digit = divmod(number, 62)
        found = _DIGITS[digit] + found
    return found


def unshortened(text: str) -> str:
    """The hexadecimal digits again; whatever else is given gives none that anybody has."""
    number = 0
    for digit in text[:30]:
        number = number * 62 + _DIGITS.index(digit)
    return f"{number:032x}"
