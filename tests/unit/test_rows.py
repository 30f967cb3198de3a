from __future__ import annotations

from typing import Any

import pytest

from sorapipe.core.gather import gathered
from sorapipe.core.rows import name_fault, written
from sorapipe.core.wording import Fault, Path

PATH: Path = ("shots", 0, "each")


def rows(each: Any) -> tuple[list[dict[str, str]], list[Fault]]:
    """The fields of the rows, and the faults; scalars are written as Python writes them."""

    def text(path: Path) -> str:
        value = each
        for step in path[len(PATH) :]:
            value = value[step]
        return f"<{value}>"

    found, faults = written(each, PATH, "'each'", text)
    assert [row.where for row in found] == [f"row {n} of 'each'" for n in range(1, len(found) + 1)]
    return [dict(row.fields) for row in found], faults


def test_lists_are_combined_with_the_last_one_fastest() -> None:
    """As nested loops would, in the order in which the lists are written."""
    found, faults = rows({"a": ["x", "y"], "b": ["1", "2"]})
    assert [(row["a"], row["b"]) for row in found] == [
        ("x", "1"), ("x", "2"), ("y", "1"), ("y", "2"),
    ]  # fmt: skip
    assert faults == []


def test_what_is_no_text_is_asked_for_as_it_is_written() -> None:
    """A number or a truth value is text in a row, and its spelling is the document's business."""
    found, _ = rows({"a": [1, "1"], "exclude": [{"a": "1"}], "include": [{"b": True}]})
    assert found == [{"a": "<1>"}, {"b": "<True>"}]
    assert rows([{"a": 1.5, "b": "x"}])[0] == [{"a": "<1.5>", "b": "x"}]


def test_an_exclusion_needs_all_of_its_fields_to_match() -> None:
    """A partial row drops every combination that has its values, and no other."""
    found, faults = rows({"a": ["x", "y"], "b": ["1", "2"], "exclude": [{"a": "x", "b": "2"}]})
    assert [row["a"] + row["b"] for row in found] == ["x1", "y1", "y2"]
    found, faults = rows({"a": ["x", "y"], "b": ["1", "2"], "exclude": [{"a": "x"}]})
    assert [row["a"] + row["b"] for row in found] == ["y1", "y2"]
    assert faults == []


def test_included_rows_are_whole_and_not_excluded() -> None:
    """They stand behind the combinations, count on, and no exclusion reaches them."""
    found, _ = rows({"a": ["x", "y"], "exclude": [{"a": "x"}], "include": [{"a": "x", "c": "z"}]})
    assert found == [{"a": "y"}, {"a": "x", "c": "z"}]
    assert rows({"include": [{"a": "x"}]})[0] == [{"a": "x"}]


def test_an_exclusion_of_nothing_is_a_warning() -> None:
    """Each is told with its place; one that another one made needless did match."""
    each = {"a": ["x"], "b": ["1", "2"], "exclude": [{"a": "x", "b": "1"}, {"b": "1"}, {"bb": "2"}]}
    _, (warning,) = rows(each)
    assert warning.warning
    assert (warning.path, warning.fix) == ((*PATH, "exclude", 2), "did you mean 'b'?")


def test_no_rows_are_a_fault() -> None:
    """A shot that comes to nothing was not meant."""
    found, faults = rows({"a": ["x"], "exclude": [{"a": "x"}]})
    assert (found, [fault.what for fault in faults]) == ([], ["'each' has no rows"])


def test_combinations_are_counted_before_they_are_made() -> None:
    """Ten lists of ten are refused at once."""
    found, (fault,) = rows({f"a{n}": list("0123456789") for n in range(10)})
    assert (found, fault.what) == ([], "'each' has 10,000,000,000 combinations")


def test_many_exclusions_cost_no_look_at_each_for_each_row() -> None:
    """90,000 combinations and 30,000 exclusions are a matter of a moment."""
    numbers = [str(n) for n in range(300)]
    out = [{"a": a, "b": b} for a in numbers[:100] for b in numbers]
    found, faults = rows({"a": numbers, "b": numbers, "exclude": out})
    assert (len(found), faults) == (60_000, [])


@pytest.mark.parametrize("name", ["lang", "été", "_x", "a1", "id", "prompt", "言語"])
def test_good_names_of_fields(name: str) -> None:
    """Whatever {name} can stand for, and also what a shot has itself."""
    assert name_fault(name) is None


@pytest.mark.parametrize("name", ["", "a b", "1a", "a-b", " a", "a\n", "index", "index0", "take"])
def test_bad_names_of_fields(name: str) -> None:
    """What can't be named in braces, or means something else there."""
    assert name_fault(name)


def fault(what: str, row: int = 0, fix: str = "f", **more: Any) -> Fault:
    """A fault of one row, or of a shot without rows."""
    which = f"row {row} of 'each'" if row else ""
    return Fault(("shots", 0, "size"), what, fix, which=which, **more)


def told(*faults: Fault) -> list[str]:
    """What is said of them."""
    return [one.what for one in gathered(faults)]


def test_what_a_thousand_rows_share_is_told_once() -> None:
    """With the first row and the number of the others."""
    assert told(*(fault("w", n) for n in range(1, 1001))) == ["w (row 1 of 'each' and 999 more)"]
    assert told(fault("w", 3), fault("w", 3)) == ["w (row 3 of 'each')"]


def test_of_different_faults_of_one_sort_the_first_few_are_told() -> None:
    """Three lines, the last of which counts the rest."""
    assert told(*(fault(f"w{n}", n) for n in range(1, 1001))) == [
        "w1 (row 1 of 'each')",
        "w2 (row 2 of 'each')",
        "w3 (row 3 of 'each' and 997 more)",
    ]


def test_faults_of_two_sorts_are_both_told() -> None:
    """A sort is what has one fix, or what says that it is alike."""
    assert len(told(fault("a", 1), fault("b", 1, fix="g"))) == 2
    many = [fault(f"w{n}", n, fix=f"f{n}", alike="x") for n in range(1, 9)]
    assert told(*many)[-1] == "w3 (row 3 of 'each' and 5 more)"


def test_faults_without_rows_stay_as_they_are() -> None:
    """Each is told once, at its place, with nothing put into its words."""
    one, two = fault("a"), fault("b")
    assert gathered([one, two, one]) == [one, two]


def test_bad_rows_that_are_written_out_are_counted_too() -> None:
    """A thousand of them stand at a thousand places, and three are shown."""
    bad = [Fault((*PATH, n, "lang"), f"w{n}", "f") for n in range(1000)]
    assert told(*bad) == ["w0", "w1", "w2 (and 997 more)"]
