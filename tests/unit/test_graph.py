from __future__ import annotations

from sorapipe.core import graph


def test_order_puts_parents_first_and_otherwise_keeps_the_document() -> None:
    """A child that stands before its parent comes right after it; the others stay as they are."""
    edges = {"late": "root", "x": None, "root": None, "y": "x"}
    assert graph.order(edges) == ["root", "late", "x", "y"]


def test_levels_are_distances_from_the_top() -> None:
    """Shots of one level can be rendered at once."""
    edges = {"c": "b", "a": None, "b": "a", "d": "a", "e": None}
    assert graph.levels(edges) == [["a", "e"], ["b", "d"], ["c"]]


def test_cycle_begins_with_the_first_shot_of_the_document() -> None:
    """The circle is told once, from its first shot along its sources, without what hangs below."""
    edges = {"below": "c", "b": "c", "a": "b", "c": "a", "alone": None}
    assert graph.cycle(edges) == ["b", "c", "a"]
    assert graph.order(edges) == ["alone"]


def test_every_cycle_is_found() -> None:
    """Two circles are two, and a shot that starts from itself is one."""
    edges = {"a": "a", "b": "c", "c": "b", "d": "b"}
    assert graph.cycles(edges) == [["a"], ["b", "c"]]
    assert graph.cycle({"a": None, "b": "a"}) is None


def test_a_parent_outside_of_the_graph_counts_as_none() -> None:
    """An id that was told as unknown does not take its child out of the order."""
    assert graph.order({"a": "ghost", "b": "a"}) == ["a", "b"]


def test_descendants_are_what_a_failure_blocks() -> None:
    """All below the failed shots, and nothing beside them."""
    edges = {"a": None, "b": "a", "c": "b", "d": "a", "e": None, "f": "e"}
    assert graph.descendants(edges, ["b"]) == {"c"}
    assert graph.descendants(edges, ["a", "b"]) == {"c", "d"}
    assert graph.descendants(edges, []) == set()


def test_levels_count_from_the_nearest() -> None:
    """With a depth, a shot is as far away as the nearest of those that were asked about."""
    edges = {"a": None, "b": "a", "c": "b", "d": "c", "e": "d", "f": "ghost"}
    assert graph.descendants(edges, ["a", "c"], 1) == {"b", "d"}
    assert graph.descendants(edges, ["a"], 0) == set()
    assert graph.ancestors(edges, ["e", "c"], 1) == {"d", "b"}
    assert graph.ancestors(edges, ["c"]) == {"a", "b"}
    assert graph.ancestors(edges, ["f"]) == set()


def test_a_chain_of_100_000_shots() -> None:
    """Depth costs no recursion, whichever way the document is written."""
    count = 100_000
    edges = {str(n): str(n + 1) if n + 1 < count else None for n in range(count)}
    assert graph.order(edges)[0] == str(count - 1)
    assert len(graph.levels(edges)) == count
    assert len(graph.descendants(edges, [str(count - 1)])) == count - 1
    assert len(graph.ancestors(edges, ["0"])) == count - 1
    circle = {**edges, str(count - 1): str(count - 2)}
    assert graph.cycle(circle) == [str(count - 2), str(count - 1)]
    assert graph.order(circle) == []
