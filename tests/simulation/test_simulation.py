"""Thousands of simulated stories, and nothing in them is paid twice or lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.auditor import audit
from tests.simulation.stage import play, replaced

SEEDS = 2_000
STEP = 500


@pytest.fixture(autouse=True)
def simulated() -> Iterator[None]:
    """What knows of time, chance and disks is replaced."""
    with replaced():
        yield


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SEEDS, STEP))
def test_no_promise_is_broken(first: int) -> None:
    """Whatever server, network, disk and power do, the auditor finds nothing."""
    broken = {seed: found for seed in range(first, first + STEP) if (found := audit(play(seed)))}
    assert not broken


def test_a_seed_tells_the_same_story_again() -> None:
    """A seed that is played twice leaves the same trace, and two seeds leave two."""
    once = [play(seed).trace for seed in range(100)]
    assert [play(seed).trace for seed in range(100)] == once
    assert len(set(once)) == len(once)


def test_the_stories_are_worth_telling() -> None:
    """Five hundred seeds have kills, power cuts, refusing disks, and every way for a run to end."""
    stories = [play(seed) for seed in range(500)]
    exits = {end.exit for story in stories for end in story.ends}
    assert exits >= {None, 0, 1, 3, 4, 6, 7, 130}
    assert sum(end.exit is None for story in stories for end in story.ends) > 200
    events = {
        event
        for story in stories
        for name, data in story.files.items()
        if name.endswith("ledger.jsonl")
        for event in (b"adopted", b"absent", b"unknown", b"ambiguous", b"throttled", b"lost")
        if b'"event":"' + event in data
    }
    assert len(events) == 6
