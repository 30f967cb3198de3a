from __future__ import annotations

from typing import Any

import pytest

from sorapipe.core.request import (
    SEEDS,
    Request,
    Source,
    canonical,
    plain,
    request_for,
    seed_for,
    source_for,
)
from sorapipe.core.storyboard import Frame, Picture, Shot, Upload

SHOT = Shot(id="dawn", prompt="a lighthouse")
DIGEST = "ab" * 32


def test_a_request_says_what_is_sent_and_no_more() -> None:
    """Size and seconds are always there; what is not said is not in the data."""
    assert request_for(SHOT, 1).as_data() == {
        "operation": "create",
        "prompt": "a lighthouse",
        "model": "sora-2",
        "seconds": 4,
        "size": "1280x720",
    }


def test_a_request_comes_back_from_its_data() -> None:
    """What the ledger keeps of a request gives an equal one again."""
    shot = Shot(id="x", prompt="p", seed=5, reference=Upload("file-1"), extra={"a": {"b": [1, 2]}})
    request = request_for(shot, 2)
    assert Request(**request.as_data()) == request
    assert request.as_data()["seed"] == 6
    assert request.as_data()["file_id"] == "file-1"


@pytest.mark.parametrize(
    ("shot", "operation"),
    [
        (SHOT, "create"),
        (Shot(id="x", prompt="p", remix_of="a"), "remix"),
        (Shot(id="x", prompt="p", edit_of="a"), "edit"),
        (Shot(id="x", prompt="p", extend_of="a"), "extend"),
    ],
)
def test_the_operation_is_the_shots_own_unless_a_fallback_changes_it(
    shot: Shot, operation: str
) -> None:
    """A fallback's request is fingerprinted as what is really sent."""
    assert request_for(shot, 1).operation == operation
    assert request_for(shot, 1, "create").operation == "create"


def test_a_said_seed_goes_up_with_the_takes() -> None:
    """Take n of seed S is sent S + n - 1, back to 0 after the last seed that servers take."""
    shot = Shot(id="x", prompt="p", seed=SEEDS - 1, takes=2)
    assert [request_for(shot, number).seed for number in (1, 2)] == [SEEDS - 1, 0]
    assert seed_for(request_for(shot, 1), 1) == SEEDS - 1


def test_a_derived_seed_hangs_on_the_request_and_the_take() -> None:
    """Takes and prompts have their own seeds; another id has none, and they never change."""
    seeds = [seed_for(request_for(SHOT, number), number) for number in (1, 2)]
    other = seed_for(request_for(Shot(id="dawn", prompt="a lamp"), 1), 1)
    renamed = seed_for(request_for(Shot(id="dusk", prompt="a lighthouse"), 1), 1)
    assert len({*seeds, other}) == 3
    assert renamed == seeds[0]
    assert seeds == [1747052855, 2142931072]
    assert all(0 <= seed < SEEDS for seed in (*seeds, other))


@pytest.mark.parametrize(
    ("shot", "operation", "source"),
    [
        (SHOT, None, None),
        (
            Shot(id="x", prompt="p", reference=Picture("a.png"), fit="cover"),
            None,
            Source(kind="picture", sha256=DIGEST, fit="cover", size="1280x720"),
        ),
        (
            Shot(id="x", prompt="p", reference=Frame("a", "first")),
            None,
            Source(kind="frame", sha256=DIGEST, frame="first", fit="exact", size="1280x720"),
        ),
        (
            Shot(id="x", prompt="p", remix_of="a"),
            None,
            Source(kind="video", sha256=DIGEST),
        ),
        (
            Shot(id="x", prompt="p", remix_of="a"),
            "create",
            Source(kind="frame", sha256=DIGEST, frame="last", fit="exact", size="1280x720"),
        ),
        (
            Shot(id="x", prompt="p", remix_of="a"),
            "edit",
            Source(kind="video", sha256=DIGEST),
        ),
    ],
)
def test_a_source_says_what_is_made_from_its_bytes(
    shot: Shot, operation: Any, source: Source | None
) -> None:
    """A picture and a frame count with fit and size, a video by its bytes alone."""
    assert source_for(shot, DIGEST if source else None, operation) == source


def test_source_data_leaves_out_what_is_not_there() -> None:
    """The ledger keeps no empty fields."""
    assert Source(kind="video", sha256=DIGEST).as_data() == {"kind": "video", "sha256": DIGEST}


def test_equal_data_has_one_spelling() -> None:
    """Order of keys, tuples for lists and 8.0 for 8 are all the same text."""
    data = {"b": (1, 2.0), "a": {"d": 8.0, "c": None}}
    assert canonical(data) == b'{"a":{"c":null,"d":8},"b":[1,2]}'
    assert canonical(data) == canonical({"a": {"c": None, "d": 8}, "b": [1.0, 2]})


def test_spelling_keeps_what_differs() -> None:
    """True is not 1, 8.5 is not 8, and text of any script stays as it is."""
    assert plain({"a": True, "b": 8.5, "c": "8"}) == {"a": True, "b": 8.5, "c": "8"}
    assert canonical(True) != canonical(1)
    assert canonical("été \ud800") == b'"\xc3\xa9t\xc3\xa9 \xed\xa0\x80"'
