"""What jsonschema finds wrong with a storyboard, in words that a person can act on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sorapipe.core.rows import BESIDE, name_fault
from sorapipe.core.wording import Fault, Names, Path, either, owner, shortened, subject

SOURCES = ("reference", "remix-of", "edit-of", "extend-of")
_KINDS = {"remix-of": "a remix", "edit-of": "an edit", "extend-of": "an extension"}
_CALLED = {  # what people write who come from elsewhere
    "duration": "seconds", "length": "seconds", "resolution": "size", "aspect": "size",
    "image": "reference", "input-reference": "reference", "picture": "reference", "name": "id",
    "text": "prompt", "variants": "takes", "count": "takes", "n": "takes", "remix": "remix-of",
    "extend": "extend-of", "edit": "edit-of", "variables": "vars", "scenes": "shots",
    "videos": "shots", "output": "file", "filename": "file", "matrix": "each", "rows": "each",
    "foreach": "each", "for-each": "each",
}  # fmt: skip
_TYPES = {"object": "a mapping", "array": "a list", "string": "text", "number": "a number",
          "integer": "a whole number", "boolean": "true or false"}  # fmt: skip
_PATTERNS = {
    "size": ("{value} is no size", "write WIDTHxHEIGHT in pixels, such as 1280x720"),
    "seconds": ("{value} is no length", "write a number of seconds, such as 8"),
    "takes": ("{value} is no number of takes", "write a whole number, such as 3"),
    "seed": ("{value} is no seed", "write a whole number, such as 42"),
    "provider": ("{value} is no provider's name",
                 "addresses stand in the config or in --base-url, never in a storyboard"),
}  # fmt: skip
_SHAPES: dict[tuple[str, ...], str] = {
    (): "a storyboard is a mapping with 'shots:' in it",
    ("shots",): "write a list, in which each shot begins with '- id:'",
    ("shots", "*"): "a shot is a mapping with 'id:' and 'prompt:'",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One error of jsonschema: where it is, and the storyboard it is in."""

    path: Path
    error: Any
    data: Any

    @property
    def key(self) -> str:
        """The last key of the path."""
        return next((str(step) for step in reversed(self.path) if isinstance(step, str)), "")


def worded(found: Found) -> Iterator[Fault]:
    """The faults that one error tells of: as many as there are keys in it."""
    steps = list(found.error.relative_schema_path)
    if "propertyNames" in steps:
        return _names(found)
    if "dependentSchemas" in steps:
        return _beside(found, steps[steps.index("dependentSchemas") + 1])
    return _WORDS.get(found.error.validator, _otherwise)(found)


def _subject(found: Found) -> str:
    return subject(found.data, found.path)


def _unknown(found: Found) -> Iterator[Fault]:
    known = Names(found.error.schema["properties"])
    place = owner(found.data, found.path)
    for key in found.error.instance:
        if key in known.known:
            continue
        path = (*found.path, key)
        if found.path == ("defaults",) and key in ("id", "each", "file", *SOURCES):
            yield Fault(
                path, f"'{key}' may not stand in 'defaults'", "each shot says its own", key=True
            )
            continue
        near = _CALLED.get(key.casefold().replace("_", "-"))
        near = near if near in known.known else known.nearest(key)
        fix = f"did you mean '{near}'?" if near else f"known are {either(known.known)}"
        meant = (*found.path, near) if near and near not in found.error.instance else None
        yield Fault(path, f"unknown key '{shortened(key)}' in {place}", fix, key=True, meant=meant)


def _missing(found: Found) -> Iterator[Fault]:
    for key in found.error.validator_value:
        if key not in found.error.instance and found.error.message.startswith(f"'{key}'"):
            what = f"{owner(found.data, found.path)} has no '{key}'"
            yield Fault((*found.path, key), what, f"add '{key}:'")


def _needs(found: Found) -> Iterator[Fault]:
    instance = found.error.instance
    for key, needed in found.error.validator_value.items():
        for other in needed:
            if key in instance and other not in instance:
                what = f"'{key}' without '{other}' in {owner(found.data, found.path)}"
                if found.key == "reference":
                    yield Fault(found.path, what, "write { shot: ID, frame: first } or frame: last")
                else:
                    yield Fault((*found.path, key), what, f"add '{other}:' or remove it", key=True)


def _beside(found: Found, key: str) -> Iterator[Fault]:
    place = owner(found.data, found.path)
    if key == "file-id":
        yield Fault(
            found.path, f"'file-id' and another key in the reference of {place}", "keep one"
        )
        return
    other = found.key
    place = owner(found.data, found.path[:2])
    if other in SOURCES:
        what, fix = f"two sources at once, '{key}' and '{other}', in {place}", "keep one"
    else:
        what = f"'{other}' in {place}: {_KINDS[key]} has its parent's {_WORDS_OF.get(other, other)}"
        fix = "remove it"
    yield Fault(found.path, what, fix, key=True)


_WORDS_OF = {"seconds": "length"}


