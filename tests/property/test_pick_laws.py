from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sorapipe.core.pick import Standing, hopeless, pick

ENDS = st.lists(st.sampled_from([Standing.KEPT, Standing.ENDED]), min_size=1, max_size=6)


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[Standing], list[int], int | None]:
    """How each take ends, the order in which they come to rest, and what was picked before."""
    ends = draw(ENDS)
    order = draw(st.permutations(range(len(ends))))
    return ends, order, draw(st.none() | st.integers(1, len(ends)))


@settings(deadline=None)
@given(runs())
def test_the_order_of_coming_to_rest_never_matters(
    run: tuple[list[Standing], list[int], int | None],
) -> None:
    """No take is ever picked but the one that is picked when all have come to rest."""
    ends, order, chosen = run
    at_last = pick(ends, chosen)
    standings = [Standing.OPEN] * len(ends)
    decided = False
    for place in order:
        standings[place] = ends[place]
        found = pick(standings, chosen)
        assert found in (None, at_last)
        assert not decided or found == at_last
        decided = found is not None
    assert decided or hopeless(ends, chosen)


@settings(deadline=None)
@given(runs())
def test_hopeless_and_picked_exclude_each_other(
    run: tuple[list[Standing], list[int], int | None],
) -> None:
    """A shot is open, picked or hopeless, never two of them, and hopeless for good."""
    ends, order, chosen = run
    standings = [Standing.OPEN] * len(ends)
    for place in order:
        was_hopeless = hopeless(standings, chosen)
        standings[place] = ends[place]
        assert not (hopeless(standings, chosen) and pick(standings, chosen) is not None)
        assert hopeless(standings, chosen) or not was_hopeless
