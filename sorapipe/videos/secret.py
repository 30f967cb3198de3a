"""An API key that can be sent, and nothing else: it never shows itself."""

from __future__ import annotations

import re

from sorapipe.errors import UsageError

HIDDEN = "[API key]"
_SHORT = 8  # "EMPTY" or "test" are words too: below this only the whole word is taken for the key


class Secret:
    """A text that is hidden in every print. An empty one is false."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"Secret({HIDDEN if self._text else 'none'})"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def reveal(self) -> str:
        """The text itself, for the one header that needs it."""
        return self._text

    def redact(self, text: str) -> str:
        """The text without this secret in it."""
        if not self._text:
            return text
        if len(self._text) >= _SHORT:
            return text.replace(self._text, HIDDEN)
        word = rf"(?<![A-Za-z0-9]){re.escape(self._text)}(?![A-Za-z0-9])"
        return re.sub(word, HIDDEN, text)


NO_SECRET = Secret()


def checked(text: str, where: str) -> Secret:
    """The key, if it can stand in a header. Raises UsageError, which does not show it."""
    if not re.fullmatch(r"[!-~]*", text):
        raise UsageError(
            where,
            "the API key has a character that no key has (a space, a line break, a control or a "
            "letter outside ASCII)",
            "give the bare key on one line",
        )
    return Secret(text)
