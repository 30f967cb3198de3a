"""Settling a render that was sent without a usable answer, without ever sending a second one.

With an idempotency key that the server replays, the same request under the same key is the same
render. Otherwise the server's list is searched, for what the profile says that list is worth:
`proof` (absent after settling means never accepted), `hint` (a single match is adopted, absence
proves nothing), `none`. What stays open is held as unknown.
"""

from __future__ import annotations

from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay

from sorapipe.core.backoff import delay
from sorapipe.core.reconcile import Listed, candidates, sought
from sorapipe.core.take import Take
from sorapipe.run.create import accept, send
from sorapipe.run.hands import Hands
from sorapipe.run.work import Work, picture
from sorapipe.videos.errors import APIError
from sorapipe.videos.model import Video

LISTED_PAST = 200  # videos in a row that are older than the intent, after which a list is searched


async def reconcile(hands: Hands, work: Work) -> None:
    """Leave the take adopted, absent (to be sent again), rejected, or unknown.

    Raises:
        Stopping: the run is being stopped; the next one settles it.
        StorageError: an event could not be made durable.
    """
    take = hands.session.take(work.fingerprint)
    if hands.provider.profile.idempotency == "replay" and _same_request(work, take):
        await _replay(hands, work, take)
    else:
        await _search(hands, work, take)


def _same_request(work: Work, take: Take) -> bool:
    """Whether what we would send now is what was sent then, to the letter."""
    if work.request is None or work.request.as_data() != take.intent["request"]:
        return False
    return (
        not (work.parent and work.request.operation != "create")
        or work.parent.video == take.intent["parent"]
    )


async def _replay(hands: Hands, work: Work, take: Take) -> None:
    assert take.render is not None
    image = await picture(work, hands.folder, hands.shelf)
    try:
        video: Video = await _patiently(hands)(send, hands, work, image, take.render, None)
    except APIError as error:
        if error.spent == "rejected":
            await hands.session.record(
                "rejected", fp=work.fingerprint, take=take.name, render=take.render, why=str(error)
            )
        else:
            await _unknown(hands, work, take, str(error))
    else:
        await accept(hands, work, take.render, video, "adopted", matched_on="idempotency-key")


async def _search(hands: Hands, work: Work, take: Take) -> None:
    """Look for it in the list until it is found or the time for settling is over."""
    if hands.provider.profile.list == "none":
        await _unknown(hands, work, take, "the server has no list to find it in")
        return
    begun, wait = hands.clock.monotonic(), 1.0
    while True:
        try:
            found: dict[str, Video] = await _patiently(hands)(_matches, hands, take)
        except APIError as error:
            await _unknown(hands, work, take, f"its list could not be read: {error}")
            return
        left = hands.provider.limits.settle_timeout - (hands.clock.monotonic() - begun)
        if found or left <= 0:
            break
        await hands.clock.sleep(min(wait, left))
        wait = min(wait * 2, 60.0)
    await _conclude(hands, work, take, found)


async def _conclude(hands: Hands, work: Work, take: Take, found: dict[str, Video]) -> None:
    if len(found) == 1:
        (video,) = found.values()
        if hands.claims.claim(hands.address, video.id, hands.out):
            await accept(hands, work, take.render or "", video, "adopted", matched_on="list")
            return
    if found:
        await _unknown(hands, work, take, f"several videos may be it: {', '.join(found)}")
    elif hands.provider.profile.list == "proof":
        await hands.session.record(
            "absent",
            fp=work.fingerprint,
            take=take.name,
            render=take.render,
            why="the server's complete list does not have it",
        )
    else:
        await _unknown(
            hands, work, take, "the server's list does not have it, which proves nothing there"
        )


async def _matches(hands: Hands, take: Take) -> dict[str, Video]:
    """The listed videos that may be it, by id; neither order nor `limit` of the list is trusted."""
    server = (await hands.client.list(limit=1)).server_date
    offset = 0.0 if server is None else server - hands.clock.now()
    wanted = sought(take.intent, until=hands.clock.now(), offset=offset)
    videos: dict[str, Video] = {}
    older = 0
    async for video in hands.client.list_all():
        if video.created_at is not None and video.created_at < wanted.since:
            older += 1
            if older >= LISTED_PAST:
                break
        else:
            older = 0
            videos[video.id] = video
    taken = {known.video for known in hands.session.tally.takes.values() if known.video}
    here = str(hands.out.absolute())
    owner = hands.claims.owner
    taken |= {video for video in videos if owner(hands.address, video) not in (None, here)}
    found = candidates(wanted, [_as_listed(video) for video in videos.values()], frozenset(taken))
    return {video: videos[video] for video in found}


def _as_listed(video: Video) -> Listed:
    return Listed(
        id=video.id,
        created_at=video.created_at,
        prompt=video.prompt,
        model=video.model,
        size=video.size,
        seconds=video.seconds,
        parent=video.remixed_from,
    )


async def _unknown(hands: Hands, work: Work, take: Take, why: str) -> None:
    await hands.session.record(
        "unknown", fp=work.fingerprint, take=take.name, render=take.render, why=why
    )


def _patiently(hands: Hands) -> AsyncRetrying:
    """Tenacity for what is safe to repeat, for as long as settling may take."""
    return AsyncRetrying(
        retry=retry_if_exception(
            lambda error: isinstance(error, APIError) and error.spent != "rejected"
        ),
        stop=stop_after_delay(hands.provider.limits.settle_timeout),
        wait=lambda state: delay(state.attempt_number, hands.chance.random(), cap=30.0),
        sleep=hands.clock.sleep,
        reraise=True,
    )
