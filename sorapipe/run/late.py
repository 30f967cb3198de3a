"""What turns up late: renders that were held as unknown or given up, and are in the list after all.

Looked for where a run begins and where it has come to rest, by one look at the list for all of
them. A look never leads to a request for a render: what is found is adopted, or, where another
render took its place, recorded as paid twice by the server and brought home beside the takes. How
far back it looks stands in `missing`; a render counts as ours only if it was made before
its request can have ended (`listing.last_moment`), so what is bought later is not taken for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from itertools import count
from math import inf
from pathlib import Path

from sorapipe.core.take import Event, State, Take
from sorapipe.errors import SorapipeError, StorageError
from sorapipe.run.board import leftover
from sorapipe.run.fetch import download, patiently
from sorapipe.run.hands import GiveUp, Hands
from sorapipe.run.listing import last_moment, look
from sorapipe.run.look import retrieve
from sorapipe.run.missing import missing
from sorapipe.run.send import accept
from sorapipe.run.shelf import digest
from sorapipe.run.work import Work
from sorapipe.videos.errors import APIError, APIStatusError, NotFoundError
from sorapipe.videos.model import Video, epoch

BRIEF = 15.0  # seconds for the whole look: a server that is away must not hold a run up
Step = Coroutine[None, None, None]
# Nothing that was sent since is open or has brought a video: it would only be bought once more.
_UNREPLACED = frozenset({State.WANTED, State.REJECTED, State.WRITTEN_OFF})


class Late:
    """What one run has to do with it; `begin` lets a step of it go on by itself.

    `held` are the takes that were held as unknown in this run, by fingerprint, each with all that
    wait for its bytes.
    """

    def __init__(self, hands: Hands, begin: Callable[[Step], None]) -> None:
        self.held: dict[str, tuple[Work, list[Work]]] = {}
        self.looked = False  # since anything was going on
        self._hands = hands
        self._begin = begin
        self._begun: set[str] = set()

    def bring_home(self) -> None:
        """Begin to fetch what was paid for twice and is not here, unless the run is to stop."""
        if self._hands.stop.asked:
            return
        for event in self._hands.session.tally.arriving(self._hands.address):
            if event["video"] not in self._begun:
                self._begun.add(event["video"])
                self._begin(_bring_home(self._hands, event))

    async def look(self, resume: Callable[[Work, list[Work]], None]) -> None:
        """Look again, now that all has come to rest; `resume` goes on with what was held."""
        self.looked = True
        for mark in await look_late(self._hands):
            if mark in self.held:
                self.looked = False
                resume(*self.held.pop(mark))
        self.bring_home()


def enter(hands: Hands) -> None:
    """Tell the other folders of this user that requests may be open, and whose the known ids are.

    A run that was killed may have made an id durable and not claimed it.

    Raises:
        StorageError: the index could not be written.
    """
    hands.claims.enter(hands.address, hands.out)
    _claim_known(hands)


def _claim_known(hands: Hands) -> None:
    for take in hands.session.tally.in_flight:
        if take.video is not None and not hands.foreign(take):
            hands.claims.claim(hands.address, take.video, hands.out)


def leave(hands: Hands) -> None:
    """Take this folder off, if nothing of it is open: then others need not read its ledger.

    Raises:
        StorageError: the index could not be written.
    """
    tally = hands.session.tally
    late = missing(tally, hands.provider.profile, hands.address, hands.clock.now())
    if not late and not any(not hands.foreign(take) for take in tally.unsettled):
        _claim_known(hands)  # a run that was stopped may not have come to it
        hands.claims.leave(hands.address, hands.out)


async def look_late(hands: Hands) -> list[str]:
    """Look once, record what is found, and give the fingerprints of the takes that have it.

    Where the list cannot be read now, nothing is found; a later run looks again.

    Raises:
        StorageError: an event could not be made durable.
    """
    tally = hands.session.tally
    wanted = missing(tally, hands.provider.profile, hands.address, hands.clock.now())
    if not wanted:
        return []
    try:
        async with asyncio.timeout(BRIEF):
            seen = await look(hands, hands.others, [intent for intent, _ in wanted])
    except (TimeoutError, APIError):
        return []
    adopted = []
    for intent, until in wanted:
        asked = intent
        if until < inf:  # to be sure, by the server's clock as it is known, and no other guess
            asked = {**intent, "offset": hands.clock_offset}
        found = seen.judge(asked, min(until, last_moment(hands, intent)))
        if found.sure and hands.claims.claim(hands.address, found.videos[0].id, hands.out):
            take = tally.take(intent["fp"])
            newest = take.render == intent["render"] and take.state is State.UNKNOWN
            if newest or take.state in _UNREPLACED:
                adopted.append(await _adopt(hands, take, intent["render"], found.videos[0]))
            else:
                await _record_duplicate(hands, intent, found.videos[0])
    return adopted


async def _adopt(hands: Hands, take: Take, render: str, video: Video) -> str:
    await accept(hands, leftover(take), render, video, "adopted", matched_on="list")
    return take.fingerprint


async def _record_duplicate(hands: Hands, intent: Event, video: Video) -> None:
    await hands.session.record(
        "duplicate",
        fp=intent["fp"],
        take=intent["take"],
        render=intent["render"],
        video=video.id,
        price=intent["price"],
        address=hands.address,
        expires_at=epoch(video.expires_at),
    )


async def _bring_home(hands: Hands, duplicate: Event) -> None:
    """See a render that was paid twice through, and put it beside the takes.

    Where that cannot be done now, it is left for a later run.

    Raises:
        StorageError: this machine could not keep it.
    """
    name = {key: duplicate[key] for key in ("fp", "take", "video")}
    limits = hands.provider.limits
    try:
        video = await _ended(hands, name)
        if video.status == "failed":
            free = {"cost": 0.0} if hands.provider.profile.failures_free else {}
            why = video.error.message if video.error else f"it is {video.word or video.status}"
            await hands.session.record("duplicate-lost", **name, why=why, **free)
            return
        kept, _ = await patiently(
            hands, lambda patience: download(hands.client, video, hands.store, limits, patience)
        )
    except NotFoundError as error:
        await hands.session.record("duplicate-lost", **name, why=str(error))
    except APIStatusError as error:
        if error.status == 410:
            await hands.session.record("duplicate-lost", **name, why=str(error))
    except StorageError:
        raise
    except (GiveUp, SorapipeError):
        return
    else:
        file = await asyncio.to_thread(_deliver, hands, kept.sha256, name["take"])
        facts = {"sha256": kept.sha256, "bytes": kept.bytes, "file": file}
        await hands.session.record("duplicate-kept", **name, **facts)


async def _ended(hands: Hands, name: dict[str, str]) -> Video:
    """Its last answer. Raises GiveUp where it does not come to an end."""
    limits, profile = hands.provider.limits, hands.provider.profile
    enough = hands.until(limits.render_timeout)
    pause = limits.poll_interval or profile.min_poll_interval
    while (video := await retrieve(hands, name)).status not in ("completed", "failed"):
        if enough(None):
            raise GiveUp(f"no end of {video.id}")
        await hands.clock.sleep(pause)
        pause = limits.poll_interval or min(pause * 1.5, profile.max_poll_interval)
    return video


def _deliver(hands: Hands, sha256: str, take: str) -> str:
    """Put it at the first name of its own that nothing else has; give the name."""
    names = (f"takes/{take}.late-{number}.mp4" for number in count(1))
    name = next(name for name in names if _is_free(hands.out / name, sha256))
    hands.store.deliver(sha256, hands.out / name)
    return name


def _is_free(path: Path, sha256: str) -> bool:
    with suppress(OSError):
        path.lstat()
        return not path.is_symlink() and digest(path) == sha256
    return True
