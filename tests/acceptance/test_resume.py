"""Killed at any moment, a run goes on as if nothing had happened: every shot is bought once."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.kills import paid_creates, resume, run_until_killed, write_storyboard

SHOTS = 20
KILLS = 10


@pytest.mark.slow
def test_a_run_killed_at_random_moments_buys_each_shot_once(tmp_path: Path) -> None:
    """Ten SIGKILLs at seeded moments, over runs of 20 shots, each resumed to the end."""
    dice, killed, number = random.Random(20261122), 0, 0
    storyboard = write_storyboard(tmp_path / "storyboard.yaml", SHOTS)
    while killed < KILLS:
        number += 1
        out, store = tmp_path / f"out-{number}", tmp_path / f"store-{number}"
        while killed < KILLS and run_until_killed(storyboard, out, store, dice.uniform(0, 1.5)):
            killed += 1
        assert resume(storyboard, out, store) == 0
        assert paid_creates(out) == SHOTS
        assert len(list(out.glob("shot-*.mp4"))) == SHOTS
