from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sorapipe.core import graph

NAMES = [f"s{n}" for n in range(12)]


@st.composite
def any_edges(draw: st.DrawFn) -> dict[str, str | None]:
    """Shots with any parents, circles and unknown ones included."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    return {name: draw(st.none() | st.sampled_from(NAMES)) for name in names}


@settings(deadline=None)
@given(any_edges())
def test_order_respects_edges(edges: dict[str, str | None]) -> None:
    """Every shot that is in the order stands after its parent, and stands there once."""
    order = graph.order(edges)
    place = {shot: number for number, shot in enumerate(order)}
    assert len(place) == len(order)
    for shot in order:
        parent = edges[shot]
        assert parent not in edges or place[str(parent)] < place[shot]


@settings(deadline=None)
@given(any_edges())
def test_what_is_left_out_is_a_circle_or_below_one(edges: dict[str, str | None]) -> None:
    """The order has all shots but the circles and their descendants."""
    circles = {shot for circle in graph.cycles(edges) for shot in circle}
    assert set(edges) - set(graph.order(edges)) == circles | graph.descendants(edges, circles)


@settings(deadline=None)
@given(any_edges())
def test_circles_are_closed_and_apart(edges: dict[str, str | None]) -> None:
    """Each shot of a circle starts from the next one; no shot is in two."""
    circles = graph.cycles(edges)
    for circle in circles:
        for shot, parent in zip(circle, [*circle[1:], circle[0]], strict=True):
            assert edges[shot] == parent
    members = [shot for circle in circles for shot in circle]
    assert len(members) == len(set(members))
    assert graph.cycle(edges) == (circles[0] if circles else None)


@settings(deadline=None)
@given(any_edges())
def test_levels_hold_the_order(edges: dict[str, str | None]) -> None:
    """Levels have the same shots as the order, each one below its parent's."""
    rows = graph.levels(edges)
    level = {shot: number for number, row in enumerate(rows) for shot in row}
    assert level.keys() == set(graph.order(edges))
    for shot, number in level.items():
        assert number == level.get(edges[shot] or "", -1) + 1


@settings(deadline=None)
@given(any_edges(), st.sets(st.sampled_from(NAMES)))
def test_descendants_are_all_that_lead_up(edges: dict[str, str | None], of: set[str]) -> None:
    """A shot is blocked exactly if its chain of parents meets one of those."""
    below = graph.descendants(edges, of)
    for shot, parent in edges.items():
        seen, at = set(), parent
        while at is not None and at not in of and at in edges and at not in seen:
            seen.add(at)
            at = edges[at]
        assert (shot in below) == (shot not in of and at in of)


@settings(deadline=None)
@given(any_edges(), st.none() | st.integers(0, 4))
def test_ancestors_are_descendants_seen_from_below(
    edges: dict[str, str | None], depth: int | None
) -> None:
    """At any depth, what is above a shot is what has that shot below it, circles included."""
    below = {shot: graph.descendants(edges, [shot], depth) for shot in edges}
    for shot in edges:
        above = {other for other in edges if shot in below[other]}
        assert graph.ancestors(edges, [shot], depth) == above
