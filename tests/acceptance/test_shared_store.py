"""Two runs over one store, killed at any moment, break nothing there and lose nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.long.store import played


@pytest.mark.slow
def test_two_runs_over_one_store_killed_at_random_moments(tmp_path: Path) -> None:
    """Of twenty pairs, each object and record is whole, each kept take is there, both end well."""
    found = list(played(tmp_path, range(20), rounds=1))
    assert [pair.wrong for pair in found] == [[]] * 20
    assert sum(pair.kills for pair in found) > 10
    assert sum(pair.reused for pair in found) > 10
