"""Writes the parts of the documentation that follow from the code, or checks that they still do.

    python docs/generate.py --write    after a change of commands, keys, transitions or profiles
    python docs/generate.py --check    exits 1 where a page has fallen behind

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`.
"""

# ruff: noqa: T201
# A script for people: printing is its job.

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sorapipe.videos.profile import Profile

ROOT = Path(__file__).resolve().parents[1]
WRITE = "python docs/generate.py --write"
PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def commands() -> str:
    """The help of `sorapipe` and of each command, as a terminal of 100 columns shows it."""
    from sorapipe.cli.main import parser

    os.environ.update(COLUMNS="100", NO_COLOR="1")
    texts = [(name, found.format_help()) for name, found in _parsers("sorapipe", parser())]
    return "\n".join(f"## `{name}`\n\n```text\n{text.rstrip()}\n```\n" for name, text in texts)


def _parsers(
    name: str, parser: argparse.ArgumentParser
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The parser and those of its commands and theirs, by what is typed."""
    yield name, parser
    for action in parser._actions:
        if isinstance(action.choices, dict):
            for word, inner in action.choices.items():
                yield from _parsers(f"{name} {word}", inner)


def states() -> str:
    """The life of a take, drawn from the table that it is run by."""
    from sorapipe.core.take import MOVES, OPEN, TRANSITIONS, State

    arrows: dict[tuple[State, State], list[str]] = {}
    for (before, event), after in TRANSITIONS.items():
        arrows.setdefault((before, after), []).append(event)
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {_id(State.WANTED)}"]
    lines += [f'    state "{state}" as {_id(state)}' for state in State if "-" in state]
    lines += [
        f"    {_id(before)} --> {_id(after)}: {', '.join(events)}"
        for (before, after), events in arrows.items()
    ]
    lines += [
        "```",
        "",
        "| state | what is done next | a payment hangs on it |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| {state} | {MOVES.get(state, 'nothing')} | {'yes' if state in OPEN else ''} |"
        for state in State
    ]
    return "\n".join(lines) + "\n"


def _id(state: str) -> str:
    return state.replace("-", "_")


def keys() -> str:
    """The storyboard's keys, from the schema that also helps in editors."""
    schema = json.loads((ROOT / "schemas" / "storyboard.schema.json").read_text(encoding="utf-8"))
    shot = schema["$defs"]["shot"]
    parts = [("Of the storyboard", schema), ("Of a shot", shot)]
    return "\n".join(f"### {title}\n\n" + "\n".join(_table(part)) + "\n" for title, part in parts)


def _table(part: dict[str, Any]) -> Iterator[str]:
    yield from ("| key | is | unless said | meaning |", "| --- | --- | --- | --- |")
    for name, field in part["properties"].items():
        default = json.dumps(field["default"]) if "default" in field else ""
        needed = (
            "**needed**"
            if name in part["required"]
            else f"`{default}`"
            if default not in ("", '""', "[]", "{}")
            else ""
        )
        meaning = " ".join(field["description"].split()).replace("|", "\\|")
        yield f"| `{name}` | {_kind(field)} | {needed} | {meaning} |"


def _kind(field: dict[str, Any]) -> str:
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
    words = {"string": "text", "object": "mapping", "array": "list", "integer": "whole number"}
    named = [words.get(kind, kind) for kind in kinds]
    # A number may be written as the text of a variable; that is said once, in the page itself.
    return named[0] if "number" in kinds or "integer" in kinds else " or ".join(named)


def profiles() -> str:
    """Every built-in profile: what it says of its kind of server, its models, its sources."""
    from sorapipe.videos.profile import load, names

    return "\n".join(_profile(load(name)) for name in names())


def _profile(profile: Profile) -> str:
    from sorapipe.report.providers import facts, model_rows

    address = f" Its address is `{profile.base_url}`." if profile.base_url else ""
    lines = [
        f"### `{profile.name}`",
        "",
        f"{profile.about[0].upper()}{profile.about[1:]}.{address} Checked {profile.checked}.",
        "",
        "| | |",
        "| --- | --- |",
        *(f"| {name} | {value} |" for name, value in facts(profile)),
        "",
        "| model | sizes | seconds | USD a second |",
        "| --- | --- | --- | --- |",
        *(f"| {' | '.join(row)} |" for row in model_rows(profile)),
        "",
        f"Sources: {'; '.join(profile.sources.values())}.",
        "",
    ]
    return "\n".join(lines)


def matrix() -> str:
    """Which operation is there by which profile, as tests/acceptance/test_conformance.py proves."""
    from sorapipe.videos.profile import load, names
    from tests.operations import OPERATIONS

    known = [load(name) for name in names()]
    rows = [["", *(profile.name for profile in known)], ["---", *[":-:"] * len(known)]]
    rows += [
        [operation.name, *("yes" if operation.there(profile) else "-" for profile in known)]
        for operation in OPERATIONS
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "states": states,
    "keys": keys,
    "profiles": profiles,
    "matrix": matrix,
}


def pages() -> list[Path]:
    """The pages that may have generated parts."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def brought_up_to_date(text: str) -> str:
    """The page with its generated parts as they should be."""
    return PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n{found[3]}", text)


def main() -> int:
    """Write or check; 1 where a page has fallen behind."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    how = options.add_mutually_exclusive_group(required=True)
    how.add_argument("--write", action="store_true")
    how.add_argument("--check", action="store_true")
    args = options.parse_args()
    behind = 0
    for page in pages():
        text = page.read_text(encoding="utf-8")
        wanted = brought_up_to_date(text)
        if wanted != text and args.write:
            page.write_text(wanted, encoding="utf-8")
            print(f"{page.relative_to(ROOT)}: written")
        elif wanted != text:
            behind += 1
            print(
                f"{page.relative_to(ROOT)}: has fallen behind; run '{WRITE}'",
                file=sys.stderr,
            )
    return 1 if behind else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))  # a script's own folder is on the path, the checkout is not
    sys.exit(main())