def _names(found: Found) -> Iterator[Fault]:
    name = found.error.instance
    path = (*found.path, name)
    if found.key == "extra":
        what = f"'{name}' may not stand in 'extra' of {owner(found.data, found.path)}"
        keys = {"input_reference": "reference", "n": "takes", "n_variants": "takes"}
        yield Fault(path, what, f"say it as the shot's own '{keys.get(name, name)}'", key=True)
    elif found.path[2:3] == ("each",):
        what, fix = name_fault(name) or (f"'{shortened(name)}' is no name", "choose another")
        yield Fault(path, what, fix, key=True)
    elif found.error.validator == "not":
        fix = "choose another name"
        yield Fault(path, f"'{name}' is a name that sorapipe gives itself", fix, key=True)
    else:
        fix = "use letters, digits and '_', beginning with no digit"
        yield Fault(path, f"'{shortened(name)}' can't be a variable's name", fix, key=True)


def _type(found: Found) -> Iterator[Fault]:
    value = found.error.instance
    what = f"{_subject(found)} is {_kind(value)}"
    if value is None:
        what = f"{_subject(found)} has no value"
    right = _right_in_each if found.path[2:3] == ("each",) else _right_type
    yield Fault(found.path, what, right(found))


def _right_type(found: Found) -> str:
    """What would be right in the place of a value of the wrong type."""
    shape = tuple("*" if isinstance(step, int) else step for step in found.path)
    if shape in _SHAPES:
        return _SHAPES[shape]
    wanted, value = found.error.validator_value, found.error.instance
    kinds = [wanted] if isinstance(wanted, str) else list(wanted)
    if value is None:
        return "give it one, or remove it"
    if found.key in _PATTERNS:
        return _PATTERNS[found.key][1]
    if "string" in kinds and isinstance(value, (bool, int, float)):
        return "put it in quotes"
    if kinds == ["array"] and isinstance(value, str):
        return f"write [{shortened(value)}]"
    return f"write {either(_TYPES[kind] for kind in kinds)}"


def _right_in_each(found: Found) -> str:
    """What would be right in the place of a value of the wrong type in rows."""
    kinds = found.error.validator_value
    if found.path[3:] == ():
        return "write lists of values, a list of rows, or the name of a .csv, .jsonl or .txt file"
    if kinds == "array":
        return "write a list of rows" if found.key in BESIDE else "write a list of values"
    if kinds == "object":
        return "a row is a mapping of fields to values"
    return "a field has text, a number, or true or false"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text '{shortened(value)}'"
    return "a list" if isinstance(value, list) else "a mapping"


def _enum(found: Found) -> Iterator[Fault]:
    allowed = [str(value) for value in found.error.validator_value]
    value = found.error.instance
    near = Names(allowed).nearest(value) if isinstance(value, str) else None
    fix = f"did you mean '{near}'?" if near else f"write {either(allowed)}"
    shown = f"'{shortened(value)}'" if isinstance(value, str) else _kind(value)
    yield Fault(found.path, f"{_subject(found)} can't be {shown}", fix)


def _const(found: Found) -> Iterator[Fault]:
    fix = f"this sorapipe reads version {found.error.validator_value}"
    yield Fault(found.path, f"{_subject(found)} is {_kind(found.error.instance)}", fix)


def _pattern(found: Found) -> Iterator[Fault]:
    what, fix = _PATTERNS[found.key]
    value = f"'{shortened(found.error.instance)}'"
    yield Fault(found.path, f"{_subject(found)}: {what.format(value=value)}", fix)


def _empty(found: Found) -> Iterator[Fault]:
    fix = "give it a value, or remove it"
    if isinstance(found.error.instance, list):
        fix = f"give it at least one {'shot' if found.path == ('shots',) else 'value'}"
    yield Fault(found.path, f"{_subject(found)} is empty", fix)


def _long(found: Found) -> Iterator[Fault]:
    what = f"{_subject(found)} has {len(found.error.instance):,} characters"
    yield Fault(found.path, what, f"at most {found.error.validator_value:,} are allowed")


def _least(found: Found) -> Iterator[Fault]:
    word = "more than" if found.error.validator == "exclusiveMinimum" else "at least"
    what = f"{_subject(found)} is {found.error.instance}"
    yield Fault(found.path, what, f"it is {word} {found.error.validator_value:,}")


def _most(found: Found) -> Iterator[Fault]:
    what = f"{_subject(found)} is {found.error.instance}"
    yield Fault(found.path, what, f"it is at most {found.error.validator_value:,}")


def _otherwise(found: Found) -> Iterator[Fault]:
    yield Fault(found.path, f"{_subject(found)}: {shortened(found.error.message, 200)}")


_WORDS: dict[Any, Callable[[Found], Iterator[Fault]]] = {
    "additionalProperties": _unknown,
    "required": _missing,
    "dependentRequired": _needs,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minLength": _empty,
    "minItems": _empty,
    "minProperties": _empty,
    "maxLength": _long,
    "minimum": _least,
    "exclusiveMinimum": _least,
    "maximum": _most,
}
