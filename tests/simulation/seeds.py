"""Playing many seeds, for the modules that share them out: xdist gives a module to one worker."""

from __future__ import annotations

from tests.simulation.auditor import audit
from tests.simulation.stage import play, replaced

STEP = 500  # seeds that one test plays


def violations(first: int) -> dict[int, list[str]]:
    """What the auditor finds in STEP seeds from that one on, by seed."""
    with replaced():
        return {seed: lines for seed in range(first, first + STEP) if (lines := audit(play(seed)))}


def trace_of(seed: int) -> str:
    """The trace of one seed."""
    with replaced():
        return play(seed).trace
