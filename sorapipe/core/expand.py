"""From what a storyboard says to what each shot means: defaults, rows, variables, substitution.

Values that were found wrong have been taken out before, and their keys are *spoilt*: a shot goes on
without them, and nothing more is said that would follow from their absence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sorapipe.core.names import file_fault, file_parts, id_fault, template_fault
from sorapipe.core.rows import Row
from sorapipe.core.said import Draft, Said
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
from sorapipe.core.substitute import pieces, substitute
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
# characters, once variables are put in; `reference` is a file's id
LONGEST = {"prompt": MAX_PROMPT, "model": 200, "tags": 200, "reference": 500}


def expand(said: Said) -> tuple[list[Draft], list[Fault]]:
    """The shots with defaults, rows and variables put in, and what was wrong with that.

    A fault that many rows have is told for each of them.
    """
    faults: dict[tuple[Path, str, str], Fault] = {}
    known = Names(said.variables.keys() | said.spoilt_vars)
    drafts = [
        draft
        for number, shot in enumerate(said.shots)
        if shot is not None
        for draft in _Expansion(said, number, shot, known, faults).drafts()
    ]
    return drafts, list(faults.values())


class _Expansion:
    """One shot on its way: once, or once for each of its rows."""

    def __init__(
        self,
        said: Said,
        number: int,
        own: Mapping[str, Any],
        known: Names,
        faults: dict[tuple[Path, str, str], Fault],
    ) -> None:
        self.said = said
        self.path: Path = ("shots", number)
        self.own = own
        self.known = known
        self.faults = faults
        self.values = said.variables
        self.which = ""
        self.rows: Sequence[Row] | None = said.rows.get(number)
        self.fields: set[str] = set()
        self.spoilt = set(said.spoilt.get(number, ()))
        self.sources = {key for key in (*PARENTS, "reference") if key in own or key in self.spoilt}
        self.unreached = frozenset().union(*(INHERITED.get(key, ()) for key in self.sources))
        if len(self.sources) > 1:  # which one was meant decides about these
            self.spoilt |= {"reference", "size", "fit"}
        own_keys = own.keys() | self.spoilt
        self.spoilt |= said.spoilt_defaults - own_keys - self.unreached

    def drafts(self) -> Iterator[Draft]:
        """The shot, or one for each row, in their order."""
        if self.rows is None:
            yield self.draft()
            return
        self.fields = {"index", "index0"}.union(*(row.fields for row in self.rows))
        self.known = Names((*self.fields, *self.known.known))
        self.check_id_varies()
        before = frozenset(self.spoilt)
        for number, row in enumerate(self.rows):
            counted = {"index": str(number + 1), "index0": str(number)}
            self.values = {**self.said.variables, **row.fields, **counted}
            self.which = row.where
            self.spoilt = set(before)
            yield self.draft()

    def check_id_varies(self) -> None:
        """Tell once, and not for each row, that they would all have one id."""
        template = self.own.get("id")
        count = len(self.rows or ())
        if template is None or count < 2:
            return
        names = {part[0] for part in pieces(template) if isinstance(part, tuple)}
        if names <= set(self.known.known) - self.fields:
            what = f"all {count:,} rows of {subject(self.said.data, self.path)} give one id"
            fix = f"put {{index}} or a field in it, such as '{template}-{{index}}'"
            self.fault((*self.path, "id"), what, fix)

    def draft(self) -> Draft:
        name = self.text("id") or ""
        prompt = self.prompt()
        seconds = self.number("seconds", SECONDS)
        reference = self.reference()
        has_fit = "reference" in self.sources and not isinstance(reference, Upload)
        shot = Shot(
            id=name,
            prompt=prompt,
            model=self.text("model") or MODEL,
            seconds=seconds,
            length=seconds,
            size=self.size(),
            reference=reference,
            fit=self.value("fit", "exact")[0] if has_fit else "exact",
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
        return Draft(shot, self.spoilt, self.which)

    def value(self, key: str, otherwise: Any) -> tuple[Any, Path]:
        """What is said under that key, and where."""
        if key in self.own:
            return self.own[key], (*self.path, key)
        if key in self.said.defaults and key not in self.unreached and key not in self.spoilt:
            return self.said.defaults[key], ("defaults", key)
        return otherwise, (*self.path, key)

    def fault(self, path: Path, what: str, fix: str, alike: str = "") -> None:
        """Note a fault, once, and that the key must not be judged any further."""
        fault = Fault(path, what, fix, which=self.which, alike=alike)
        self.faults.setdefault((path, what, self.which), fault)
        self.spoilt.add(str(path[2] if path[0] == "shots" else path[1]))

    def put_in(self, text: str, path: Path) -> str:
        """The text with its variables."""
        if "{" not in text:
            return text
        return substitute(text, self.values, lambda name: self.unknown(name, path))

    def unknown(self, name: str, path: Path) -> None:
        # without its rows nobody knows what a shot's names are
        if name in self.said.spoilt_vars or "each" in self.spoilt:
            self.spoilt.add(str(path[2] if path[0] == "shots" else path[1]))
            return
        what = f"{subject(self.said.data, path)} has {{{shortened(name)}}}, which is no variable"
        fix = f"declare it under 'vars', or write {{{{{name}}}}} for the text {{{name}}}"
        if self.rows is not None:
            what += " and no field of its row"
        if name in self.fields:
            fix = f"give every row a '{name}', or declare it under 'vars' for those without"
        elif self.rows is None and name in ("index", "index0"):
            fix = "it counts the rows of 'each', and this shot has no 'each'"
        else:
            fix = self.known.advice(name, fix)
        self.fault(path, what, fix, alike=name)

    def text(self, key: str) -> str | None:
        value, path = self.value(key, None)
        return None if value is None else self.worded(value, path, key)

    def worded(self, value: str, path: Path, key: str) -> str:
        """The text with its variables, which is neither empty nor too long."""
        text = self.put_in(value, path)
        if key in self.spoilt:
            return text
        if not text:
            fix = f"give the {'field' if self.rows else 'variable'} a value"
            self.fault(path, f"{subject(self.said.data, path)} is empty", fix)
        elif len(text) > LONGEST.get(key, MAX_PROMPT):
            what = f"{subject(self.said.data, path)} has {len(text):,} characters"
            self.fault(path, what, f"at most {LONGEST.get(key, MAX_PROMPT):,} are allowed")
        return text

    def prompt(self) -> str:
        text = self.text("prompt")
        if text is None and "prompt" not in self.spoilt:
            what = f"{subject(self.said.data, self.path)} has no 'prompt'"
            self.fault((*self.path, "prompt"), what, "add 'prompt:'")
        return text or ""

    def texts(self, key: str) -> list[str]:
        value, path = self.value(key, ())
        return [self.worded(text, (*path, index), key) for index, text in enumerate(value)]

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
            return Upload(self.worded(value["file-id"], (*path, "file-id"), "reference"))
        return Frame(self.put_in(value["shot"], (*path, "shot")), value["frame"])

    def file(self, name: str, prompt: str) -> tuple[Any, ...]:
        template = self.own.get("file")
        if template is None:
            return ()
        path: Path = (*self.path, "file")
        if wrong := template_fault(template):
            self.fault(path, f"{subject(self.said.data, path)}: {wrong[0]}", wrong[1])
        values = {"id": name, "prompt": prompt, **self.values}
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
