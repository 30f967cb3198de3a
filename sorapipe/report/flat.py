"""A storyboard as YAML that people read and sorapipe reads again."""

from __future__ import annotations

import json
import re
from typing import Any

# What every reader of YAML takes for text without quotes, also those that follow version 1.1.
_WORD = re.compile(
    r"(?i:(?!(?:y|n|yes|no|on|off|true|false|null)\Z))[A-Za-z][A-Za-z0-9_./-]*|[1-9][0-9]+x[0-9]+"
)
# What a terminal would obey (see `errors.printable`), or a reader of YAML not take as it is.
_SIGNS = "\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
_ESCAPED = re.compile(f"[{_SIGNS}]")
_NO_BLOCK = re.compile(f"[\x00-\x09\x0b-\x1f{_SIGNS}]|\\A\\s|\n\\Z|^ +$", re.MULTILINE)


def as_yaml(storyboard: dict[str, Any]) -> str:
    """The storyboard's data as a YAML document."""
    lines: list[str] = []
    for key, value in storyboard.items():
        if key != "shots":
            lines.append(f"{key}: {_inline(value)}")
            continue
        lines.append("shots:")
        for shot in value:
            shown = [_entry(name, said) for name, said in shot.items()]
            lines += ["  - " + shown[0], *("    " + line for line in shown[1:])]
    return "\n".join(lines) + "\n"


def _entry(key: str, value: Any) -> str:
    """One key of a shot; a text of several lines is shown as such."""
    if isinstance(value, str) and "\n" in value and not _NO_BLOCK.search(value):
        body = "\n".join("      " + line if line else "" for line in value.split("\n"))
        return f"{key}: |-\n{body}"
    return f"{key}: {_inline(value)}"


def _inline(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        items = (f"{_text(key)}: {_inline(item)}" for key, item in value.items())
        return "{ " + ", ".join(items) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    if _WORD.fullmatch(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
