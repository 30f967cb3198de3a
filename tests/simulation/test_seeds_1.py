"""Simulated stories 0 to 1,500: nothing in them is paid twice or lost."""

from __future__ import annotations

import pytest

from tests.simulation.seeds import STEP, violations


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 1_500, STEP))
def test_no_promise_is_broken(first: int) -> None:
    """Whatever server, network, disk and power do, the auditor finds nothing."""
    assert violations(first) == {}
