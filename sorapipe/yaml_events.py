"""From YAML events to plain data, with the place of every key and value.

No nodes are built and nothing recurses: one loop over the parser's events, which is five times
faster than PyYAML's loader and can be fed anything.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from sorapipe.core.scalars import FIRST, plain
from sorapipe.core.wording import shortened

MAX_DEPTH = 32
MAX_ALIASED = 10_000  # nodes that aliases may add; a bomb of 430 bytes would add a thousand million

Parser: Any = getattr(yaml, "CLoader", yaml.SafeLoader)  # libyaml where PyYAML was built with it


class Broken:
    """Stands for a value that could not be read; its fault has been told already."""

    def __repr__(self) -> str:
        return "BROKEN"


BROKEN = Broken()

_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS = ("str", "int", "float", "bool", "null")
_TAGS: dict[Any, tuple[str, ...]] = {
    MappingStartEvent: ("!", _CORE + "map"),
    SequenceStartEvent: ("!", _CORE + "seq"),
    ScalarEvent: ("!", *(_CORE + name for name in _SCALAR_TAGS)),
}
_MEANT: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "null": (type(None),),
}


class Stop(Exception):
    """The way out where reading can't go on; `fault` is why: (line, column, what, fix)."""

    def __init__(self, event: Any, what: str, fix: str) -> None:
        super().__init__(what)
        self.fault = (event.start_mark.line, event.start_mark.column, what, fix)


