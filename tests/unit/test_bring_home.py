"""What was paid for twice is brought home by a run that goes on, and not by one that stops."""

from __future__ import annotations

from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from sorapipe.run.late import Late
from sorapipe.run.stop import Stop


@pytest.mark.parametrize(("asked", "begun"), [(False, 1), (True, 0)])
def test_a_run_that_stops_begins_to_fetch_nothing(*, asked: bool, begun: int) -> None:
    """A signal that comes before the first task would else wait for a whole download."""
    stop, steps = Stop(), list[Coroutine[None, None, None]]()
    event = {"event": "duplicate", "video": "video_1", "fp": "f", "take": "dawn@1"}
    tally = SimpleNamespace(arriving=lambda address: [event])
    hands: Any = SimpleNamespace(
        stop=stop, address="https://example.com/v1", session=SimpleNamespace(tally=tally)
    )
    if asked:
        stop.ask()
    Late(hands, steps.append).bring_home()
    for step in steps:
        step.close()
    assert len(steps) == begun
