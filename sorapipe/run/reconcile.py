"""Settling a render that was sent without a usable answer, without ever sending a second one.

With an idempotency key that the server replays, the same request under the same key is the same
render; where it rejects a repeated key, the same request is taken on if the first never was, and
else refused. Otherwise the server's list is searched, for what the profile says that list is worth:
`proof` (absent after settling means never accepted), `hint` (a single match is adopted, absence
proves nothing), `none`. It is held as unknown only after a complete look; where the server cannot
be looked at, the take stays as it is, and a later run looks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tenacity import RetryCallState, retry_if_exception

from sorapipe.core.take import Take
from sorapipe.errors import SorapipeError
from sorapipe.run.again import Again
from sorapipe.run.hands import REFUSED, GiveUp, Hands, Refused
from sorapipe.run.listing import Finding, Look, look
from sorapipe.run.lookout import JUMP
from sorapipe.run.send import accept, send
from sorapipe.run.work import Work, picture
from sorapipe.videos.errors import APIError, APIStatusError, NotFoundError, passing
from sorapipe.videos.model import Video

FEW = 10  # ids that it may have which are told
# Seconds for which a server knows a key, less an hour for its clock and ours: those that say how
# long say a day. A key that was forgotten would buy a second render.
KEY_KNOWN = 23 * 3600.0
KEY_USED = frozenset({409, 422})  # what servers that reject a repeated key say of it


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
        exists = False
        if _key_is_trusted(hands, work, take):
            if hands.barred:  # where it was never taken on, asking again is buying it
                raise GiveUp(f"asking again under its key may buy it, and {hands.barred}")
            exists = await _ask_again(hands, work, take)
        if hands.session.take(work.fingerprint).video is None:
            await _search(hands, work, take, exists=exists)
    finally:
        hands.settling.discard(work.fingerprint)


def _key_is_trusted(hands: Hands, work: Work, take: Take) -> bool:
    """Whether the server is known to remember the key, and what we would send is what was sent."""
    if hands.provider.profile.idempotency == "none":
        return False
    if not 0 <= hands.clock.now() - take.intent["wall"] < KEY_KNOWN:
        return False
    if hands.session.redacted(work.request.as_data()) != take.intent["request"]:
        return False
    if work.request.operation == "create":
        return True
    return work.parent is not None and work.parent.video == take.intent["parent"]


async def _ask_again(hands: Hands, work: Work, take: Take) -> bool:
    """Send the same under the same key; record it as adopted where that gives the render.

    Says whether the server refused the key as used before: then the render exists, and only a list
    can tell which it is. An answer of any other kind may be about something else than the key, as
    may a 5xx that was stored with it: it settles nothing.
    """
    assert take.render is not None
    rejects = hands.provider.profile.idempotency == "reject"

    async def still_known() -> None:
        if not _key_is_trusted(hands, work, take):  # this machine slept between two tries
            raise SorapipeError(work.name, "its key is too old by now")

    def again(error: BaseException) -> bool:
        used = rejects and isinstance(error, APIStatusError) and error.status in KEY_USED
        return not used and _passing(error)

    try:
        image = await picture(work, hands.folder, hands.shelf)
        video: Video = await _patiently(hands, again)(
            send, hands, work, image, take.render, still_known
        )
    except APIError as error:
        _refuse(hands, error)
        if rejects and isinstance(error, APIStatusError) and error.status in KEY_USED:
            return True
        if hands.provider.profile.list == "none" and passing(error):
            raise GiveUp(f"asked again under its key: {error}") from error
        return False
    except SorapipeError:
        return False  # its picture cannot be made again, or its key may be forgotten
    await accept(hands, work, take.render, video, "adopted", matched_on="idempotency-key")
    return False


async def _search(hands: Hands, work: Work, take: Take, *, exists: bool) -> None:
    """Look for it in the list until it is found or the time for settling is over."""
    name = {"fp": work.fingerprint, "take": take.name, "render": take.render}
    worth = hands.provider.profile.list
    if worth == "none":
        why = "the server has no list to find it in"
        await hands.session.record("unknown", **name, why=why)
        return
    begun, wait = hands.clock.monotonic(), 1.0
    while True:
        found = await _look(hands, take)
        left = hands.provider.limits.settle_timeout - (hands.clock.monotonic() - begun)
        if found.sure or found.verdict == "several" or left <= 0:
            break
        hands.session.tell("looking", take=take.name, seconds=round(left, 1))
        await hands.clock.sleep(min(wait, left))
        wait = min(wait * 2, 60.0)
    back = _was_set_back(hands, take)
    if found.sure and hands.claims.claim(hands.address, found.videos[0].id, hands.out):
        await accept(hands, work, take.render or "", found.videos[0], "adopted", matched_on="list")
    elif found.verdict == "absent" and worth == "proof" and not (hands.hold or exists or back):
        why = "the server's complete list does not have it"
        await hands.session.record("absent", **name, why=why)
    else:
        why = _why_unknown(hands, found, exists=exists, back=back)
        await hands.session.record("unknown", **name, why=why)


def _was_set_back(hands: Hands, take: Take) -> bool:
    """Whether our clock was set back since the intent, as far as that can be seen.

    Then the render may be older than all that was looked at, unless the server's clock was known.
    """
    now, (wall, steady) = hands.clock.now(), hands.born
    jump = (now - wall) - (hands.clock.monotonic() - steady)
    return not take.intent.get("offset") and (now < take.intent["wall"] or jump < -JUMP)


def _why_unknown(hands: Hands, found: Finding, *, exists: bool, back: bool) -> str:
    """What its owner needs to settle it: the ids that it may have, and who else may."""
    if found.rival is not None:
        return f"may be {_ids(found.videos)}, which may as well be {found.rival}"
    if found.videos:
        return f"may be {_ids(found.videos)}: its list does not tell enough to be sure"
    if exists:
        return "the server says that it has it, and its list does not show it"
    if back:
        return "not in the server's list; our clock was set back since, so that proves nothing"
    if hands.hold and hands.provider.profile.list == "proof":
        return "not in the server's complete list; held, since 'on-ambiguous' says so"
    return "not in the server's list, which proves nothing"


def _ids(videos: Sequence[Video]) -> str:
    found = "any of " * (len(videos) > 1) + ", ".join(video.id for video in videos[:FEW])
    return found + (f" and {len(videos) - FEW} more" if len(videos) > FEW else "")


async def _look(hands: Hands, take: Take) -> Finding:
    """One complete look at the list, repeated through what passes.

    Raises:
        GiveUp: it could not be had.
    """
    try:
        seen: Look = await _patiently(hands, _passing)(look, hands, hands.others, [take.intent])
    except APIError as error:
        _refuse(hands, error)
        raise GiveUp(f"its list could not be read: {error}") from error
    return seen.judge(take.intent, hands.clock.now())


def _refuse(hands: Hands, error: APIError) -> None:
    """Stop all that is new where the server refuses our credentials; the take stays as it is."""
    if isinstance(error, APIStatusError) and error.status in REFUSED:
        hands.refused = str(error)
        raise Refused(hands.refused) from error


def _passing(error: BaseException) -> bool:
    if isinstance(error, APIStatusError) and 400 <= error.status < 500:
        return error.status in (408, 409, 425, 429) and not isinstance(error, NotFoundError)
    return isinstance(error, APIError)


def _patiently(hands: Hands, again: Callable[[BaseException], bool]) -> Again:
    """Tenacity for what is safe to repeat, for as long as settling may take."""

    def wait(state: RetryCallState) -> float:
        return hands.backoff(state.attempt_number)

    return Again(
        retry=retry_if_exception(again),
        stop=hands.until(hands.provider.limits.settle_timeout),
        wait=wait,
        sleep=hands.clock.sleep,
        reraise=True,
    )
