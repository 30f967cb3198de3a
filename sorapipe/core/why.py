"""What changed since a take was made: field by field, in the storyboard's words. Pure.

A take remembers what it was made of, in the event that bought it or that took it from the store.
Held against what is wanted now, that tells an edit, which is a new wish, from a source that came
out differently, which makes a take *stale*.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from sorapipe.core.request import canonical
from sorapipe.core.take import Take

# What a source is called: by what the take started from.
_NAMES = {"picture": "reference", "frame": "parent", "video": "parent"}
SOURCES = frozenset({"reference", "parent", "frame", "fit"})
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Making:
    """What a take is made of. `source` is None where it starts from nothing, or nobody knows yet.

    Both mappings are as the ledger keeps them (`Request.as_data`, `Source.as_data`). `open` says
    that the source is still to come.
    """

    request: Mapping[str, Any]
    source: Mapping[str, str] | None
    provider: str
    open: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One field that is not as it was; None where it was not there, or is not there any more."""

    field: str
    before: Any
    after: Any


def making_of(take: Take) -> Making | None:
    """What the take was made of; None where an old ledger does not say it."""
    for event in (take.kept, take.intent):
        if "request" in event:
            return Making(event["request"], event["source"], event["provider"])
    return None


def changes(before: Making, after: Making) -> list[Change]:
    """What differs, in a fixed order; without what it starts from while that is open."""
    found = list(_request(before.request, after.request))
    if not after.open:
        found += _source(before.source, after.source)
    if before.provider != after.provider:
        found.append(Change("provider", before.provider, after.provider))
    return found


def source_alone(found: list[Change]) -> bool:
    """Whether nothing differs but what the take starts from."""
    return all(change.field in SOURCES for change in found)


def in_a_word(found: list[Change]) -> str:
    """The changes for one line: `changed: prompt, size`, or `stale: parent`."""
    if not found:
        return "changed"
    word = "stale" if source_alone(found) else "changed"
    return f"{word}: {', '.join(change.field for change in found)}"


def word_by_word(before: str, after: str) -> str:
    """Both texts in one: what went as `[-old-]`, what came as `{+new+}`.

    Neighbours that both changed are told together, with the spaces between them.
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    parts: list[tuple[str, str]] = []  # pairs of old and new text, equal where nothing changed
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        pair = "".join(old[a:b]), "".join(new[c:d])
        after_change = len(parts) > 1 and parts[-1][0].isspace() and parts[-1][0] == parts[-1][1]
        if kind != "equal" and after_change:
            (gone, came), (space, _) = parts[-2:]
            parts[-2:] = [(gone + space + pair[0], came + space + pair[1])]
        else:
            parts.append(pair)
    return "".join(_marked(gone, came) for gone, came in parts)


def _marked(gone: str, came: str) -> str:
    if gone == came:
        return gone
    return (f"[-{gone}-]" if gone else "") + ("{+" + came + "+}" if came else "")


def _request(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    old, new = _flat(before), _flat(after)
    for name in dict.fromkeys((*new, *old)):
        if canonical(old.get(name)) != canonical(new.get(name)):
            yield Change(name, old.get(name), new.get(name))


def _flat(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request's fields, those of `extra` each for itself, in the storyboard's words."""
    fields = {"reference" if key == "file_id" else key: value for key, value in request.items()}
    extra = fields.pop("extra", {})
    return fields | {f"extra.{key}": value for key, value in extra.items()}


def _source(before: Mapping[str, str] | None, after: Mapping[str, str] | None) -> Iterator[Change]:
    old, new = before or {}, after or {}
    names = [_NAMES[source["kind"]] for source in (old, new) if source]
    if len(set(names)) == 2:  # a picture became a parent, or the other way round
        yield Change(names[0], old["sha256"], None)
        yield Change(names[1], None, new["sha256"])
    elif names and old.get("sha256") != new.get("sha256"):
        yield Change(names[0], old.get("sha256"), new.get("sha256"))
    for name in ("frame", "fit"):
        if old and new and old.get(name) != new.get(name):
            yield Change(name, old.get(name), new.get(name))
