"""The JSON Schemas that ship with sorapipe: their text, and what they find wrong with data."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from sorapipe.core.screen import passes, passes_head
from sorapipe.core.wording import Fault
from sorapipe.core.wording import Path as DataPath
from sorapipe.errors import UsageError
from sorapipe.schema_faults import Found, worded

_SUFFIX = ".schema.json"


def _folder() -> Path:
    """Inside the package where that was installed from a wheel, else beside it in the checkout."""
    package = Path(__file__).parent
    inside = package / "schemas"
    return inside if inside.is_dir() else package.parent / "schemas"


def names() -> list[str]:
    """The schemas there are, such as `storyboard`."""
    return sorted(path.name.removesuffix(_SUFFIX) for path in _folder().glob("*" + _SUFFIX))


def text(name: str) -> str:
    """The schema as it was written. Raises UsageError where there is none of that name."""
    if name not in names():
        raise UsageError(name, "no schema has this name", f"there are {', '.join(names())}")
    return (_folder() / (name + _SUFFIX)).read_text(encoding="utf-8")


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema as data, with every `$ref` replaced by what it points to."""
    document: dict[str, Any] = json.loads(text(name))
    inlined: dict[str, Any] = _inlined(document, document)
    return inlined


def _inlined(part: Any, document: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_inlined(item, document) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        target: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return _inlined(target, document)
    return {key: _inlined(value, document) for key, value in part.items()}


@cache
def _validator(name: str, item: bool) -> Any:
    """For the whole but its shots, or for one shot: the shots are most of a storyboard."""
    from jsonschema import Draft202012Validator

    whole = schema(name)
    if item:
        return Draft202012Validator(whole["$defs"]["shot"])
    shots = {**whole["properties"]["shots"], "items": True}
    return Draft202012Validator({**whole, "properties": {**whole["properties"], "shots": shots}})


def storyboard_faults(data: Any, broken: Any, merged: Collection[int]) -> list[Fault]:
    """Everything that the schema holds against a storyboard, in words.

    `broken` stands for values whose fault has been told already; mappings whose id is in `merged`
    lack keys for such a reason.
    """
    faults: list[Fault] = []
    for path, error in _errors(data):
        if error.instance is broken or (
            error.validator == "required" and id(error.instance) in merged
        ):
            continue
        faults += worded(Found(path, error, data))
    meant = {fault.meant for fault in faults}
    return [fault for fault in faults if fault.path not in meant]


def _errors(data: Any) -> Iterator[tuple[DataPath, Any]]:
    if not passes_head(data):
        for error in _validator("storyboard", item=False).iter_errors(data):
            yield tuple(error.absolute_path), error
    shots = data.get("shots") if isinstance(data, dict) else None
    if isinstance(shots, list):
        for index, shot in enumerate(shots):
            if passes(shot):
                continue
            for error in _validator("storyboard", item=True).iter_errors(shot):
                yield ("shots", index, *error.absolute_path), error
