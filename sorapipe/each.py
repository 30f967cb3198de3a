"""What `each` stands for: the rows that are written in the storyboard, or those of a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sorapipe.core.rows import MOST, Row, written
from sorapipe.core.said import Said
from sorapipe.core.substitute import substitute
from sorapipe.core.wording import Fault, Names, subject
from sorapipe.core.wording import Path as DataPath
from sorapipe.errors import Problem
from sorapipe.folder import BadFileError
from sorapipe.reader import Document
from sorapipe.row_file import RowFile, read_rows


@dataclass(slots=True)
class Rows:
    """The rows of a storyboard, by the shot's number, and what was wrong with them.

    `digests` has the sha256 of each file that was read, by its path as written; `problems` are
    those that stand in such a file, `faults` those of the storyboard.
    """

    by_shot: dict[int, list[Row]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def rows_of(said: Said, document: Document, folder: Path) -> Rows:
    """The rows of every shot that has some. An `each` that is bad is noted as spoilt in `said`."""
    found = Rows()
    read: dict[str, RowFile | BadFileError] = {}
    total = sum(shot is not None and "each" not in shot for shot in said.shots)
    for number, shot in enumerate(said.shots):
        if shot is None or "each" not in shot:
            continue
        path: DataPath = ("shots", number, "each")
        rows: list[Row] = []
        if total > MOST:
            pass  # nobody wants the rest of it
        elif isinstance(shot["each"], str):
            rows = _of_file(_name(shot["each"], path, said, found), path, folder, read, found)
        else:
            name = subject(said.data, path)
            rows, faults = written(shot["each"], path, name, document.text)
            found.faults += faults
        total += len(rows)
        if rows and total > MOST:
            what = f"with {subject(said.data, path)} there are more than {MOST:,} shots"
            found.faults.append(Fault(path, what, "split it into several storyboards"))
        found.by_shot[number] = rows
    for number, rows in list(found.by_shot.items()):
        if not rows or total > MOST:
            said.spoilt[number].add("each")
            del found.by_shot[number]
    return found


def _name(template: str, path: DataPath, said: Said, found: Rows) -> str:
    """The file's name with its variables; empty where one of them is not known."""
    unknown: list[str] = []
    name = substitute(template, said.variables, unknown.append)
    known = Names(said.variables.keys() | said.spoilt_vars)
    for one in unknown:
        if one not in said.spoilt_vars:
            what = f"{subject(said.data, path)} has {{{one}}}, which is no variable"
            found.faults.append(Fault(path, what, known.advice(one, "declare it under 'vars'")))
    if not unknown and not name:
        what = f"{subject(said.data, path)} is empty"
        found.faults.append(Fault(path, what, "give the variable a value"))
    return "" if unknown else name


def _of_file(
    name: str,
    path: DataPath,
    folder: Path,
    read: dict[str, RowFile | BadFileError],
    found: Rows,
) -> list[Row]:
    """The rows of the file of that name; none where it is bad. A file is read once."""
    if not name:
        return []
    if name not in read:
        try:
            file = read_rows(folder, name)
        except BadFileError as error:
            read[name] = error
        else:
            read[name] = file
            found.digests[name] = file.sha256
            found.problems += file.problems
    file_or_error = read[name]
    if isinstance(file_or_error, BadFileError):
        found.faults.append(Fault(path, file_or_error.what, file_or_error.fix))
        return []
    return [] if file_or_error.problems else file_or_error.rows