class Builder:
    """Builds `data` from a text.

    `lines` and `cols` (from 0) have an entry for every key and value in document order. `spelled`
    keeps the text of plain scalars that Python would write in another way, `aliases` the entries
    that are aliases, `faults` what was wrong, as (line, column, what, fix), and `merged` the ids of
    the mappings that lack what `<<` would have added.
    """

    def __init__(self) -> None:
        self.data: Any = BROKEN
        self.lines = array("I")
        self.cols = array("I")
        self.spelled: dict[int, str] = {}
        self.aliases: set[int] = set()
        self.faults: list[tuple[int, int, str, str]] = []
        self.merged: set[int] = set()
        self._next: Callable[[], Any]
        self._anchors: dict[str, tuple[Any, int]] = {}  # the value, and how many nodes it has
        self._aliased = 0
        self._keys: dict[str, str] = {}  # those found good, plain or not: one object for each

    def build(self, text: str) -> None:
        """Read the whole text. Raises Stop, or the parser's own yaml.YAMLError."""
        parser = Parser(text)
        self._next = parser.get_event
        try:
            self._stream()
        finally:
            parser.dispose()

    def _stream(self) -> None:
        documents = 0
        while type(event := self._next()) is not StreamEndEvent:
            if type(event) is DocumentStartEvent:
                documents += 1
                if documents == 2:
                    raise Stop(event, "a second document", "one file has one storyboard")
                self._document()

    def _document(self) -> None:  # noqa: C901, PLR0912, PLR0915 - the hot loop: calls would double its time
        """Everything up to the end of the document's root value."""
        take_next, note_line, note_col = self._next, self.lines.append, self.cols.append
        known_keys = self._keys
        stack: list[tuple[Any, tuple[str, int, int] | None]] = []
        current: Any = None  # the list or mapping that is being filled
        key: str | None = None  # the key whose value comes next
        in_mapping = False
        opened: tuple[str, int, int] | None = None  # current's anchor, and the counts at its start
        while True:
            event = take_next()
            kind = type(event)
            if kind is MappingEndEvent or kind is SequenceEndEvent:
                if opened is not None:
                    self._close_anchor(opened, current)
                current, opened = stack.pop()
                if not stack:
                    return
                in_mapping = type(current) is dict
                continue
            mark = event.start_mark
            if in_mapping and key is None:
                key = known_keys.get(event.value) if kind is ScalarEvent else None
                if key is None or key in current or event.tag or event.anchor:
                    key = self._key(event, current)
                if key is None:
                    self._skip(take_next())
                else:
                    note_line(mark.line)
                    note_col(mark.column)
                continue
            note_line(mark.line)
            note_col(mark.column)
            value: Any
            if kind is ScalarEvent:
                value = event.value
                if event.tag is not None or event.anchor is not None:
                    value = self._marked_scalar(event)
                elif event.implicit[0]:
                    if value[:1] in FIRST:
                        value = self._plain(event)
                elif not value.isascii():
                    value = self._escaped(event)
            elif kind is AliasEvent:
                value = self._alias(event)
            else:
                value = {} if kind is MappingStartEvent else []
            if in_mapping:
                current[key] = value
                key = None
            elif current is not None:
                current.append(value)
            else:
                self.data = value
            if kind is MappingStartEvent or kind is SequenceStartEvent:
                stack.append((current, opened))
                current, in_mapping = value, kind is MappingStartEvent
                opened = self._open(event, len(stack))
            elif current is None:
                return

    def _fault(self, event: Any, what: str, fix: str) -> None:
        self.faults.append((event.start_mark.line, event.start_mark.column, what, fix))

    def _open(self, event: Any, depth: int) -> tuple[str, int, int] | None:
        """Look at a list or mapping that begins; what its end must know of its anchor."""
        if depth > MAX_DEPTH:
            raise Stop(event, f"lists and mappings more than {MAX_DEPTH} deep", "flatten them")
        self._check_tag(event)
        if event.anchor is None:
            return None
        self._anchors[event.anchor] = (BROKEN, 0)  # until its end: it can't be part of itself
        return event.anchor, len(self.lines), self._aliased

    def _close_anchor(self, opened: tuple[str, int, int], value: Any) -> None:
        name, nodes, aliased = opened
        size = len(self.lines) - nodes + self._aliased - aliased + 1
        self._anchors[name] = (value, size)

    def _alias(self, event: Any) -> Any:
        """The value of the anchor, shared and not copied."""
        value, size = self._anchors.get(event.anchor, (None, 0))
        if event.anchor not in self._anchors:
            fix = "text that begins with '*' goes in quotes"
            self._fault(event, f"no anchor '&{shortened(event.anchor)}' stands above", fix)
            return BROKEN
        if size == 0:
            self._fault(event, f"'*{shortened(event.anchor)}' is a part of itself", "write it out")
            return BROKEN
        self._aliased += size
        if self._aliased > MAX_ALIASED:
            raise Stop(
                event, f"aliases that add more than {MAX_ALIASED:,} values", "write them out"
            )
        self.aliases.add(len(self.lines) - 1)
        return value

    def _plain(self, event: Any) -> Any:
        """A plain scalar that may be more than text."""
        text = event.value
        try:
            value = plain(text)
        except ValueError as error:
            self._fault(event, str(error), "quote it if it is text")
            return BROKEN
        if str(value) != text:
            self.spelled[len(self.lines) - 1] = text
        return value

    def _marked_scalar(self, event: Any) -> Any:
        """A scalar with a tag or an anchor."""
        self._check_tag(event)
        value = self._escaped(event)
        name = (event.tag or "").removeprefix(_CORE)
        if name in _MEANT:
            value = self._plain(event)
            if value is not BROKEN and type(value) not in _MEANT[name]:
                what = f"{shortened(event.value)!r} is not of the kind '!!{name}'"
                self._fault(event, what, "correct either")
                value = BROKEN
        elif event.tag is None and event.implicit[0]:
            value = self._plain(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        return value

    def _check_tag(self, event: Any) -> None:
        tag = event.tag
        if tag is None or tag in _TAGS[type(event)]:
            return
        shown = "!!" + tag.removeprefix(_CORE) if tag.startswith(_CORE) else tag
        fix = "leave it out; text that begins with '!' goes in quotes"
        self._fault(event, f"unknown tag {shortened(shown)!r}", fix)

    def _escaped(self, event: Any) -> Any:
        """The text, if UTF-8 can write it: the pure parser lets half a surrogate pair through."""
        text = event.value
        try:
            text.encode()
        except UnicodeEncodeError:
            self._fault(event, "half of a surrogate pair", "write the character itself")
            return BROKEN
        return text

    def _key(self, event: Any, mapping: dict[str, Any]) -> str | None:
        """The key, or None where it is refused."""
        if type(event) is not ScalarEvent:
            self._fault(event, "a key that is not text", "keys are plain words, without '?' or '*'")
            self._skip(event)
            return None
        text: str = event.value
        is_plain, number = event.implicit[0], len(self.faults)
        no_text = _is_no_text(text)
        self._check_tag(event)
        if is_plain and text == "<<":
            self._fault(event, "'<<' is not read", "what the shots share goes under 'defaults'")
            self.merged.add(id(mapping))
        elif (is_plain and no_text) or (event.tag or "").removeprefix(_CORE) in _MEANT:
            shown = shortened(text) or "null"
            self._fault(event, f"the key {shown} is not text", "put it in quotes")
        elif text in mapping:
            self._fault(event, f"{shortened(text)!r} is said twice", "keep one of them")
        else:
            self._escaped(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (text, 1)
        if len(self.faults) > number:
            return None
        # a quoted "1" is a key, but must not vouch for a plain 1
        return text if no_text else self._keys.setdefault(text, text)

    def _skip(self, event: Any) -> None:
        """Read past a whole value that begins with this event; its anchors stand for nothing."""
        depth = 0
        while True:
            kind = type(event)
            if kind is MappingEndEvent or kind is SequenceEndEvent:
                depth -= 1
            else:
                if kind is not AliasEvent and event.anchor is not None:
                    self._anchors[event.anchor] = (BROKEN, 1)
                depth += kind is MappingStartEvent or kind is SequenceStartEvent
            if depth == 0:
                return
            event = self._next()


def _is_no_text(text: str) -> bool:
    """Whether a plain scalar is a number, a truth value or nothing."""
    if text[:1] not in FIRST:
        return False
    try:
        return not isinstance(plain(text), str)
    except ValueError:
        return True
