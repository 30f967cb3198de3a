"""The YAML parser's complaints in plain words."""

from __future__ import annotations

import re

import yaml

_QUOTE_IT = "put the text in quotes"
_INDENT = "start it in the same column as its neighbours"

# (in the parser's complaint, in its context, what is wrong, what would be right, told of the
# opening instead of the end). The first that fits wins; libyaml's words and the pure parser's.
_KNOWN = (
    ("tab character", "", "a tab used as indentation", "indent with spaces", False),
    ("end of stream", "quoted scalar", "this quote is never closed",
     "close it, or quote the text the other way", True),
    ("document", "quoted scalar", "this quote is never closed",
     "close it, or quote the text the other way", True),
    ("unknown escape", "", "this backslash means nothing in double quotes",
     "double it, or use single quotes", False),
    ("hexdec", "", "this backslash needs hexadecimal digits after it",
     "double it, or use single quotes", False),
    ("hexadecimal", "", "this backslash needs hexadecimal digits after it",
     "double it, or use single quotes", False),
    ("Unicode character escape", "", "no character has this code", "correct the digits", False),
    ("mapping values are not allowed", "", "a ': ' that belongs to no key of this line",
     "put the text in quotes if the colon is part of it, else check the indentation", False),
    ("could not find expected ':'", "", "a line without 'key: value'",
     "write a ':' and a space after the key, and indent text that goes on", True),
    ("',' or ']'", "", "this list is not closed", "a ',' or the ']' is missing", True),
    ("',' or '}'", "", "this mapping is not closed", "a ',' or the '}' is missing", True),
    ("'-' indicator", "", "this line fits into no list or mapping above it", _INDENT, False),
    ("expected key", "", "this line fits into no list or mapping above it", _INDENT, False),
    ("<block end>", "", "this line fits into no list or mapping above it", _INDENT, False),
    ("sequence entries are not allowed", "", "a list may not begin here",
     "begin it on a line of its own", False),
    ("mapping keys are not allowed", "", "a '?' may not stand here", _QUOTE_IT, False),
    ("expected", "block scalar", "text after '|' or '>'",
     "begin the text on the next line, indented", False),
    ("undefined tag handle", "", "unknown tag", "text that begins with '!' goes in quotes", False),
    ("", "tag", "unknown tag", "text that begins with '!' goes in quotes", False),
    ("", "alias", "a '*' without the name of an anchor",
     "text that begins with '*' goes in quotes", True),
    ("", "anchor", "a '&' without a name", "text that begins with '&' goes in quotes", True),
    ("directive", "", "a line that begins with '%'", _QUOTE_IT, False),
    ("", "directive", "a line that begins with '%'", _QUOTE_IT, False),
    ("<document start>", "", "this stands outside of the document",
     "one file has one storyboard, and its keys start in one column", False),
    ("incompatible YAML", "", "an unknown version of YAML", "leave out the '%YAML' line", False),
)  # fmt: skip


def reworded(error: yaml.YAMLError, text: str) -> tuple[int, int, str, str]:
    """(line, column, what, fix) of the parser's error; line and column count from 0."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return _unprintable(text)  # all that is left is a character that may not be
    complaint, context = error.problem or "", error.context or ""
    end = error.problem_mark or error.context_mark
    opening = error.context_mark or error.problem_mark
    line, col = (end.line, end.column) if end else (0, 0)
    if "cannot start any token" in complaint:
        return line, col, *_bad_start(_letter(text, line, col))
    if "node content" in complaint:
        sign = _letter(text, line, col)
        what = f"a {sign!r} where a value was expected" if sign else "a value is missing here"
        return line, col, what, _QUOTE_IT if sign else ""
    for wanted, where, what, fix, at_opening in _KNOWN:
        if wanted in complaint and where in context:
            place = opening if at_opening and opening else end
            return (place.line, place.column, what, fix) if place else (0, 0, what, fix)
    return line, col, "this is not YAML", complaint


def _bad_start(sign: str) -> tuple[str, str]:
    if sign == "\t":
        return "a tab used as indentation", "indent with spaces"
    return f"plain text may not begin with {sign!r}", _QUOTE_IT


def _letter(text: str, line: int, col: int) -> str:
    """The character at that place, or nothing past the end."""
    lines = text.splitlines()
    return lines[line][col : col + 1] if line < len(lines) else ""


_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _unprintable(text: str) -> tuple[int, int, str, str]:
    """(line, column, what, fix) of the first character that YAML does not allow."""
    found = _FORBIDDEN.search(text)
    at = found.start() if found else 0
    line = text.count("\n", 0, at)
    col = at - (text.rfind("\n", 0, at) + 1)
    sign = f"U+{ord(text[at]):04X}" if found else "a character"
    return line, col, f"{sign} may not stand in YAML", "delete it, or write it as an escape"
