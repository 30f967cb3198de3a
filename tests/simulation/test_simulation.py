"""The stories are the same each time, and worth telling."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.simulation.seeds import trace_of
from tests.simulation.stage import play, replaced


@pytest.fixture(autouse=True)
def simulated() -> Iterator[None]:
    """What knows of time, chance and disks is replaced."""
    with replaced():
        yield


def test_a_seed_tells_the_same_story_again() -> None:
    """A seed leaves the same trace in an interpreter that orders its sets otherwise."""
    seeds = range(5)
    once = [play(seed).trace for seed in seeds]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(trace_of, seeds)) == once
    assert len(set(once)) == len(once)


def test_the_stories_are_worth_telling() -> None:
    """250 seeds have kills, power cuts, refusing disks, and every way for a run to end."""
    stories = [play(seed) for seed in range(250)]
    exits = {end.exit for story in stories for end in story.ends}
    assert exits >= {None, 0, 1, 3, 4, 6, 7, 130}
    assert sum(end.exit is None for story in stories for end in story.ends) > 100
    events = {
        event
        for story in stories
        for name, data in story.files.items()
        if name.endswith("ledger.jsonl")
        for event in (b"adopted", b"absent", b"unknown", b"ambiguous", b"throttled", b"lost")
        if b'"event":"' + event in data
    }
    assert len(events) == 6
