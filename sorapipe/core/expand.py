"""From what a storyboard says to what each shot means: defaults, variables, substitution.

Values that were found wrong have been taken out before, and their keys are *spoilt*: a shot goes on
without them, and nothing more is said that would follow from their absence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sorapipe.core.names import file_fault, file_parts, id_fault, template_fault
from sorapipe.core.storyboard import (
    MODEL,
    SECONDS,
    SIZE,
    Frame,
    Picture,
    Reference,
    Shot,
    Upload,
)
from sorapipe.core.substitute import substitute
from sorapipe.core.wording import Fault, Names, Path, shortened, subject

PARENTS = ("remix-of", "edit-of", "extend-of")
# What a shot has from its parent, so that `defaults` do not reach it.
INHERITED: dict[str, frozenset[str]] = {
    "remix-of": frozenset(("model", "size", "seconds")),
    "edit-of": frozenset(("model", "size", "seconds")),
    "extend-of": frozenset(("model", "size")),
}

_SIZE = re.compile(r"[1-9][0-9]{1,3}x[1-9][0-9]{1,3}")
_SECONDS = re.compile(r"([0-9]+(?:\.[0-9]+)?)s?")
_COUNT = re.compile(r"[0-9]{1,10}")
LIMITS = {"seconds": (0, 3600), "takes": (1, 1000), "seed": (0, 2**31 - 1)}
MAX_PROMPT = 32_000


@dataclass(slots=True)
class Said:
    """What a storyboard says, without what is wrong in it.

    A shot that can't be used at all is None, so that the others keep their number. `data` is the
    document as it is, for words. `spoilt` has the keys of each shot (by number) that were taken
    out, `spoilt_defaults` those of `defaults`, `spoilt_vars` the variables without a good value.
    """

    data: Any
    shots: Sequence[Mapping[str, Any] | None]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    spoilt: Mapping[int, set[str]] = field(default_factory=dict)
    spoilt_defaults: frozenset[str] = frozenset()
    spoilt_vars: frozenset[str] = frozenset()


@dataclass(slots=True)
class Draft:
    """A shot as it stands alone, before it has anything from its parent."""

    shot: Shot
    spoilt: set[str]


def expand(said: Said) -> tuple[list[Draft], list[Fault]]:
    """The shots with defaults and variables put in, and what was wrong with that, each once."""
    faults: dict[tuple[Path, str], Fault] = {}
    known = Names(said.variables.keys() | said.spoilt_vars)
    drafts = [
        _Expansion(said, number, shot, known, faults).draft()
        for number, shot in enumerate(said.shots)
        if shot is not None
    ]
    return drafts, list(faults.values())


class _Expansion:
    """One shot on its way."""

    def __init__(
        self,
        said: Said,
        number: int,
        own: Mapping[str, Any],
        known: Names,
        faults: dict[tuple[Path, str], Fault],
    ) -> None:
        self.said = said
        self.path: Path = ("shots", number)
        self.own = own
        self.known = known
        self.faults = faults
        self.spoilt = set(said.spoilt.get(number, ()))
        self.sources = {key for key in (*PARENTS, "reference") if key in own or key in self.spoilt}
        self.unreached = frozenset().union(*(INHERITED.get(key, ()) for key in self.sources))
        if len(self.sources) > 1:  # which one was meant decides about these
            self.spoilt |= {"reference", "size", "fit"}
        own_keys = own.keys() | self.spoilt
        self.spoilt |= said.spoilt_defaults - own_keys - self.unreached

    def draft(self) -> Draft:
        name = self.text("id") or ""
        prompt = self.prompt()
        seconds = self.number("seconds", SECONDS)
        has_picture = "reference" in self.sources
        shot = Shot(
            id=name,
            prompt=prompt,
            model=self.text("model") or MODEL,
            seconds=seconds,
            length=seconds,
            size=self.size(),
            reference=self.reference(),
            fit=self.value("fit", "exact")[0] if has_picture else "exact",
            remix_of=self.text("remix-of"),
            extend_of=self.text("extend-of"),
            edit_of=self.text("edit-of"),
            takes=self.number("takes", 1),
            seed=self.number("seed", None),
            tags=tuple(dict.fromkeys(self.texts("tags"))),
            file=self.file(name, prompt),
            extra=self.nested(*self.value("extra", {})),
            fallback=self.value("fallback", None)[0] if "remix-of" in self.sources else None,
            path=self.path,
        )
        self.check_names(shot)
        return Draft(shot, self.spoilt)

    def value(self, key: str, otherwise: Any) -> tuple[Any, Path]:
        """What is said under that key, and where."""
        if key in self.own:
            return self.own[key], (*self.path, key)
        if key in self.said.defaults and key not in self.unreached and key not in self.spoilt:
            return self.said.defaults[key], ("defaults", key)
        return otherwise, (*self.path, key)

    def fault(self, path: Path, what: str, fix: str) -> None:
        """Note a fault, once, and that the key must not be judged any further."""
        self.faults.setdefault((path, what), Fault(path, what, fix))
        self.spoilt.add(str(path[2] if path[0] == "shots" else path[1]))

    def put_in(self, text: str, path: Path) -> str:
        """The text with its variables."""
        if "{" not in text:
            return text
        return substitute(text, self.said.variables, lambda name: self.unknown(name, path))

    def unknown(self, name: str, path: Path) -> None:
        if name in self.said.spoilt_vars:
            self.spoilt.add(str(path[2] if path[0] == "shots" else path[1]))
            return
        what = f"{subject(self.said.data, path)} has {{{shortened(name)}}}, which is no variable"
        otherwise = f"declare it under 'vars', or write {{{{{name}}}}} for the text {{{name}}}"
        self.fault(path, what, self.known.advice(name, otherwise))

    def text(self, key: str) -> str | None:
        value, path = self.value(key, None)
        if value is None:
            return None
        text = self.put_in(value, path)
        if not text and key not in self.spoilt:
            self.fault(
                path, f"{subject(self.said.data, path)} is empty", "give the variable a value"
            )
        return text

    def prompt(self) -> str:
        text = self.text("prompt")
        if text is None:
            if "prompt" not in self.spoilt:
                what = f"{subject(self.said.data, self.path)} has no 'prompt'"
                self.fault((*self.path, "prompt"), what, "add 'prompt:'")
            return ""
        if len(text) > MAX_PROMPT and "prompt" not in self.spoilt:
            path = self.value("prompt", "")[1]
            what = f"{subject(self.said.data, path)} has {len(text):,} characters"
            self.fault(path, what, f"at most {MAX_PROMPT:,} are allowed")
        return text

    def texts(self, key: str) -> list[str]:
        value, path = self.value(key, ())
        return [self.put_in(text, (*path, index)) for index, text in enumerate(value)]

    def nested(self, value: Any, path: Path) -> Any:
        """Every text inside with its variables; depth is bounded by the reader."""
        if isinstance(value, str):
            return self.put_in(value, path)
        if isinstance(value, Mapping):
            return {key: self.nested(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.nested(item, (*path, index)) for index, item in enumerate(value)]
        return value

    def number(self, key: str, otherwise: Any) -> Any:
        """A number, as one or written as text; whole ones as int."""
        value, path = self.value(key, otherwise)
        if isinstance(value, str):
            text = self.put_in(value, path)
            found = (_SECONDS if key == "seconds" else _COUNT).fullmatch(text)
            if key in self.spoilt:
                return otherwise
            if not found:
                what = f"{subject(self.said.data, path)} comes out as '{shortened(text)}'"
                self.fault(path, what, "it has to be a number")
                return otherwise
            value = float(found[1]) if key == "seconds" else int(text)
            least, most = LIMITS[key]
            if not least <= value <= most or (key == "seconds" and value == 0):
                what = f"{subject(self.said.data, path)} comes out as {text}"
                word = "more than" if key == "seconds" else "at least"
                self.fault(path, what, f"it is {word} {least} and at most {most}")
                return otherwise
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def size(self) -> str:
        value, path = self.value("size", SIZE)
        text = self.put_in(value, path)
        if _SIZE.fullmatch(text):
            return text
        if "size" not in self.spoilt:
            what = f"{subject(self.said.data, path)} comes out as '{shortened(text)}'"
            self.fault(path, what, "write WIDTHxHEIGHT in pixels, such as 1280x720")
        return SIZE

    def reference(self) -> Reference | None:
        value = self.own.get("reference")
        path: Path = (*self.path, "reference")
        if value is None:
            return None
        if isinstance(value, str):
            return Picture(self.put_in(value, path))
        if "file-id" in value:
            return Upload(self.put_in(value["file-id"], (*path, "file-id")))
        return Frame(self.put_in(value["shot"], (*path, "shot")), value["frame"])

    def file(self, name: str, prompt: str) -> tuple[Any, ...]:
        template = self.own.get("file")
        if template is None:
            return ()
        path: Path = (*self.path, "file")
        if wrong := template_fault(template):
            self.fault(path, f"{subject(self.said.data, path)}: {wrong[0]}", wrong[1])
        values = {**self.said.variables, "id": name, "prompt": prompt}
        return file_parts(template, values, lambda unknown: self.unknown(unknown, path))

    def check_names(self, shot: Shot) -> None:
        """The id and the file's name, where nothing wrong went into them."""
        if self.spoilt.isdisjoint({"id"}) and (wrong := id_fault(shot.id)):
            self.fault((*self.path, "id"), *wrong)
        if isinstance(shot.reference, Upload) and "fit" in self.own:
            what = f"'fit' without a picture in {subject(self.said.data, self.path)}"
            self.fault((*self.path, "fit"), what, "remove it: the provider has the file as it is")
        if self.spoilt.isdisjoint({"id", "prompt", "file", "takes"}) and (
            wrong := file_fault(shot)
        ):
            key = "file" if "file" in self.own else "id"
            self.fault(
                (*self.path, key), f"{subject(self.said.data, self.path)}: {wrong[0]}", wrong[1]
            )
