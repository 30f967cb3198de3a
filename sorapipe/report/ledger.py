"""A ledger's renders as a table: CSV for spreadsheets, JSON lines for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sorapipe.core.price import as_number
from sorapipe.core.renders import HERE, Render, Renders

COLUMNS = (
    *("take", "shot", "number", "run", "created", "ended", "outcome", "operation", "model"),
    *("seconds", "size", "prompt", "provider", "address", "video", "render", "price", "cost"),
    *("fingerprint", "sha256", "file"),
)
# What a spreadsheet would calculate: a prompt must stay a prompt.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def rows(history: Renders) -> list[dict[str, Any]]:
    """A row for each render, in the order in which they were sent; amounts are `Decimal` USD.

    Its file is one that has its bytes by the ledger, relative to the output folder.
    """
    files: dict[tuple[str, str], str] = {}
    for name, event in history.tally.delivered.items():
        files.setdefault((event["fp"], event["sha256"]), name)
    return [_row(render, files) for render in history.by_id.values()]


def _row(render: Render, files: dict[tuple[str, str], str]) -> dict[str, Any]:
    intent, request = render.intent, render.intent["request"]
    here = render.outcome in HERE
    sha256 = render.sha256 if here else None
    return {
        "take": intent["take"],
        "shot": intent["take"].rpartition("@")[0],
        "number": intent["number"],
        "run": render.run,
        "created": intent["at"],
        "ended": render.ended,
        "outcome": render.outcome,
        "operation": request["operation"],
        "model": request["model"],
        "seconds": request["seconds"],
        "size": request["size"],
        "prompt": request["prompt"],
        "provider": intent["provider"],
        "address": intent["address"],
        "video": render.video,
        "render": render.id,
        "price": render.price,
        "cost": render.cost,
        "fingerprint": intent["fp"],
        "sha256": sha256,
        "file": render.file or files.get((intent["fp"], sha256 or "")),
    }


def as_csv(found: Iterable[dict[str, Any]]) -> str:
    """RFC 4180, with a head; what is not known is empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(row[name]) for name in COLUMNS] for row in found)
    return text.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "" if value is None else str(value)


def as_json_lines(found: Iterable[dict[str, Any]]) -> str:
    """One JSON object a line; amounts are numbers, what is not known is null."""
    return "".join(
        json.dumps(
            {**row, "price": as_number(row["price"]), "cost": as_number(row["cost"])},
            ensure_ascii=False,
        )
        + "\n"
        for row in found
    )
