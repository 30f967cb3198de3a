"""The exit code of a run: of what applies, the gravest."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from sorapipe.core.take import Take
from sorapipe.run.outcome import Outcome

TAKE = [Take(fingerprint="f", name="a@1")]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, 0),
        ({"failed": {"a@1": "no"}}, 1),
        ({"blocked": {"a@1": "no"}}, 1),
        ({"in_flight": TAKE}, 1),
        ({"unknown": TAKE}, 3),
        ({"storage": "full"}, 4),
        ({"over_budget": "a@1"}, 6),
        ({"refused": "401"}, 7),
        ({"signal": signal.SIGINT}, 130),
        ({"signal": signal.SIGTERM}, 143),
        ({"signal": signal.SIGHUP}, 143),
        ({"storage": "full", "signal": signal.SIGINT, "refused": "401"}, 4),
        ({"signal": signal.SIGINT, "refused": "401"}, 130),
        ({"refused": "401", "unknown": TAKE}, 7),
        ({"unknown": TAKE, "over_budget": "a@1"}, 3),
        ({"over_budget": "a@1", "failed": {"a@1": "no"}}, 6),
    ],
)
def test_the_exit_code_is_that_of_the_gravest(fields: dict[str, Any], code: int) -> None:
    """The first of 4, 130 or 143, 7, 3, 6 and 1 that applies."""
    assert Outcome(**fields).exit == code
