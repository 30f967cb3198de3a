"""Rows against the plainest way to make them, and the flat storyboard against what it came from."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sorapipe.core.flat import flat
from sorapipe.core.rows import written
from sorapipe.core.storyboard import Storyboard
from sorapipe.core.substitute import escaped, substitute
from sorapipe.errors import StoryboardError
from sorapipe.load import load
from sorapipe.report.flat import as_yaml

NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.sampled_from(["1", "2", "3"])
PARTIAL = st.dictionaries(NAMES, VALUES, min_size=1)
MATRICES = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.lists(VALUES, min_size=1, max_size=3) for name in ("a", "b", "c")},
        "include": st.lists(PARTIAL, min_size=1, max_size=3),
        "exclude": st.lists(PARTIAL, min_size=1, max_size=4),
    },
)


def naive(each: dict[str, Any]) -> tuple[list[dict[str, str]], set[int]]:
    """The rows, and the numbers of the exclusions that matched; one list after the other."""
    combinations: list[dict[str, str]] = [{}]
    names = [name for name in each if name not in ("include", "exclude")]
    for name in names:
        combinations = [{**row, name: value} for row in combinations for value in each[name]]
    used = set()
    kept = []
    for row in combinations if names else []:
        hits = {
            number
            for number, out in enumerate(each.get("exclude", []))
            if all(row.get(name) == value for name, value in out.items())
        }
        used |= hits
        if not hits:
            kept.append(row)
    return kept + each.get("include", []), used


@given(MATRICES)
def test_combinations_are_those_of_nested_loops(each: dict[str, Any]) -> None:
    """Whatever the lists, inclusions and exclusions; needless exclusions are exactly those told."""
    rows, faults = written(each, ("shots", 0, "each"), "'each'", lambda path: "")
    expected, used = naive(each)
    assert [row.fields for row in rows] == expected
    warned = {fault.path[-1] for fault in faults if fault.warning}
    assert warned == set(range(len(each.get("exclude", [])))) - used
    assert any(not fault.warning for fault in faults) == (not expected)


BRACED = st.text(alphabet="{}ab0 é", max_size=12)


@given(BRACED)
def test_what_is_escaped_comes_back(text: str) -> None:
    """Substitution of the escaped text gives the text, and asks for no name."""
    unknown: list[str] = []
    assert substitute(escaped(text), {"a": "no", "ab": "no"}, unknown.append) == text
    assert unknown == []


# Everything that may go wrong on the way through YAML: signs, words that look like values, lines.
TEXT = st.one_of(
    st.sampled_from(
        ["no", "on", "~", "null", "010", "0x10", "1e3", "12:30", "1280x720", "<<", "="]
    ),
    st.sampled_from(["- a", "# b", "a: b", "a #b", "*a", "&a", "!a", "'a'", '"', "\\", "%a", "@a"]),
    st.sampled_from(["`a", "|", ">", "?", "---", "...", "[a]", "a, b", "{take}", "{a", "{{a}}"]),
    st.sampled_from(["a\n\nb", "a\nb\n", "\na", "a\n b", "a\n  \nb", "\t", "a\tb", " a", "a "]),
    st.sampled_from(["\u2028", "\x85", "\ufeff", "\x7f", "\U0001f98a"]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    BRACED,
).filter(bool)
COMMON = {
    "tags": st.lists(st.just("{x}") | TEXT.map(escaped), max_size=2),
    "takes": st.sampled_from([1, 3, "{n}"]),
    "seed": st.sampled_from([0, 7, "{n}"]),
    "extra": st.dictionaries(
        TEXT.filter(lambda key: key not in ("n",)),
        st.recursive(
            TEXT.map(escaped) | st.just("{x}") | st.integers(-5, 5) | st.none() | st.booleans(),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
            max_leaves=4,
        ),
        max_size=2,
    ),
    "file": st.sampled_from(
        ["{i} {x}", "{i}-{x}{take}", "{take0}{x}{i}", "{{x}}{i}", "{i} {prompt}"]
    ),
}
LOOK = {
    "model": TEXT.map(escaped) | st.just("{x}"),
    "size": st.sampled_from(["64x64", "{wide}"]),
    "seconds": st.sampled_from([1, 2.5, "{n}", "8s"]),
}
SOURCES = st.sampled_from(
    [
        {},
        {"remix-of": "first-0"},
        {"remix-of": "first-0", "fallback": "edit"},
        {"edit-of": "first-{one}"},
        {"extend-of": "first-0", "seconds": 2},
        {"reference": {"shot": "first-0", "frame": "last"}, "fit": "cover"},
        {"reference": {"file-id": "{x}"}},
        {"reference": {"file-id": "f"}},
    ]
)


@st.composite
def storyboards(draw: st.DrawFn) -> dict[str, Any]:
    """Storyboards of two shots with rows, the second of which may start from the first."""
    source = draw(SOURCES)
    own = {} if source and "reference" not in source else LOOK
    first = draw(st.fixed_dictionaries({}, optional={**COMMON, **LOOK}))
    second = draw(st.fixed_dictionaries({}, optional={**COMMON, **own}))
    rows = draw(st.lists(TEXT, min_size=1, max_size=3))
    fit = draw(st.sampled_from([{}, {"fit": "contain"}]))
    return {
        **draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "title": TEXT,
                    "provider": st.just("local"),
                    "budget": st.sampled_from([0, 2.5, 20, 1e-07]),
                    "on-ambiguous": st.sampled_from(["settle", "hold"]),
                },
            )
        ),
        "vars": {"n": 2, "wide": "128x72", "one": 0, "v": draw(TEXT)},
        "defaults": {"prompt": draw(st.sampled_from(["{x}", "{v}{x}", "{i} {{x}}"])), **fit},
        "shots": [
            {"id": "first-{i}", **first, "each": [{"i": n, "x": x} for n, x in enumerate(rows)]},
            {"id": "second-{i}", **second, **source, "each": {"i": [1, 2], "x": rows[:1]}},
        ],
    }


def loaded(folder: Path, text: str) -> Storyboard:
    """The storyboard that the text means."""
    (folder / "b.yaml").write_text(text, encoding="utf-8", newline="")
    return load(folder / "b.yaml").storyboard


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.filter_too_much])
@given(storyboards())
def test_the_flat_storyboard_means_the_very_same_shots(board: dict[str, Any]) -> None:
    """As YAML it loads without rows, vars and defaults to what it was made from."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            meant = loaded(folder, _quoted(board))
        except StoryboardError:
            assume(False)
        data = flat(meant)
        text = as_yaml(data)
        assert not {"each", "vars", "defaults"} & {
            key for one in (data, *data["shots"]) for key in one
        }
        again = loaded(folder, text)
        assert _bare(again) == _bare(meant)
        assert as_yaml(flat(again)) == text


def _bare(storyboard: Storyboard) -> Storyboard:
    """Without the shots' places, and without variables, whose work is done."""
    shots = tuple(replace(shot, path=()) for shot in storyboard.shots)
    return replace(storyboard, shots=shots, vars={})


def _quoted(board: dict[str, Any]) -> str:
    """JSON is YAML, but for characters that YAML wants escaped and JSON does not."""
    text = json.dumps(board, ensure_ascii=False)
    return re.sub(
        "[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text
    )
