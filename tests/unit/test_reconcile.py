from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sorapipe.core.reconcile import MARGIN, Listed, judge, sought
from tests.events import event

PROMPT = "a lighthouse"


def wanted(**changes: Any) -> Any:
    """What an intent at 1000 s asked for, looked for until 1100 s."""
    intent = event("intent", **{"wall": 1000.0, "offset": 0.0, **changes})
    return sought(intent, prompt=PROMPT, until=1100.0, offset=0.0)


MATCH = Listed(
    id="video_1",
    created_at=1001.0,
    prompt=PROMPT,
    model="sora-2",
    size="1280x720",
    seconds=4.0,
    parent=None,
)
NOBODY: frozenset[str] = frozenset()


def test_the_one_equal_video_in_its_time_is_found() -> None:
    """All that the list echoes is equal, and it was made when we asked."""
    assert judge(wanted(), [MATCH], NOBODY) == ("found", ["video_1"])


@pytest.mark.parametrize("field", ["model", "size", "seconds"])
def test_what_the_server_does_not_tell_rules_nothing_out(field: str) -> None:
    """A server that leaves out a field other than the prompt and the time is no obstacle."""
    changes: dict[str, Any] = {field: None}
    assert judge(wanted(), [replace(MATCH, **changes)], NOBODY) == ("found", ["video_1"])


@pytest.mark.parametrize("field", ["prompt", "created_at"])
def test_a_video_of_which_too_little_is_told_is_neither_found_nor_absent(field: str) -> None:
    """Without its prompt or its time it may be ours: too little to adopt, too much to buy again."""
    changes: dict[str, Any] = {field: None}
    assert judge(wanted(), [replace(MATCH, **changes)], NOBODY) == ("several", ["video_1"])


@pytest.mark.parametrize(
    "changes",
    [
        {"prompt": "another"},
        {"created_at": 1000.0 - MARGIN - 1},
        {"created_at": 1100.0 + MARGIN + 1},
        {"model": "sora-2-pro"},
        {"size": "720x1280"},
        {"seconds": 8.0},
        {"parent": "video_0"},
    ],
)
def test_any_difference_rules_a_video_out(changes: dict[str, Any]) -> None:
    """One field that is told and differs is enough."""
    assert judge(wanted(), [replace(MATCH, **changes)], NOBODY) == ("absent", [])


def test_what_is_anothers_is_no_match() -> None:
    """A video that is known to belong to another take or folder is passed over."""
    assert judge(wanted(), [MATCH], frozenset({"video_1"})) == ("absent", [])


def test_several_matches_are_all_told() -> None:
    """Nobody guesses here: who asks sees that there are two."""
    twice = [MATCH, replace(MATCH, id="video_2")]
    assert judge(wanted(), twice, NOBODY) == ("several", ["video_1", "video_2"])


def test_a_derived_video_is_not_known_by_its_length() -> None:
    """Its length is told as whole or part, its parent perhaps; another parent rules it out."""
    request = {**event("intent")["request"], "operation": "extend"}
    asked = wanted(parent="video_0", request=request)
    for parent in ("video_0", None):
        derived = replace(MATCH, parent=parent, seconds=12.0)
        assert judge(asked, [derived], NOBODY) == ("found", ["video_1"])
    assert judge(asked, [replace(MATCH, parent="video_9")], NOBODY) == ("absent", [])


def test_times_are_the_servers_by_either_clock_offset() -> None:
    """The window holds what was known of the server's clock then and what is known now."""
    intent = event("intent", wall=1000.0, offset=-300.0)
    asked = sought(intent, prompt=PROMPT, until=1100.0, offset=0.0)
    assert (asked.since, asked.until) == (700.0 - MARGIN, 1100.0 + MARGIN)
    edges = [replace(MATCH, id=str(at), created_at=at) for at in (700.0 - MARGIN, 1100.0 + MARGIN)]
    assert len(judge(asked, edges, NOBODY)[1]) == 2
