"""What a storyboard says, on its way to what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sorapipe.core.rows import Row
from sorapipe.core.storyboard import Shot


@dataclass(slots=True)
class Said:
    """What a storyboard says, without what is wrong in it.

    A shot that can't be used at all is None, so that the others keep their number. `data` is the
    document as it is, for words. `spoilt` has the keys of each shot (by number) that were taken
    out, `spoilt_defaults` those of `defaults`, `spoilt_vars` the variables without a good value.
    `rows` has what `each` stands for, by the shot's number.
    """

    data: Any
    shots: Sequence[Mapping[str, Any] | None]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    spoilt: Mapping[int, set[str]] = field(default_factory=dict)
    spoilt_defaults: frozenset[str] = frozenset()
    spoilt_vars: frozenset[str] = frozenset()
    rows: Mapping[int, Sequence[Row]] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """A shot as it stands alone, before it has anything from its parent.

    `which` names its row, where it was made from one.
    """

    shot: Shot
    spoilt: set[str]
    which: str = ""
