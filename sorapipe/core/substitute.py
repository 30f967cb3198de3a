"""Substitution: `{name}` of a declared variable, literally and once.

No expressions, no environment, and what was put in is not looked at again. Only a brace around a
bare identifier counts, so a prompt that is JSON stays as it is; `{{name}}` gives the text {name}.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_BRACES = re.compile(r"\{\{([^\W\d]\w*)\}\}|\{([^\W\d]\w*)\}")


def pieces(text: str) -> list[str | tuple[str]]:
    """The text in parts: literal ones as str, names to be looked up as a tuple of one."""
    parts: list[str | tuple[str]] = []
    done = 0
    for found in _BRACES.finditer(text):
        parts.append(text[done : found.start()])
        parts.append("{" + found[1] + "}" if found[1] else (found[2],))
        done = found.end()
    parts.append(text[done:])
    return [part for part in parts if part]


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
