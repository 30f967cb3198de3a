"""One complete look at the server's list, and what it says of a render whose answer was lost.

It serves any number of them. The order is what makes it safe beside other folders' runs: first the
list is read, then the other folders' ledgers, then their claims. So whatever the list shows has its
intent in a ledger that is read after it, and its id too, unless nobody knows it yet.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from sorapipe.core.reconcile import Listed, Sought, Verdict, judge, may_be, sought
from sorapipe.core.take import OPEN, Event
from sorapipe.run.hands import Hands
from sorapipe.run.others import Other, Others, still_open
from sorapipe.videos.model import Video, epoch

OLDER = 200  # listed videos in a row, newest first, that are too old: then it has been searched


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look says of one render. `rival` names who else the one video found may belong to."""

    verdict: Verdict
    videos: list[Video]
    rival: str | None = None

    @property
    def sure(self) -> bool:
        """Whether it is that one video and nobody else's."""
        return self.verdict == "found" and self.rival is None


class Look:
    """What one look at the list has seen, and what other folders have to do with it."""

    def __init__(self, hands: Hands, videos: Iterable[Video], others: list[Other]) -> None:
        self._hands = hands
        self._videos = {video.id: video for video in videos}
        self._listed: dict[str | None, list[Listed]] = {}  # by prompt
        for video in self._videos.values():
            listed = self._as_listed(video)
            self._listed.setdefault(listed.prompt, []).append(listed)
        self._own: dict[str, list[Event]] = {}  # what is open here, by prompt
        for intent in still_open(hands.session.tally, hands.address):
            self._own.setdefault(intent["request"]["prompt"], []).append(intent)
        self._claimed: dict[str, bool] = {}  # as read once, after the list and the ledgers
        self._others = others
        theirs = (other.videos for other in others)
        self._known = frozenset(hands.session.tally.videos.union(*theirs))

    def judge(self, intent: Event, until: float) -> Finding:
        """What became of the render of that intent, which was taken on before `until`, if it was.

        `until` is in seconds since the epoch by our clock.
        """
        wanted = self._sought(intent, until)
        alike = self._listed.get(wanted.prompt, []) + self._listed.get(None, [])
        left = [one for one in alike if one.id not in self._known and may_be(wanted, one)]
        claimed = frozenset(one.id for one in left if self._is_claimed(one.id))
        verdict, ids = judge(wanted, left, claimed)
        rival = None
        if verdict == "found":
            one = next(one for one in left if one.id == ids[0])
            rival = self._own_rival(intent, one) or self._rival(one)
        return Finding(verdict, [self._videos[video] for video in ids], rival)

    def _is_claimed(self, video: str) -> bool:
        if video not in self._claimed:
            owner = self._hands.claims.owner(self._hands.address, video)
            self._claimed[video] = owner not in (None, str(self._hands.out.absolute()))
        return self._claimed[video]

    def _own_rival(self, intent: Event, one: Listed) -> str | None:
        """Another request of this ledger whose lost answer it may be as well.

        Of one take the newest comes first: whichever of them it was, the take has its video.
        """
        tally = self._hands.session.tally
        for other in self._own.get(one.prompt or "", ()):
            take, render = tally.take(other["fp"]), other["render"]
            newest = take.render == render and take.state in OPEN and take.video is None
            if not newest and render not in tally.superseded:
                continue  # settled since this look began
            mine = other["fp"] == intent["fp"] and not newest
            if render != intent["render"] and not mine and self._may_be(other, one):
                return f"{other['take']}'s, which asks for the same"
        return None

    def _rival(self, one: Listed) -> str | None:
        """Another folder of this user that it may belong to as well."""
        for other in self._others:
            theirs = next((intent for intent in other.open if self._may_be(intent, one)), None)
            if theirs is not None:
                whose = f"{theirs['take']}'s in '{other.folder}'"
                return f"{whose}, whose payment is open: settle that one first"
            if not other.readable:
                return f"of '{other.folder}', whose ledger cannot be read: restore or remove it"
        return None

    def _may_be(self, intent: Event, one: Listed) -> bool:
        if one.prompt not in (None, intent["request"]["prompt"]):  # for thousands, sooner
            return False
        return may_be(self._sought(intent, last_moment(self._hands, intent)), one)

    def _sought(self, intent: Event, until: float) -> Sought:
        offset = self._hands.clock_offset
        return sought(intent, prompt=intent["request"]["prompt"], until=until, offset=offset)

    def _as_listed(self, video: Video) -> Listed:
        prompt = video.prompt
        if prompt is not None:  # as the ledger has it, which keeps no key
            prompt = self._hands.session.redacted({"prompt": prompt})["prompt"]
        return Listed(
            id=video.id,
            created_at=epoch(video.created_at),
            prompt=prompt,
            model=video.model,
            size=video.size,
            seconds=video.seconds,
            parent=video.remixed_from,
        )


def last_moment(hands: Hands, intent: Event) -> float:
    """When its request was taken on at the latest, by our clock: nobody waited for it any longer.

    Until then its bytes were on their way, and after that it may have waited in front of a server
    for as long as its list may be behind.
    """
    limits, sent = hands.provider.limits, float(intent["wall"])
    return min(hands.clock.now(), sent + limits.read_timeout + limits.settle_timeout)


async def look(hands: Hands, others: Others, intents: Iterable[Event]) -> Look:
    """Read the list back to the oldest of those intents.

    Raises:
        APIError: it could not be had.
        StorageError: the claims could not be read.
    """
    page = await hands.client.list(limit=1)
    if page.server_date is not None:
        hands.clock_offset = page.server_date - hands.clock.now()
    now, offset = hands.clock.now(), hands.clock_offset
    since = min(sought(one, prompt="", until=now, offset=offset).since for one in intents)
    videos = [video async for video in _recent(hands, since)]
    return Look(hands, videos, others.now())


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
