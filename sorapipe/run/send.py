"""One paid request on the wire, and its id made durable before anything else is done with it."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

from sorapipe.core.request import seed_for
from sorapipe.errors import StorageError
from sorapipe.files import write_atomically
from sorapipe.run.hands import Hands
from sorapipe.run.work import Work
from sorapipe.videos.model import Video, epoch
from sorapipe.videos.reference import FileId, image_of


async def send(
    hands: Hands,
    work: Work,
    image: bytes | None,
    render: str,
    before: Callable[[], Awaitable[None]] | None = None,
) -> Video:
    """Ask for the take once, whatever the operation; `render` is the idempotency key.

    Raises:
        APIError: with what it means for money.
        UsageError: the profile has no way to say it; nothing was sent.
    """
    wanted, client = work.request, hands.client
    seed = seed_for(wanted, work.number) if hands.provider.profile.seed else None
    common: dict[str, Any] = {
        "prompt": wanted.prompt,
        "seed": seed,
        "extra": wanted.extra,
        "idempotency_key": render,
        "before_send": before,
    }
    if wanted.operation == "create":
        picture = None if image is None else image_of(image)
        reference = FileId(wanted.file_id) if wanted.file_id else picture
        video = await client.create(
            model=wanted.model,
            seconds=wanted.seconds,
            size=wanted.size,
            input_reference=reference,
            **common,
        )
    else:
        assert work.parent is not None
        assert work.parent.video is not None
        if wanted.operation == "extend":
            video = await client.extend(work.parent.video, seconds=wanted.seconds, **common)
        else:
            derive = client.remix if wanted.operation == "remix" else client.edit
            video = await derive(work.parent.video, **common)
    hands.heard(video)
    return video


async def accept(
    hands: Hands, work: Work, render: str, video: Video, event: str, **fields: object
) -> None:
    """Make the id durable: in the ledger, or, where the disk refuses, beside it and on stderr.

    Raises:
        StorageError: the ledger could not take it; the id was told all the same.
    """
    try:
        await hands.session.record(
            event,
            fp=work.fingerprint,
            take=work.name,
            render=render,
            video=video.id,
            expires_at=epoch(video.expires_at),
            **fields,
        )
    except StorageError:
        _save_elsewhere(hands, work, video)
        raise
    hands.claims.claim(hands.address, video.id, hands.out)


def _save_elsewhere(hands: Hands, work: Work, video: Video) -> None:
    """The disk refused a paid id: tell it to people, and try a second file."""
    line = f"{work.name} was accepted as {video.id} by {hands.address} ({work.fingerprint})"
    spare = hands.claims.root.parent / "rescued" / f"{video.id.replace('/', '_')[:120]}.txt"
    try:
        sys.stderr.write(f"sorapipe: {line}\n")
        sys.stderr.flush()
        write_atomically(spare, (line + "\n").encode())
    except (OSError, StorageError) as error:
        sys.stderr.write(f"sorapipe: {error}\n")
