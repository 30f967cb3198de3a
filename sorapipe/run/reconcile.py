"""Settling a render that was sent without a usable answer, without ever sending a second one.

With an idempotency key that the server replays, the same request under the same key is the same
render. Otherwise the server's list is searched, for what the profile says that list is worth:
`proof` (absent after settling means never accepted), `hint` (a single match is adopted, absence
proves nothing), `none`. It is held as unknown only after a complete look; where the server cannot
be looked at, the take stays as it is, and a later run looks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay

from sorapipe.core.reconcile import Listed, Verdict, judge, sought
from sorapipe.core.take import Take
from sorapipe.errors import SorapipeError
from sorapipe.run.hands import GiveUp, Hands, Refused
from sorapipe.run.send import accept, send
from sorapipe.run.work import Work, observable, picture
from sorapipe.videos.errors import APIError, APIStatusError
from sorapipe.videos.model import Video, epoch

FEW = 10  # ids that it may have which are told
OLDER = 200  # listed videos in a row, newest first, that are too old: then it has been searched


async def reconcile(hands: Hands, work: Work) -> None:
    """Leave the take adopted, absent (to be sent again), or unknown.

    Raises:
        GiveUp: the server cannot be asked now, or is not the one that it was sent to.
        StorageError: an event could not be made durable.
    """
    take = hands.session.take(work.fingerprint)
    if hands.foreign(take):
        raise GiveUp(f"it was sent to {take.intent['address']}, and only that server knows of it")
    hands.settling.add(work.fingerprint)
    try:
        if not await _replayed(hands, work, take):
            await _search(hands, work, take)
    finally:
        hands.settling.discard(work.fingerprint)


async def _replayed(hands: Hands, work: Work, take: Take) -> bool:
    """Ask under the same key, where that gives the same render; say whether that settled it."""
    if hands.provider.profile.idempotency != "replay" or not _as_then(hands, work, take):
        return False
    assert take.render is not None
    try:
        image = await picture(work, hands.folder, hands.shelf)
        video: Video = await _patiently(hands)(send, hands, work, image, take.render)
    except APIError as error:
        _refuse(hands, error)
        return False  # it may be an answer to something else than the key: the list has it, or not
    except SorapipeError:
        return False  # its picture cannot be made again: it would not be the same request
    await accept(hands, work, take.render, video, "adopted", matched_on="idempotency-key")
    return True


def _as_then(hands: Hands, work: Work, take: Take) -> bool:
    """Whether what we would send now is what was sent then, to the letter."""
    if hands.session.redacted(work.request.as_data()) != take.intent["request"]:
        return False
    if work.request.operation == "create":
        return True
    return work.parent is not None and work.parent.video == take.intent["parent"]


async def _search(hands: Hands, work: Work, take: Take) -> None:
    """Look for it in the list until it is found or the time for settling is over."""
    name = {"fp": work.fingerprint, "take": take.name, "render": take.render}
    worth = hands.provider.profile.list
    if worth == "none":
        why = "the server has no list to find it in"
        await hands.session.record("unknown", **name, why=why)
        return
    begun, wait = hands.clock.monotonic(), 1.0
    while True:
        verdict, videos = await _look(hands, work, take)
        shared = verdict == "found" and _twin_is_open(hands, take)
        left = hands.provider.limits.settle_timeout - (hands.clock.monotonic() - begun)
        if (verdict != "absent" and not shared) or left <= 0:
            break
        await hands.clock.sleep(min(wait, left))
        wait = min(wait * 2, 60.0)
    mine = verdict == "found" and not shared
    if mine and hands.claims.claim(hands.address, videos[0].id, hands.out):
        await accept(hands, work, take.render or "", videos[0], "adopted", matched_on="list")
    elif verdict == "absent" and worth == "proof":
        why = "the server's complete list does not have it"
        await hands.session.record("absent", **name, why=why)
    else:
        await hands.session.record("unknown", **name, why=_why_unknown(videos))


def _twin_is_open(hands: Hands, take: Take) -> bool:
    """Whether what is listed may as well be another take's, whose answer is not here yet.

    Only where keys are replayed do two such requests go out at once, and a key may be refused.
    """
    mine = observable(take.intent["request"])
    return any(
        observable(other.intent["request"]) == mine
        for other in hands.session.tally.unsettled
        if other.fingerprint != take.fingerprint and not hands.foreign(other)
    )


def _why_unknown(videos: Sequence[Video]) -> str:
    """What its owner needs to settle it: the ids that it may have."""
    if not videos:
        return "not in the server's list, which proves nothing"
    found = "any of " * (len(videos) > 1) + ", ".join(video.id for video in videos[:FEW])
    more = f" and {len(videos) - FEW} more" if len(videos) > FEW else ""
    return f"may be {found}{more}: its list does not tell enough to be sure"


async def _look(hands: Hands, work: Work, take: Take) -> tuple[Verdict, list[Video]]:
    """One complete look at the list, repeated through what passes.

    Raises:
        GiveUp: it could not be had.
    """
    try:
        return await _patiently(hands)(_looked, hands, work, take)
    except APIError as error:
        _refuse(hands, error)
        raise GiveUp(f"its list could not be read: {error}") from error


async def _looked(hands: Hands, work: Work, take: Take) -> tuple[Verdict, list[Video]]:
    page = await hands.client.list(limit=1)
    if page.server_date is not None:
        hands.clock_offset = page.server_date - hands.clock.now()
    now, offset = hands.clock.now(), hands.clock_offset
    wanted = sought(take.intent, prompt=work.request.prompt, until=now, offset=offset)
    videos = {video.id: video async for video in _recent(hands, wanted.since)}
    mine, owner = str(hands.out.absolute()), hands.claims.owner
    others = {video for video in videos if owner(hands.address, video) not in (None, mine)}
    claimed = frozenset(hands.session.tally.videos | others)
    verdict, ids = judge(wanted, map(_as_listed, videos.values()), claimed)
    return verdict, [videos[video] for video in ids]


async def _recent(hands: Hands, since: float) -> AsyncIterator[Video]:
    """The listed videos that are not too old.

    It stops early only while the list is seen to come newest first; its `limit` is not trusted.
    """
    older, last, descending = 0, float("inf"), True
    async for video in hands.client.list_all():
        created = epoch(video.created_at)
        if created is None or created >= since:
            older = 0
            yield video
        else:
            older += 1
        if created is not None:
            descending, last = descending and created <= last, created
        if descending and older >= OLDER:
            return


def _as_listed(video: Video) -> Listed:
    return Listed(
        id=video.id,
        created_at=epoch(video.created_at),
        prompt=video.prompt,
        model=video.model,
        size=video.size,
        seconds=video.seconds,
        parent=video.remixed_from,
    )


def _refuse(hands: Hands, error: APIError) -> None:
    """Stop all that is new where the server refuses our credentials; the take stays as it is."""
    if isinstance(error, APIStatusError) and error.status in (401, 402, 403):
        hands.refused = str(error)
        raise Refused(hands.refused) from error


def _patiently(hands: Hands) -> AsyncRetrying:
    """Tenacity for what is safe to repeat, for as long as settling may take."""

    def passing(error: BaseException) -> bool:
        if isinstance(error, APIStatusError) and 400 <= error.status < 500:
            return error.status in (408, 409, 425, 429)
        return isinstance(error, APIError)

    return AsyncRetrying(
        retry=retry_if_exception(passing),
        stop=stop_after_delay(hands.provider.limits.settle_timeout),
        wait=lambda state: hands.backoff(state.attempt_number),
        sleep=hands.clock.sleep,
        reraise=True,
    )
