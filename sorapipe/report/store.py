"""What a store has and what goes from it, as text for people and as data for programs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sorapipe.errors import one_line, printable
from sorapipe.store import Store
from sorapipe.store_check import Check
from sorapipe.store_sweep import Rubbish


def check_text(store: Store, found: Check) -> list[str]:
    """What a check found: a line for each fault, then the sum."""
    lines = []
    for sha256 in found.damaged:
        what = f"its bytes were not what its name says; it is now {store.root / 'damaged' / sha256}"
        fix = "run what needs it again: it is fetched or rendered anew"
        lines.append(one_line(str(store.path(sha256)), what, fix))
    for mark in found.bare:
        fix = "run what needs it again, or let 'sorapipe store gc' remove it"
        lines.append(one_line(str(store.record_path(mark)), "its object is not there", fix))
    if not store.root.is_dir():  # a slip in --store must not read like a store that is whole
        return [printable(f"{store.root}: there is no store yet")]
    objects = f"{_count(found.objects, 'object')}, {size(found.bytes)}"
    whole = "all whole" if found.whole else f"{_count(len(lines), 'fault')}"
    return [*lines, f"{objects}, {_count(found.records, 'record')}: {whole}"]


def check_data(store: Store, found: Check) -> dict[str, Any]:
    """The same for programs."""
    return {
        "version": 1,
        "store": str(store.root),
        "objects": found.objects,
        "bytes": found.bytes,
        "records": found.records,
        "damaged": found.damaged,
        "bare": found.bare,
    }


def rubbish_text(store: Store, rubbish: Rubbish, folders: int) -> str:
    """How much goes, before it goes."""
    by = f"what {_count(folders, 'output folder')} and their locks name stays"
    if not rubbish:
        return printable(f"{store.root}: nothing to remove; {by}")
    kinds = (
        (len(rubbish.objects), "object"),
        (len(rubbish.records), "record"),
        (len(rubbish.leftovers), "leftover"),
    )
    told = ", ".join(_count(number, word) for number, word in kinds if number)
    return printable(f"{store.root}: to remove: {told}; {size(rubbish.bytes)}; {by}")


def rubbish_data(
    store: Store, rubbish: Rubbish, forgotten: Iterable[Path], *, removed: bool
) -> dict[str, Any]:
    """What goes or went, for programs."""
    return {
        "version": 1,
        "store": str(store.root),
        "removed": removed,
        "bytes": rubbish.bytes,
        "objects": list(rubbish.objects),
        "records": list(rubbish.records),
        "leftovers": [str(path) for path in rubbish.leftovers],
        "forgotten": [str(path) for path in forgotten],
    }


def size(count: int) -> str:
    """So many bytes, for people."""
    amount = float(count)
    for unit in ("bytes", "KB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
