from __future__ import annotations

from typing import Any

import pytest

from sorapipe.core.check import check
from sorapipe.core.said import Draft
from sorapipe.core.storyboard import Frame, Shot, TakeNumber
from sorapipe.core.wording import Fault


def drafts(*shots: dict[str, Any]) -> list[Draft]:
    """Shots as they come out of expansion."""
    made = []
    for number, said in enumerate(shots):
        rest = {"prompt": "p", "length": said.get("seconds", 4), "path": ("shots", number)}
        made.append(Draft(Shot(**{**rest, **said}), set()))
    return made


def told(*shots: dict[str, Any], **options: Any) -> list[str]:
    """What is wrong with them."""
    return [fault.what for fault in check(drafts(*shots), **options)[1]]


def test_a_chain_inherits_in_any_order() -> None:
    """Model, size and length come down from the first shot, wherever the children stand."""
    shots, faults = check(
        drafts(
            {"id": "d", "remix_of": "c"},
            {"id": "c", "extend_of": "b", "seconds": 6},
            {"id": "b", "edit_of": "a"},
            {"id": "a", "model": "m", "size": "10x20", "seconds": 8},
        )
    )
    assert faults == []
    assert [(shot.id, shot.model, shot.size, shot.seconds, shot.length) for shot in shots] == [
        ("d", "m", "10x20", 14, 14), ("c", "m", "10x20", 6, 14), ("b", "m", "10x20", 8, 8),
        ("a", "m", "10x20", 8, 8),
    ]  # fmt: skip


def test_a_long_cycle_is_told_in_short() -> None:
    """Both ends of the circle are shown."""
    names = [f"s{n}" for n in range(50)]
    circle = zip(names, [*names[1:], names[0]], strict=True)
    (what,) = told(*({"id": name, "remix_of": parent} for name, parent in circle))
    assert what.endswith(
        "s0 -> s1 -> s2 -> s3 -> s4 -> s5 -> ... -> s46 -> s47 -> s48 -> s49 -> s0"
    )


def test_faults_have_the_place_of_the_parents_id() -> None:
    """An unknown parent is told at the source's own key, or inside the reference."""
    _, faults = check(
        drafts(
            {"id": "a", "edit_of": "x"},
            {"id": "b", "extend_of": "x"},
            {"id": "c", "reference": Frame("x", "last")},
        )
    )
    assert [fault.path for fault in faults] == [
        ("shots", 0, "edit-of"), ("shots", 1, "extend-of"), ("shots", 2, "reference", "shot"),
    ]  # fmt: skip


def test_a_frame_of_another_size_needs_a_fit() -> None:
    """Exact is exact for frames too, but not where a size is in doubt."""
    parent = {"id": "a", "size": "10x10"}
    child = {"id": "b", "size": "20x20", "reference": Frame("a", "last")}
    assert told(parent, child) == ["the frame of 'a' is 10x10, and shot 'b' is 20x20"]
    assert told(parent, {**child, "fit": "cover"}) == []
    doubtful = drafts(parent, child)
    doubtful[0].spoilt.add("size")
    assert check(doubtful)[1] == []


def test_equal_requests_for_one_file_are_one_shot() -> None:
    """The first id is kept, tags are joined, and children follow; takes must agree."""
    one = {"file": ("x",), "tags": ("t",)}
    shots, faults = check(
        drafts(
            {"id": "a", **one},
            {"id": "b", **one, "tags": ("u",)},
            {"id": "c", "remix_of": "b"},
            {"id": "d", "edit_of": "b"},
            {"id": "e", "extend_of": "b"},
            {"id": "f", "reference": Frame("b", "first")},
        )
    )
    assert [shot.id for shot in shots] == ["a", "c", "d", "e", "f"]
    assert [shot.parent for shot in shots] == [None, "a", "a", "a", "a"]
    assert shots[0].tags == ("t", "u")
    assert [fault.warning for fault in faults] == [True]
    assert told({"id": "a", **one}, {"id": "b", **one, "takes": 2}) == [
        "shots 'a' and 'b' both want the file 'x.mp4'"
    ]


@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"seconds": 8}, {"prompt": "q"}, {"extra": {"a": 1}}]
)
def test_different_requests_for_one_file_clash(other: dict[str, Any]) -> None:
    """Whatever the server would see makes it another request."""
    faults = check(drafts({"id": "a", "file": ("x",)}, {"id": "b", "file": ("x",), **other}))[1]
    assert faults == [
        Fault(("shots", 1, "file"), "shots 'a' and 'b' both want the file 'x.mp4'",
              "give one another 'file'", first=("shots", 0))
    ]  # fmt: skip


def test_every_take_counts_where_every_take_is_delivered() -> None:
    """`s{take}` of three takes wants s1 to s3."""
    many = {"id": "a", "takes": 3, "file": ("s", TakeNumber(first=1))}
    assert told(many, {"id": "s3"}) == ["shots 'a' and 's3' both want the file 's3.mp4'"]
    assert told(many, {"id": "s4"}) == []


def test_case_is_an_error_only_where_the_disk_cannot_tell() -> None:
    """A warning elsewhere; ids count as well, since takes are named after them."""
    shots = ({"id": "Dawn"}, {"id": "dawn"})
    for blind in (False, True):
        (fault,) = check(drafts(*shots), case_insensitive=blind)[1]
        assert fault.what == "'Dawn.mp4' and 'dawn.mp4' differ only by case"
        assert fault.warning is not blind
    assert told({"id": "Dawn", "file": ("x",)}, {"id": "dawn", "file": ("y",)}) == [
        "'takes/Dawn' and 'takes/dawn' differ only by case"
    ]


def test_spoilt_names_do_not_clash() -> None:
    """Where a fault went into a file's name, no follow-up is told."""
    made = drafts({"id": "a", "file": ("x",)}, {"id": "b", "prompt": "q", "file": ("x",)})
    made[1].spoilt.add("prompt")
    assert check(made)[1] == []


def test_shots_without_a_good_id_keep_their_faults_apart() -> None:
    """Two shots without ids are not said to have the same one."""
    made = drafts({"id": ""}, {"id": ""})
    for draft in made:
        draft.spoilt.add("id")
    assert check(made)[1] == []


def test_one_and_true_are_not_the_same_request() -> None:
    """What Python takes for equal is another thing on the wire: no shot is lost to its twin."""
    twins = ({"id": "a", "file": ("same",)}, {"id": "b", "file": ("same",)})
    said = zip(twins, (1, True), strict=True)
    one, true = ({**twin, "extra": {"loop": value}} for twin, value in said)
    assert told(one, true) == ["shots 'a' and 'b' both want the file 'same.mp4'"]
    assert told(one, {**one, "id": "b"}) == ["shots 'a' and 'b' are one request for one file"]
