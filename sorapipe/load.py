"""The corridor from a file to a Storyboard: everything that is wrong with it, in one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from sorapipe.core.check import check
from sorapipe.core.expand import expand
from sorapipe.core.gather import gathered
from sorapipe.core.said import Draft, Said
from sorapipe.core.storyboard import Picture, Storyboard
from sorapipe.core.wording import Fault, Names
from sorapipe.core.wording import Path as DataPath
from sorapipe.each import rows_of
from sorapipe.errors import Problem, StoryboardError
from sorapipe.folder import BadFileError
from sorapipe.reader import Document, examine
from sorapipe.references import Measured, measure
from sorapipe.schema import schema, storyboard_faults
from sorapipe.yaml_events import BROKEN


@dataclass(frozen=True, slots=True)
class Loaded:
    """A storyboard that is good, and what else was learnt on the way.

    `problems` are warnings. `digest` is the sha256 of the file's bytes; `references` has every
    reference picture by its path as written, `rows` the sha256 of every file of rows by its.
    """

    storyboard: Storyboard
    path: Path
    folder: Path
    problems: tuple[Problem, ...]
    digest: str
    references: Mapping[str, Measured]
    document: Document
    rows: Mapping[str, str] = field(default_factory=dict)


def load(
    path: Path | str,
    variables: Mapping[str, str] | None = None,
    *,
    case_insensitive: bool = False,
) -> Loaded:
    """Read, check and expand a storyboard. Raises StoryboardError with all of its problems.

    `variables` are those of the command line, over the file's own. `case_insensitive` says that the
    output folder can't tell apart names that differ only by case.
    """
    file = Path(path)
    document = examine(path)
    problems = list(document.problems)
    if document.data is BROKEN:
        raise StoryboardError(problems)
    faults = storyboard_faults(document.data, BROKEN, document.merged)
    said = _without(document, faults)
    said.variables, wrong = _with_overrides(said, variables or {})
    rows = rows_of(said, document, file.parent)
    said.rows = rows.by_shot
    drafts, more = expand(said)
    faults += rows.faults + more
    shots, more = check(drafts, case_insensitive)
    faults += more
    references, more = _references(drafts, file.parent)
    faults += more
    problems += wrong + rows.problems
    problems += [problem_at(document, fault) for fault in gathered(faults)]
    if any(not problem.warning for problem in problems):
        raise StoryboardError(problems)
    data = document.data
    budget = data.get("budget")
    storyboard = Storyboard(
        shots=tuple(shots),
        title=data.get("title", ""),
        provider=data.get("provider"),
        budget=None if budget is None else Decimal(str(budget)),
        on_ambiguous=data.get("on-ambiguous", "settle"),
        vars=said.variables,
    )
    return Loaded(
        storyboard,
        file,
        file.parent,
        tuple(sorted(problems)),
        document.digest,
        references,
        document,
        rows.digests,
    )


def problem_at(document: Document, fault: Fault) -> Problem:
    """The fault with its place in the file."""
    line, col = document.place(fault.path, fault.key)
    fix = fault.fix
    if fault.first is not None:
        places = [fault.first_which] if fault.first_which else []
        if not places or fault.first[:2] != fault.path[:2]:
            places.insert(0, f"in line {document.place(fault.first)[0]}")
        fix += f" (the first is {', '.join(places)})"
    return Problem(document.file, line, col, fault.what, fix, fault.warning)


def _without(document: Document, faults: list[Fault]) -> Said:
    """What the document says, less the values that are wrong."""
    data = document.data if isinstance(document.data, dict) else {}
    spoilt: defaultdict[DataPath, set[str]] = defaultdict(set)  # the keys to leave out, by owner
    unusable: set[DataPath] = set()
    for fault in faults:
        depth = 2 if fault.path[:1] == ("shots",) else 1
        if len(fault.path) > depth:
            spoilt[fault.path[:depth]].add(str(fault.path[depth]))
            if fault.meant:
                spoilt[fault.path[:depth]].add(str(fault.meant[-1]))
        else:
            unusable.add(fault.path)

    def good(path: DataPath, value: Any) -> dict[str, Any]:
        if path in unusable or not isinstance(value, dict):
            return {}
        if document.problems:
            spoilt[path] |= {key for key, inner in value.items() if _has_broken(inner)}
        if id(value) in document.merged:
            spoilt[path] |= (
                schema("storyboard")["$defs"]["shot"]["properties"].keys() - value.keys()
            )
        return {key: inner for key, inner in value.items() if key not in spoilt[path]}

    listed = data.get("shots")
    shots = listed if isinstance(listed, list) else []
    paths: list[DataPath] = [("shots", number) for number in range(len(shots))]
    usable = [
        path not in unusable and isinstance(shot, dict)
        for path, shot in zip(paths, shots, strict=True)
    ]
    variables = good(("vars",), data.get("vars"))
    return Said(
        data=data,
        shots=[
            good(path, shot) if use else None
            for path, shot, use in zip(paths, shots, usable, strict=True)
        ],
        defaults=good(("defaults",), data.get("defaults")),
        variables={name: document.text(("vars", name)) for name in variables},
        spoilt={number: spoilt[path] for number, path in enumerate(paths)},
        spoilt_defaults=frozenset(spoilt[("defaults",)]),
        spoilt_vars=frozenset(spoilt[("vars",)]),
    )


def _has_broken(value: Any) -> bool:
    """Whether the reader could not read the value or a part of it."""
    if isinstance(value, dict):
        return any(_has_broken(inner) for inner in value.values())
    if isinstance(value, list):
        return any(_has_broken(inner) for inner in value)
    return value is BROKEN


def _with_overrides(
    said: Said, overrides: Mapping[str, str]
) -> tuple[dict[str, str], list[Problem]]:
    """The variables with those of the command line; one that is not declared is a problem."""
    known = Names(said.variables.keys() | said.spoilt_vars)
    problems = [
        Problem("--var", 0, 0, f"the storyboard declares no variable '{name}'",
                known.advice(name, "declare it under 'vars'"))
        for name in overrides
        if name not in known.known
    ]  # fmt: skip
    return {
        **said.variables,
        **{k: v for k, v in overrides.items() if k in said.variables},
    }, problems


def _references(drafts: list[Draft], folder: Path) -> tuple[dict[str, Measured], list[Fault]]:
    """Every reference picture, looked at once, and what is wrong with them."""
    measured: dict[str, Measured] = {}
    bad: dict[str, BadFileError] = {}
    faults = []
    for draft in drafts:
        shot = draft.shot
        if not isinstance(shot.reference, Picture) or "reference" in draft.spoilt:
            continue
        path = (*shot.path, "reference")
        name = shot.reference.path
        if name not in measured and name not in bad:
            try:
                measured[name] = measure(folder, name)
            except BadFileError as error:
                bad[name] = error
        if name in bad:
            faults.append(Fault(path, bad[name].what, bad[name].fix, which=draft.which))
        elif (
            shot.fit == "exact"
            and measured[name].size != shot.size
            and draft.spoilt.isdisjoint({"fit", "size"})
        ):
            what = f"'{name}' is {measured[name].size}, and shot '{shot.id}' is {shot.size}"
            fix = "say 'fit: cover' or 'fit: contain'"
            faults.append(Fault(path, what, fix, which=draft.which))
    return measured, faults
