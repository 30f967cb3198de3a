from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sorapipe.core.reconcile import MARGIN, Listed, candidates, sought
from tests.events import event

WANTED = sought(event("intent", wall=1000.0), until=1100.0)
MATCH = Listed(
    id="video_1",
    created_at=1001.0,
    prompt="a lighthouse",
    model="sora-2",
    size="1280x720",
    seconds=4.0,
    parent=None,
)
NOBODY: frozenset[str] = frozenset()


def test_an_equal_video_in_its_time_is_a_candidate() -> None:
    """All that the list echoes is equal, and it was made when we asked."""
    assert candidates(WANTED, [MATCH], NOBODY) == ["video_1"]


@pytest.mark.parametrize("field", ["model", "size", "seconds"])
def test_what_the_server_does_not_tell_rules_nothing_out(field: str) -> None:
    """A server that leaves out a field other than the prompt and the time is no obstacle."""
    changes: dict[str, Any] = {field: None}
    assert candidates(WANTED, [replace(MATCH, **changes)], NOBODY) == ["video_1"]


@pytest.mark.parametrize(
    "changes",
    [
        {"prompt": "another"},
        {"prompt": None},
        {"created_at": None},
        {"created_at": 1000.0 - MARGIN - 1},
        {"created_at": 1100.0 + MARGIN + 1},
        {"model": "sora-2-pro"},
        {"size": "720x1280"},
        {"seconds": 8.0},
        {"parent": "video_0"},
    ],
)
def test_any_difference_rules_a_video_out(changes: dict[str, Any]) -> None:
    """One field that differs, or a prompt or time that is not told, is enough."""
    assert candidates(WANTED, [replace(MATCH, **changes)], NOBODY) == []


def test_what_is_anothers_is_no_candidate() -> None:
    """A video that is known to belong to another take or folder is passed over."""
    assert candidates(WANTED, [MATCH], frozenset({"video_1"})) == []


def test_several_candidates_are_all_told() -> None:
    """Nobody guesses here: who asks sees that there are two."""
    twice = [MATCH, replace(MATCH, id="video_2")]
    assert candidates(WANTED, twice, NOBODY) == ["video_1", "video_2"]


def test_a_remix_is_known_by_its_parent_and_not_by_its_length() -> None:
    """A derived video has its parent's id; its length may be told as the whole or as the part."""
    wanted = sought(event("intent", wall=1000.0, parent="video_0"), until=1100.0)
    derived = replace(MATCH, parent="video_0", seconds=12.0)
    assert candidates(wanted, [derived], NOBODY) == ["video_1"]
    assert candidates(wanted, [MATCH], NOBODY) == []


def test_times_are_the_servers() -> None:
    """Our times are moved by the difference of the clocks, with a margin at both ends."""
    wanted = sought(event("intent", wall=1000.0), until=1100.0, offset=-300.0)
    assert (wanted.since, wanted.until) == (700.0 - MARGIN, 800.0 + MARGIN)
    at_the_edges = [
        replace(MATCH, id=str(at), created_at=at) for at in (700.0 - MARGIN, 800.0 + MARGIN)
    ]
    assert len(candidates(wanted, at_the_edges, NOBODY)) == 2
