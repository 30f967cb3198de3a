"""The faults that a served studio can be asked for: what each happens to, and to which requests.

Pure: `fault_acts` carries out what is decided here. A fault is asked for by `--fault`, which draws
it for a share of the requests, or by the header of one request, which then has it for certain.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sorapipe.errors import UsageError
from sorapipe.studio.dice import dice
from sorapipe.studio.refusal import Refusal

HEADER = "x-sorapipe-fault"
LAG = 5.0  # seconds that a list which lags leaves new videos out
ASKED = "sorapipe.faults"  # where an ASGI scope has the kinds that its request meets

# What a request is to a fault. `create` is all that asks for a render: remixes and the like too.
CHANGES = ("create", "character", "delete")
OPERATIONS = (*CHANGES, "retrieve", "list", "content")

# By kind, what it can happen to.
INSTEAD = {  # nothing is carried out
    "429": OPERATIONS,
    "500-before": OPERATIONS,
    "hang": OPERATIONS,
    "reset": OPERATIONS,
    "moderation-at-submit": ("create",),
}
AFTERWARDS = {"500-after": CHANGES, "lost-reply": CHANGES}  # carried out, and the answer is lost
RENDERS = dict.fromkeys(("stuck", "failed", "moderation", "expired"), ("create",))
CONTENT = dict.fromkeys(("truncated", "endless"), ("content",))
LISTS = dict.fromkeys(("duplicate-pages", "list-lag"), ("list",))
KINDS: dict[str, tuple[str, ...]] = {
    **INSTEAD,
    **AFTERWARDS,
    **RENDERS,
    "slow": OPERATIONS,
    **CONTENT,
    **LISTS,
}

_REQUESTS = {  # the first that fits
    "character": re.compile("(?:POST|GET) .*/videos/characters(?:/[^/]+)?"),
    "create": re.compile("POST .*/videos(?:/.*)?"),
    "list": re.compile("GET .*/videos"),
    "retrieve": re.compile("GET .*/videos/[^/]+"),
    "content": re.compile("GET .*/videos/[^/]+/content"),
    "delete": re.compile("DELETE .*/videos/[^/]+"),
}
_FLAG = re.compile(r"([^:@]*)(?::([^@]*))?(?:@(.*))?", re.DOTALL)
_SHARE = re.compile(r"[0-9]{0,3}(\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Fault:
    """A `kind` that happens to that `share` (0 to 1) of what it can happen to."""

    kind: str
    share: float = 1.0
    operations: tuple[str, ...] = OPERATIONS


class Faults:
    """Which faults the requests of one server meet, one after the other.

    The same `seed` and the same sequence of requests give the same faults. The n-th request of one
    operation always draws the same, however many of the others came before it: how often a client
    polls depends on the time, and must not decide which of its creates fail.
    """

    def __init__(self, faults: Iterable[Fault] = (), *, seed: int = 0) -> None:
        self._faults = tuple(faults)
        self._seed = seed
        self._counts: Counter[str] = Counter()

    def met(self, operation: str, named: Sequence[str] = ()) -> tuple[str, ...]:
        """The kinds that happen to the next request of that operation; those `named` come first."""
        number = self._counts[operation]
        self._counts[operation] += 1
        drawn = [
            fault.kind
            for fault in self._faults
            if operation in fault.operations
            and dice(self._seed, fault.kind, operation, number).random() < fault.share
        ]
        kinds = dict.fromkeys([*named, *drawn])
        return tuple(kind for kind in kinds if operation in KINDS[kind])


def of_flag(text: str) -> Fault:
    """The fault of `KIND[:SHARE][@OPERATION]`; raises UsageError."""
    where = f"--fault '{text[:100]}'"
    match = _FLAG.fullmatch(text)
    assert match is not None  # it takes anything
    kind, share, operation = match.groups()
    if kind not in KINDS:
        raise UsageError(where, f"there is no fault '{kind[:100]}'", _nearest(kind, KINDS))
    if share is not None and not (share and _SHARE.fullmatch(share) and float(share) <= 1):
        raise UsageError(where, f"'{share[:100]}' is no share", "give a number from 0 to 1")
    if operation is not None and operation not in OPERATIONS:
        what = f"there is no operation '{operation[:100]}'"
        raise UsageError(where, what, _nearest(operation, OPERATIONS))
    if operation is not None and operation not in KINDS[kind]:
        what = f"'{kind}' cannot happen to '{operation}'"
        raise UsageError(where, what, f"it happens to {_either(KINDS[kind])}")
    operations = (operation,) if operation else KINDS[kind]
    return Fault(kind, 1.0 if share is None else float(share), operations)


def of_header(text: str) -> tuple[str, ...]:
    """The kinds of `KIND[, KIND...]`; raises Refusal."""
    kinds = tuple(word for part in text.split(",") if (word := part.strip()))
    for kind in kinds:
        if kind not in KINDS:
            message = f"Invalid X-Sorapipe-Fault: there is no fault '{kind[:100]}'"
            raise Refusal(f"{message}; {_nearest(kind, KINDS)}.", code="unknown_fault")
    return kinds


def first(met: Iterable[str], kinds: Mapping[str, Any]) -> str | None:
    """The first of those that are met that is one of these kinds."""
    return next((kind for kind in met if kind in kinds), None)


def met_by(scope: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds that the request of this ASGI scope meets; none where nobody asked for any."""
    met: tuple[str, ...] = scope.get(ASKED, ())
    return met


def operation_of(method: str, path: str) -> str | None:
    """Which operation of the Videos API a request is; None for anything else."""
    line = f"{method} {path}"
    return next((name for name, pattern in _REQUESTS.items() if pattern.fullmatch(line)), None)


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word.lower(), list(known), n=1)
    return f"did you mean '{near[0]}'?" if near else f"known are {_either(known)}"


def _either(words: Iterable[str]) -> str:
    *most, last = (f"'{word}'" for word in words)
    return f"{', '.join(most)} and {last}" if most else last
