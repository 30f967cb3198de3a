"""What is wanted of a shot: the request that will be sent, what it starts from, its pick."""

from __future__ import annotations

from collections.abc import Mapping

from sorapipe.core.request import Source, source_for
from sorapipe.core.storyboard import Operation, Picture, Shot
from sorapipe.core.take import Event


def operation_for(shot: Shot, operations: frozenset[str]) -> Operation | None:
    """The request that will be sent for this shot, its fallback included; None if there is none."""
    if shot.operation in operations:
        return shot.operation
    if shot.fallback == "edit" and "edit" in operations:
        return "edit"
    return "create" if shot.fallback == "reference" else None


def source_of(
    shot: Shot, operation: Operation, pictures: Mapping[str, str], parent: str | None
) -> Source | None:
    """What the shot starts from, given the digests of reference files and of its parent's pick."""
    digest = pictures[shot.reference.path] if isinstance(shot.reference, Picture) else parent
    return source_for(shot, digest, operation)


def needs_remote(shot: Shot, operation: Operation) -> bool:
    """Whether rendering it needs its parent's video to live on the server, not just its bytes."""
    return shot.parent is not None and operation != "create"


def chosen_take(
    shot: Shot, fingerprints: Mapping[int, str | None], picks: Mapping[str, Event]
) -> int | None:
    """The number that was picked before, if that very take is still wanted."""
    picked = picks.get(shot.id)
    if picked is None:
        return None
    number = int(picked["number"])
    return number if fingerprints.get(number) == picked["fp"] else None
