"""The graph of shots. `edges` are pairs of a shot's id and its one parent's id, or None.

A shot has at most one parent, so the graph is a forest once there is no circle in it. Nothing here
recurses: a chain of 100,000 shots is as good as any. A parent that is no key of `edges` counts as
None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

Edges = Mapping[str, str | None]


def order(edges: Edges) -> list[str]:
    """The ids, parents before children, otherwise as they stand in the document.

    Shots in a circle, and those below one, are left out.
    """
    return list(_depths(edges))


def levels(edges: Edges) -> list[list[str]]:
    """The ids by their distance from a shot without a parent: what could be rendered at once."""
    rows: list[list[str]] = []
    depths = _depths(edges)
    for shot in edges:
        depth = depths.get(shot)
        if depth is None:
            continue
        while len(rows) <= depth:
            rows.append([])
        rows[depth].append(shot)
    return rows


def cycle(edges: Edges) -> list[str] | None:
    """The first circle, or None; `[a, b]` where a starts from b and b from a."""
    found = cycles(edges)
    return found[0] if found else None


def cycles(edges: Edges) -> list[list[str]]:
    """Every circle once, each beginning with the shot that stands first in the document."""
    seen: dict[str, int] = {}  # the number of the walk that came by
    found = []
    for number, start in enumerate(edges):
        at: str | None = start
        while at is not None and at in edges and at not in seen:
            seen[at] = number
            at = edges[at]
        if at is not None and seen.get(at) == number:
            found.append(_around(edges, at))
    place = {shot: number for number, shot in enumerate(edges)} if found else {}
    turned = [_from_first(circle, place) for circle in found]
    return sorted(turned, key=lambda circle: place[circle[0]])


def descendants(edges: Edges, of: Iterable[str], depth: int | None = None) -> set[str]:
    """All shots that can't be rendered when these aren't, without these themselves.

    With a depth only those that are at most so many edges below one of these.
    """
    children: dict[str, list[str]] = {}
    for shot, parent in edges.items():
        if parent is not None:
            children.setdefault(parent, []).append(shot)
    return _reached(lambda shot: children.get(shot, ()), of, depth)


def ancestors(edges: Edges, of: Iterable[str], depth: int | None = None) -> set[str]:
    """All shots that these start from, and what those start from, without these themselves.

    With a depth only those that are at most so many edges above one of these.
    """

    def parent(shot: str) -> tuple[str, ...]:
        above = edges.get(shot)
        return (above,) if above is not None and above in edges else ()

    return _reached(parent, of, depth)


def _reached(
    beside: Callable[[str], Sequence[str]], of: Iterable[str], depth: int | None
) -> set[str]:
    """What lies at most `depth` steps away, all of one distance before any of the next."""
    start = set(of)
    seen = set(start)
    edge = list(start)
    while edge and depth != 0:
        depth = None if depth is None else depth - 1
        found = dict.fromkeys(other for shot in edge for other in beside(shot))
        edge = [shot for shot in found if shot not in seen]
        seen.update(edge)
    return seen - start


def _depths(edges: Edges) -> dict[str, int]:
    """For each shot the number of shots above it, in an order that has parents first."""
    depths: dict[str, int] = {}
    circling = {shot for circle in cycles(edges) for shot in circle}
    for start in edges:
        line: list[str] = []  # from this shot up to one that is done, or has no parent
        at: str | None = start
        while at is not None and at in edges and at not in depths and at not in circling:
            line.append(at)
            at = edges[at]
        if at is not None and at in circling:
            circling.update(line)  # below a circle
            continue
        depth = depths[at] + 1 if at is not None and at in depths else 0
        for shot in reversed(line):
            depths[shot] = depth
            depth += 1
    return depths


def _around(edges: Edges, start: str) -> list[str]:
    circle = [start]
    at = edges[start]
    while at is not None and at != start:
        circle.append(at)
        at = edges[at]
    return circle


def _from_first(circle: list[str], place: Mapping[str, int]) -> list[str]:
    first = min(range(len(circle)), key=lambda index: place[circle[index]])
    return circle[first:] + circle[:first]
