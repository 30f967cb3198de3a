from __future__ import annotations

import math

import pytest

from sorapipe.core.backoff import bounded, delay


def test_delays_double_up_to_the_cap() -> None:
    """Without luck the wait is doubled each time, and never over the cap."""
    assert [delay(attempt, 1.0, cap=3.0) for attempt in (1, 2, 3, 4, 5)] == [
        0.5,
        1.0,
        2.0,
        3.0,
        3.0,
    ]
    assert delay(10**6, 1.0) == 120.0


def test_half_of_a_delay_is_chance() -> None:
    """Clients that failed together come back at different times, none of them at once."""
    assert delay(3, 0.0) == 1.0
    assert delay(3, 0.5) == 1.5


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        (3.0, 3.0),
        (0.0, 0.0),
        (1e9, 60.0),
        (math.inf, 60.0),
        (-1.0, None),
        (math.nan, None),
        (None, None),
    ],
)
def test_a_servers_word_is_brought_within_reason(asked: float | None, waited: float | None) -> None:
    """Too long is cut to the cap, and nonsense is as if nothing had been said."""
    assert bounded(asked, cap=60.0) == waited
