"""The auditor sees: every planted bug is caught, and nothing is called a bug that is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.auditor import audit
from tests.simulation.bugs import BUGS, planted
from tests.simulation.stage import play, replaced

MOST = 1000  # seeds within which a bug has to show


@pytest.fixture(autouse=True)
def simulated() -> Iterator[None]:
    """What knows of time, chance and disks is replaced."""
    with replaced():
        yield


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(bug: str) -> None:
    """With the bug a seed is found bad within a thousand, and that seed is good without it."""
    with planted(bug):
        seed = next(seed for seed in range(MOST) if (found := audit(play(seed))))
    assert not any("FAULT" in line for line in found), "the bug itself is broken"
    assert audit(play(seed)) == []


def test_there_are_enough_of_them() -> None:
    """At least twenty mistakes are planted."""
    assert len(BUGS) >= 20
