"""Faults that many share are told together: a thousand rows never draw a thousand lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sorapipe.core.wording import Fault

FEW = 3  # of one sort and one place are told


def gathered(faults: Iterable[Fault]) -> list[Fault]:
    """The faults in their order, each told once, with `which` put into their words.

    Those of one sort at one path, or within one `each`, are told by the first few different ones,
    and the last of these says how many more there are.
    """
    groups: dict[object, dict[str, Fault]] = {}
    holders: dict[object, dict[object, None]] = {}  # an ordered set of what each group is told of
    for fault in faults:
        sort = _sort(fault)
        groups.setdefault(sort, {}).setdefault(fault.what, fault)
        holders.setdefault(sort, {})[_holder(fault)] = None
    return [
        fault
        for sort, group in groups.items()
        for fault in _told(list(group.values()), len(holders[sort]))
    ]


def _sort(fault: Fault) -> object:
    """Equal for faults that are told together."""
    in_each = fault.path[2:3] == ("each",)
    alone = not (fault.which or in_each)
    path = fault.path[:3] if in_each else fault.path
    return path, fault.key, fault.warning, fault.alike or fault.fix, alone and fault.what


def _holder(fault: Fault) -> object:
    return fault.which or fault.path


def _told(group: list[Fault], count: int) -> list[Fault]:
    told = group[:FEW]
    more = count - len({_holder(fault) for fault in told})
    return [*(_named(fault, 0) for fault in told[:-1]), _named(told[-1], more)]


def _named(fault: Fault, more: int) -> Fault:
    """The fault with its holder in its words, and how many others have it."""
    words = [fault.which] if fault.which else []
    words += [f"and {more:,} more"] if more else []
    return replace(fault, what=f"{fault.what} ({' '.join(words)})", which="") if words else fault
