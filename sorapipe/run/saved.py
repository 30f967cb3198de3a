"""A saved plan: what it has beside the plan itself, and reading it again.

It is what `plan --json` prints. Its `apply` section says how it came about: the command line, and
what its rows stand on. So it can be made anew later, and held against what was agreed to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sorapipe.core.price import ZERO, usd
from sorapipe.core.why import Making
from sorapipe.errors import UsageError
from sorapipe.run.prepare import Prepared
from sorapipe.schema import schema

VERSION = 1
_LONGEST = 1 << 28  # bytes; 100,000 takes with long prompts are less
_MAKE = "'sorapipe plan STORYBOARD -o FILE' makes one"


@dataclass(frozen=True, slots=True)
class Saved:
    """A plan as it was saved in the file `path`; `data` is as `plan.schema.json` says."""

    path: Path
    data: Mapping[str, Any]

    @property
    def words(self) -> Sequence[str]:
        """The command line that it was planned with, without its command."""
        words: Sequence[str] = self.data["apply"]["arguments"]
        return words

    @property
    def since(self) -> int:
        """The number of the ledger's last event when it was planned."""
        return int(self.data["apply"]["ledger"])

    @property
    def rows(self) -> dict[str, Mapping[str, Any]]:
        """Its takes by their names (`SHOT@N`), in its order."""
        return {row["take"]: row for row in self.data["takes"]}

    @property
    def sum(self) -> Decimal | None:
        """The most that it can add, in USD; None where part of that is unknown."""
        prices = [row["price"] for row in self.rows.values() if row["decision"] == "render"]
        return None if None in prices else sum(map(usd, prices), ZERO)

    def making(self, row: Mapping[str, Any]) -> Making:
        """What the take of that row was to be made of."""
        open_ = row["parent"] is not None and row["source"] is None
        return Making(row["request"], row["source"], self.data["provider"]["name"], open_)


def origin(prepared: Prepared, words: Sequence[str]) -> dict[str, Any]:
    """The `apply` section of the plan that was made with that command line."""
    loaded = prepared.loaded
    return {
        "arguments": list(words),
        "ledger": prepared.tally.last,
        "first_run": first_run(prepared),
        "store": str(prepared.store.root),
        "pictures": dict(prepared.facts.pictures),
        "rows": dict(loaded.rows),
        "picks": picks(prepared),
    }


def first_run(prepared: Prepared) -> str | None:
    """The id of the ledger's first run, which tells it from any other; None without one."""
    runs = prepared.tally.runs
    return str(runs[0]["run"]) if runs else None


def picks(prepared: Prepared) -> dict[str, int]:
    """The number of the picked take of each planned shot, where that is known and still wanted."""
    marks: dict[str, dict[int, str | None]] = {}
    for row in prepared.plan.takes:
        marks.setdefault(row.shot, {})[row.number] = row.fingerprint
    chosen = {
        shot.id: prepared.facts.chosen(shot, marks[shot.id])
        for shot in prepared.loaded.storyboard.shots
        if shot.id in marks
    }
    given = {shot: number for shot, (number, _) in prepared.plan.given.items()}
    return given | {shot: number for shot, number in chosen.items() if number is not None}


def read(path: Path) -> Saved:
    """The plan in that file.

    Raises:
        UsageError: there is none that can be read.
    """
    data = _json(path)
    if not isinstance(data, dict) or not {"takes", "apply"} <= data.keys():
        raise UsageError(str(path), "is no saved plan", _MAKE)
    if data.get("version") != VERSION:
        what = f"is a plan of version {data.get('version')!r}, and this is not its sorapipe"
        raise UsageError(str(path), what, "apply it with the sorapipe that made it")
    from jsonschema import Draft202012Validator

    fault = next(Draft202012Validator(schema("plan")).iter_errors(data), None)
    if fault is not None:
        place = "/".join(map(str, fault.absolute_path)) or "its top"
        raise UsageError(str(path), f"the plan is damaged at {place}", "plan it again")
    return Saved(path, data)


def _json(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            raw = file.read(_LONGEST + 1)
    except OSError as error:
        why = (error.strerror or "cannot be read").lower()
        raise UsageError(str(path), why, "name a saved plan") from None
    if len(raw) > _LONGEST:
        raise UsageError(str(path), "is too long for a saved plan", _MAKE)
    try:
        return json.loads(raw, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise UsageError(str(path), "is no saved plan, or a damaged one", _MAKE) from None


def _no_number(word: str) -> None:
    raise ValueError(word)
