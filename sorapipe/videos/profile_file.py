"""What may stand in a profile's table, ours or a user's, and how a user's is laid over ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sorapipe.errors import UsageError
from sorapipe.videos import tables
from sorapipe.videos.tables import Check

_SIZE = re.compile(r"[1-9]\d{0,4}x[1-9]\d{0,4}")
_BELOW_VIDEO = frozenset({"retrieve", "content", "delete", "remix", "character"})
_FIRM = frozenset({"prices"})  # tables that a user's replaces: half a price list would mislead


def checked(where: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """The table's values, each as Python has it. Raises UsageError that names the key."""
    found = tables.read(where, dict(table), _PROFILE)
    image = found.get("image", {})
    if found.get("file_id") and image.get("shape", "object") not in {"object", "json"}:
        what = "a file id can't be sent in this profile's image.shape"
        raise UsageError(f"{where}.file-id", what, 'image.shape = "object", or file-id = false')
    if found.get("min_poll_interval", 0) > found.get("max_poll_interval", tables.MOST):
        raise UsageError(f"{where}.max-poll-interval", "it is below min-poll-interval", "above it")
    return found


def laid_over(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with what `over` says instead, table by table; a price keeps its own date."""
    merged = dict(base)
    if "prices" in over:
        merged.pop("priced", None)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(value, dict) and isinstance(below, dict) and key not in _FIRM
        merged[key] = laid_over(below, value) if both else value  # type: ignore[arg-type] # both
    return merged


def _path(where: str, value: object) -> str:
    path = tables.text(where, value)
    try:
        parts = urlsplit(path)
    except ValueError as error:  # half an IPv6 address
        raise _no_path(where, path) from error
    whole = where.rpartition(".")[2] not in _BELOW_VIDEO
    if not path.startswith("/") or parts.netloc or parts.fragment or " " in path:
        raise _no_path(where, path)
    if parts.path.count("{id}") != (0 if whole else 1) or "{" in path.replace("{id}", "", 1):
        right = "no braces" if whole else "'{id}' once, where the id goes"
        raise UsageError(where, f"'{path}' has the wrong braces", right)
    try:
        parse_qsl(parts.query, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise UsageError(where, f"'{path}' has a broken query", "?name=value") from error
    return path


def _no_path(where: str, path: str) -> UsageError:
    return UsageError(where, f"'{path}' is not a path below the base URL", "/videos")


def _sizes(where: str, value: object) -> object:
    if value in {"any", "even"} if isinstance(value, str) else False:
        return value
    if not isinstance(value, list) or not value:
        raise UsageError(where, f"{value!r} is not possible", '"any", "even", or a list of sizes')
    return tuple(_size(where, size) for size in value)


def _size(where: str, value: object) -> str:
    if not isinstance(value, str) or not _SIZE.fullmatch(value):
        raise UsageError(where, f"{value!r} is not a size", '"WIDTHxHEIGHT", such as "1280x720"')
    return value


def _seconds(where: str, value: object) -> object:
    if value in {"any", "whole"} if isinstance(value, str) else False:
        return value
    if not isinstance(value, list) or not value:
        fix = '"any", "whole", or a list of numbers'
        raise UsageError(where, f"{value!r} is not possible", fix)
    return tuple(tables.number(where, item) for item in value)


def _prices(where: str, value: object) -> dict[str, Decimal]:
    for size in tables.rows(where, value):
        if size != "any":
            _size(f"{where}.{size}", size)
    found: dict[str, Decimal] = tables.each(tables.amount)(where, value)
    return found


def _depth(where: str, value: object) -> int:
    """How many renders may wait; 0 where a server keeps none waiting."""
    return 0 if type(value) is int and value == 0 else tables.count(where, value)


def _codes(where: str, value: object) -> tuple[str, ...]:
    """A list of a server's codes; an empty one would be every error that has none."""
    found = tables.texts(where, value)
    if not all(code.strip() for code in found):
        raise UsageError(where, "an empty text is no code", '["...", "..."]')
    return found


def _table(checks: Mapping[str, Check]) -> Check:
    return lambda where, value: tables.read(where, value, checks)


_MODEL: dict[str, Check] = {
    "also": tables.texts,
    "sizes": _sizes,
    "seconds": _seconds,
    "max-seconds": tables.number,
    "prices": _prices,
    "priced": tables.day,
}
_PATHS = (*sorted(_BELOW_VIDEO), "create", "list", "edit", "extend", "characters", "models")
_NAMES = ("prompt", "model", "seconds", "size", "seed", "characters")
_STATUSES = ("queued", "in_progress", "completed", "failed")
_PROFILE: dict[str, Check] = {
    "about": tables.text,
    "checked": tables.day,
    "sources": tables.each(tables.text),
    "base-url": tables.text,
    "auth": tables.one_of("bearer", "api-key"),
    "body": tables.one_of("json", "multipart"),
    "paths": _table(dict.fromkeys(_PATHS, _path)),
    "fields": _table(
        dict.fromkeys(_NAMES, tables.word) | {"seconds-type": tables.one_of("text", "integer")}
    ),
    "image": _table(
        {
            "part": tables.word,
            "field": tables.word,
            "shape": tables.one_of("object", "json", "text", "frames"),
        }
    ),
    "statuses": tables.each(tables.one_of(*_STATUSES)),
    "result-urls": tables.texts,
    "unknown-id": _codes,
    "clues": _table(dict.fromkeys(("header", "host", "path", "owner"), tables.word)),
    "list": tables.one_of("none", "hint", "proof"),
    "idempotency": tables.one_of("none", "replay", "reject"),
    **dict.fromkeys(("list-complete", "delete", "remix", "edit", "extend"), tables.flag),
    **dict.fromkeys(("variants", "characters", "seed", "file-id", "failures-free"), tables.flag),
    **dict.fromkeys(("concurrency", "requests-per-minute", "retention"), tables.count),
    "queue-depth": _depth,
    **dict.fromkeys(("min-poll-interval", "max-poll-interval"), tables.interval),
    "models": tables.each(_table(_MODEL)),
}
