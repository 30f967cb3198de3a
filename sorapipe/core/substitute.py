"""Substitution: `{name}` of a declared variable, literally and once.

No expressions, no environment, and what was put in is not looked at again. Only a brace around a
bare identifier counts, so a prompt that is JSON stays as it is; `{{name}}` gives the text {name}.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

_BRACES = re.compile(r"\{\{([^\W\d]\w*)\}\}|\{([^\W\d]\w*)\}")
_NAME = re.compile(r"\{([^\W\d]\w*)\}")


@lru_cache(maxsize=256)  # rows ask for the same few thousands of times
def pieces(text: str) -> tuple[str | tuple[str], ...]:
    """The text in parts: literal ones as str, names to be looked up as a tuple of one."""
    parts: list[str | tuple[str]] = []
    done = 0
    for found in _BRACES.finditer(text):
        parts.append(text[done : found.start()])
        parts.append("{" + found[1] + "}" if found[1] else (found[2],))
        done = found.end()
    parts.append(text[done:])
    return tuple(part for part in parts if part)


def escaped(text: str) -> str:
    """What to write so that substitution gives that very text."""
    return _NAME.sub(r"{{\1}}", text)


def substitute(text: str, values: Mapping[str, str], unknown: Callable[[str], None]) -> str:
    """The text with its names replaced; `unknown` is told each name that has no value."""
    if "{" not in text:
        return text
    return "".join(
        part if isinstance(part, str) else _value(part[0], values, unknown) for part in pieces(text)
    )


def _value(name: str, values: Mapping[str, str], unknown: Callable[[str], None]) -> str:
    if name in values:
        return values[name]
    unknown(name)
    return ""
