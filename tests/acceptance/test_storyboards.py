"""Every storyboard of `tests/storyboards`: the bad ones with their words, the good ones as data.

`bad/NAME.txt` has the lines that `bad/NAME.yaml` is answered with, where FILE stands for its name
and files of rows are named from its folder;
`good/NAME.json` has what `good/NAME.yaml` means, and the warnings that go with it.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sorapipe.errors import StoryboardError
from sorapipe.load import load

STORYBOARDS = Path(__file__).parent.parent / "storyboards"
BAD = sorted((STORYBOARDS / "bad").glob("*.yaml"))
GOOD = sorted((STORYBOARDS / "good").glob("*.yaml"))


def test_there_are_many() -> None:
    """The folder has at least sixty bad storyboards and fifteen good ones."""
    assert len(BAD) >= 60
    assert len(GOOD) >= 15


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_storyboard(path: Path) -> None:
    """A bad storyboard is answered with exactly the lines that stand beside it."""
    with pytest.raises(StoryboardError) as caught:
        load(path)
    told = str(caught.value).replace(str(path) + ":", "FILE:").replace(f"{path.parent}/", "")
    assert told.splitlines() == path.with_suffix(".txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_storyboard(path: Path) -> None:
    """A good storyboard means what stands beside it."""
    loaded = load(path)
    told = {
        "storyboard": as_data(loaded.storyboard),
        "warnings": [str(problem).replace(str(path), "FILE") for problem in loaded.problems],
    }
    assert told == json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def as_data(value: Any) -> Any:
    """Dataclasses as JSON data with the name of their class, without what is not said."""
    if is_dataclass(value) and not isinstance(value, type):
        said = {field.name: as_data(getattr(value, field.name)) for field in fields(value)}
        shown = {name: item for name, item in said.items() if item not in (None, [], {})}
        return {"is": type(value).__name__, **shown}
    if isinstance(value, dict):
        return {key: as_data(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [as_data(item) for item in value]
    return str(value) if isinstance(value, Decimal) else value
