from __future__ import annotations

import pytest

from sorapipe.core.pick import Standing, hopeless, pick

OPEN, K, E = Standing.OPEN, Standing.KEPT, Standing.ENDED


@pytest.mark.parametrize(
    ("takes", "picked"),
    [
        ([K], 1),
        ([K, K], 1),
        ([E, K], 2),
        ([E, K, OPEN], 2),
        ([OPEN, K], None),
        ([E, OPEN, K], None),
        ([E, E], None),
        ([], None),
    ],
)
def test_the_lowest_kept_take_is_picked_once_all_lower_ones_ended(
    takes: list[Standing], picked: int | None
) -> None:
    """A kept take is the pick as soon as no lower-numbered one can still come."""
    assert pick(takes) == picked


@pytest.mark.parametrize(("chosen", "picked"), [(1, 1), (2, 2), (3, None), (4, 1)])
def test_what_was_picked_before_stays(chosen: int, picked: int | None) -> None:
    """An earlier pick stays, also while it has no bytes; one beyond the takes is none."""
    assert pick([K, K, OPEN], chosen) == picked


@pytest.mark.parametrize(
    ("takes", "chosen", "gone"),
    [
        ([E, E], None, True),
        ([E, OPEN], None, False),
        ([E, K], None, False),
        ([E, K], 1, True),
        ([E, K], 2, False),
        ([OPEN, E], 2, True),
        ([E, E], 3, True),
    ],
)
def test_hopeless_is_when_no_pick_can_come(
    takes: list[Standing], chosen: int | None, gone: bool
) -> None:
    """Nothing can be picked once all takes ended, or the one that was picked before has."""
    assert hopeless(takes, chosen) is gone
