"""The body of a request: JSON, or the fields of a multipart form. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal

from sorapipe.videos.said import plain


def as_form(fields: Mapping[str, object], objects: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """The fields of a form.

    Those in `objects` are the API's own, and go as bracket fields (`video[id]`,
    `characters[][id]`); any other structure goes as JSON text.
    """
    return tuple(pair for name, value in fields.items() for pair in _pairs(name, value, objects))


def _pairs(name: str, value: object, objects: frozenset[str]) -> Iterator[tuple[str, str]]:
    if name in objects and isinstance(value, Mapping):
        for key, inner in value.items():
            yield f"{name}[{key}]", _text(inner)
    elif name in objects and isinstance(value, list):
        for item in value:
            for key, inner in item.items():
                yield f"{name}[][{key}]", _text(inner)
    else:
        yield name, _text(value)


def _text(value: object) -> str:
    """A value as a form's field: texts as they are, numbers in digits, the rest as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return plain(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
