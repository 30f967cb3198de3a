"""Takes that are there and no longer what is wanted: what changed, and which of them may stay."""

from __future__ import annotations

from sorapipe.core.plan import Bytes, Facts
from sorapipe.core.request import request_for
from sorapipe.core.storyboard import Operation, Shot
from sorapipe.core.take import Take
from sorapipe.core.wanted import source_of
from sorapipe.core.why import Change, Making, changes, making_of, source_alone


def there(facts: Facts, name: str) -> Take | None:
    """The take that was last kept under that name (`SHOT@N`)."""
    mark = facts.tally.current.get(name)
    return None if mark is None else facts.tally.take(mark)


def making(
    facts: Facts, shot: Shot, number: int, operation: Operation, parent: Bytes | None
) -> Making:
    """What that take is to be made of; `parent` are its parent's picked bytes, None while open."""
    open_ = shot.parent is not None and parent is None
    digest = parent.sha256 if parent else None
    source = None if open_ else source_of(shot, operation, facts.pictures, digest)
    request = request_for(shot, number, operation).as_data()
    return Making(request, source.as_data() if source else None, facts.provider, open_)


def since(old: Take, wanted: Making) -> list[Change] | None:
    """What changed since that take was made; None where an old ledger does not say of what."""
    before = making_of(old)
    return None if before is None else changes(before, wanted)


def edited(facts: Facts, shot: Shot, number: int, operation: Operation) -> list[Change]:
    """What changed in the request of a take that is there, whatever its parent will be.

    Nothing where a fallback may have asked in another way: that is its source's doing.
    """
    old = there(facts, f"{shot.id}@{number}")
    if old is None:
        return []
    found = since(old, making(facts, shot, number, operation, None)) or []
    return [] if any(change.field == "operation" for change in found) else found


def staying(
    facts: Facts, shot: Shot, number: int, operation: Operation, parent: Bytes | None = None
) -> Take | None:
    """The take that is there, or can be fetched again, and is stale by its source alone.

    Only where such are left. That a fallback asks in another way, since the parent's remote video
    is gone or is back, is its source's doing as well.
    """
    forced = facts.force and facts.selects(shot.id)
    old = there(facts, f"{shot.id}@{number}") if facts.keep_stale and not forced else None
    if old is None or not (old.fingerprint in facts.held or old.fingerprint in facts.refetchable):
        return None
    made = making_of(old)
    asked = None if made is None else made.request["operation"]
    if asked in (shot.operation, "create") and shot.fallback == "reference":
        operation = asked
    found = since(old, making(facts, shot, number, operation, parent))
    return old if found is not None and source_alone(found) else None
