from __future__ import annotations

from typing import Any

import pytest

from sorapipe.core.expand import expand
from sorapipe.core.names import caseless, file_parts, id_fault, template_fault
from sorapipe.core.said import Said
from sorapipe.core.storyboard import Shot, TakeNumber
from sorapipe.core.substitute import substitute
from sorapipe.core.wording import Names, either, shortened

VALUES = {"sea": "the sea", "n": "3", "sly": "{sea}", "été": "summer"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("at {sea}, {n} times", "at the sea, 3 times"),
        ("{sly} is not looked at again", "{sea} is not looked at again"),
        ("{{sea}} and {{anything}}", "{sea} and {anything}"),
        ("{{{sea}}}", "{{sea}}"),
        ("{ sea } {} {1} {a-b} {a.b} {sea:>3} {sea!r} ${HOME} is", None),
        ('{"scene": {"sea": ["{n}"]}}', '{"scene": {"sea": ["3"]}}'),
        ("{été}", "summer"),
        ("no braces", "no braces"),
        ("} {", "} {"),
    ],
)
def test_substitution_is_literal(text: str, meant: str | None) -> None:
    """Only a brace around a bare identifier counts, and what is put in is left alone."""
    unknown: list[str] = []
    assert substitute(text, VALUES, unknown.append) == (meant or text.replace("{HOME}", ""))
    assert unknown == ([] if meant else ["HOME"])


def shots(*own: dict[str, Any], **said: Any) -> list[Shot]:
    """The expanded shots, of which nothing is wrong."""
    drafts, faults = expand(Said(data={"shots": list(own)}, shots=list(own), **said))
    assert faults == []
    return [draft.shot for draft in drafts]


def test_defaults_reach_what_a_shot_does_not_say() -> None:
    """A shot's own word wins, and wins whole."""
    defaults = {"seconds": 8, "tags": ["a"], "extra": {"x": 1}}
    plain, own = shots(
        {"id": "a", "prompt": "p"},
        {"id": "b", "prompt": "p", "seconds": "12s", "tags": [], "extra": {"y": 2}},
        defaults=defaults,
    )
    assert (plain.seconds, plain.tags, plain.extra) == (8, ("a",), {"x": 1})
    assert (own.seconds, own.tags, own.extra) == (12, (), {"y": 2})


def test_defaults_do_not_reach_what_is_the_parents() -> None:
    """Model, size and length of a remix wait for the parent; takes and tags are its own."""
    defaults = {"model": "big", "size": "10x10", "seconds": 8, "takes": 3}
    remix, extension = shots(
        {"id": "a", "prompt": "p", "remix-of": "x"},
        {"id": "b", "prompt": "p", "extend-of": "x"},
        defaults=defaults,
    )
    assert (remix.model, remix.size, remix.seconds, remix.takes) == ("sora-2", "1280x720", 4, 3)
    assert (extension.model, extension.size, extension.seconds) == ("sora-2", "1280x720", 8)


@pytest.mark.parametrize(
    ("said", "meant"),
    [(4, 4), (4.0, 4), (2.5, 2.5), ("8", 8), ("8s", 8), ("2.50s", 2.5), ("{n}", 3)],
)
def test_seconds_are_numbers_however_written(said: Any, meant: float) -> None:
    """Whole lengths are whole numbers, so that spelling never changes a fingerprint."""
    (shot,) = shots({"id": "a", "prompt": "p", "seconds": said}, variables=VALUES)
    assert repr(shot.seconds) == repr(meant) == repr(shot.length)


def test_a_fault_in_defaults_is_told_once() -> None:
    """However many shots it reaches, it stands at one place."""
    own = [{"id": f"s{n}", "prompt": "p"} for n in range(3)]
    said = Said(data={"shots": own}, shots=own, defaults={"model": "{nope}"})
    _, faults = expand(said)
    assert [fault.path for fault in faults] == [("defaults", "model")]


def test_what_is_spoilt_is_not_told_again() -> None:
    """A shot goes on without what was taken out of it, and draws no further faults."""
    own = {"id": "a b", "file": "{prompt}/{gone}"}
    said = Said(
        data={"shots": [own]}, shots=[own], spoilt={0: {"prompt", "id", "seconds"}},
        spoilt_vars=frozenset(("gone",)), spoilt_defaults=frozenset(("size",)),
    )  # fmt: skip
    (draft,), faults = expand(said)
    assert [fault.what for fault in faults] == ["'file' of shot 'a b': '/' in a file's name"]
    assert {"prompt", "id", "seconds", "size", "file"} <= draft.spoilt


def test_values_in_a_file_name_are_made_harmless() -> None:
    """Slashes and controls in values become `_`; {take} in a value is not the take."""
    values = {"id": "a", "prompt": "x/y\\z\0\n", "v": "{take}"}
    parts = file_parts("{id}-{prompt}-{v}-{take}{{take0}}", values, pytest.fail)
    assert parts == ("a-x_y_z__-{take}-", TakeNumber(first=1), "{take0}")
    assert file_parts("{take0}", {}, pytest.fail) == (TakeNumber(first=0),)


@pytest.mark.parametrize("template", ["a/b", "/a", "a\\b", "a\nb", "{x}/{y}"])
def test_folders_in_a_file_name_are_a_fault(template: str) -> None:
    """What is written down literally is refused, not changed."""
    assert template_fault(template)


@pytest.mark.parametrize("name", ["a", "0", "A.b_c-d", "x" * 64, "console", "com10", "a.con"])
def test_good_ids(name: str) -> None:
    """Letters, digits, dot, underscore and hyphen, at most 64."""
    assert id_fault(name) is None


@pytest.mark.parametrize(
    "name", ["", "-a", ".a", "_a", "a b", "a/b", "é", "a\n", "x" * 65, "CON", "nul.txt", "lpt9"]
)
def test_bad_ids(name: str) -> None:
    """Everything else, and the names of devices on Windows."""
    assert id_fault(name)


def test_names_that_a_file_system_may_confuse() -> None:
    """Case and the composition of accents don't count."""
    assert caseless("Été") == caseless("E\u0301TE\u0301") != caseless("ete")


@pytest.mark.parametrize("many", [0, 1000])
@pytest.mark.parametrize("slip", ["dwan", "dan", "dawnn", "dawm", "Dawn", "da_wn"])
def test_the_nearest_name_is_found_among_few_and_many(slip: str, many: int) -> None:
    """One slip away is found however many names there are."""
    assert (
        Names(["dawn", *(f"other-{n}" for n in range(many))]).advice(slip) == "did you mean 'dawn'?"
    )


def test_no_name_is_near() -> None:
    """Then the other advice is given."""
    assert Names(["dawn"]).advice("thunder", "add it") == "add it"
    assert Names([]).nearest("x") is None
    assert Names([f"name-{n}" for n in range(1000)]).nearest("entirely else") is None


def test_small_words() -> None:
    """Lists and long texts for messages."""
    assert [either(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == [
        "a", "a or b", "a, b or c",
    ]  # fmt: skip
    assert shortened("x" * 61) == "x" * 59 + "…"
    assert shortened("x" * 60) == "x" * 60
