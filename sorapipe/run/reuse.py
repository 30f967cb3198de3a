"""Taking a take whose bytes are at hand already."""

from __future__ import annotations

from sorapipe.core.plan import Bytes
from sorapipe.core.take import State
from sorapipe.run.hands import Hands
from sorapipe.run.work import Work, made_of


async def reuse(hands: Hands, work: Work, found: Bytes) -> None:
    """Record that the take is those bytes, and what they are made of.

    Raises:
        StorageError: it could not be made durable.
    """
    name = {"fp": work.fingerprint, "take": work.name}
    if hands.session.take(work.fingerprint).state is State.KEPT:  # with bytes that are not wanted
        await hands.session.record("again", **name, reason="other bytes of it are wanted")
    await hands.session.record(
        "reused",
        **name,
        sha256=found.sha256,
        bytes=found.bytes,
        video=found.video,
        expires_at=found.expires_at,
        address=hands.address if found.alive else None,
        **made_of(work, hands.provider.name),
    )
