"""Watching a render until it has come to its end on the server. Nothing here can spend."""

from __future__ import annotations

from sorapipe.core.backoff import bounded
from sorapipe.core.pace import Course, first_pause, kind
from sorapipe.core.price import ZERO, as_number
from sorapipe.run.hands import GiveUp, Hands
from sorapipe.run.look import retrieve
from sorapipe.run.work import Work
from sorapipe.videos.errors import NotFoundError
from sorapipe.videos.model import Video, epoch

ALONE = 6  # longest pauses after which a render is asked for by itself, whatever a list says


async def watch(hands: Hands, work: Work) -> None:
    """Look until the take is rendered, failed or lost.

    Raises:
        GiveUp: nothing changed for too long, or the server stays away; a later run goes on.
        Stopping: the run is being stopped.
    """
    watcher = _Watcher(hands, work)
    while not await watcher.ended():
        hands.resumed.done(work.fingerprint)
        if (trouble := hands.trouble()) is not None:
            raise trouble


class _Watcher:
    """What one watch knows. `still` are the seconds without a change, as far as we were awake."""

    def __init__(self, hands: Hands, work: Work) -> None:
        take = hands.session.take(work.fingerprint)
        assert take.video is not None
        self.hands, self.work, self.take, self.video = hands, work, take, take.video
        self.name = {"fp": work.fingerprint, "take": work.name, "video": take.video}
        self.kind = kind(take.intent.get("request", {}))
        now = hands.clock.monotonic()
        age = max(hands.clock.now() - take.intent.get("wall", hands.clock.now()), 0.0)
        self.fresh = not hands.resumed.has(work.fingerprint)
        self.course = Course(now if self.fresh else now - age)
        self.pause = self._first_pause()
        # What it was last seen as, by its own answer and by the list: these may differ for ever.
        self.seen: dict[bool, tuple[str, float | None]] = {}
        self.still = 0.0
        self.asked = now  # when it was last asked for by itself
        self.alone = False  # whether it is to be asked for by itself the next time
        self.doubted = False  # whether it is asked although the list says that it goes on

    async def ended(self) -> bool:
        """Wait, look once, and record what follows from it; say whether that was the end."""
        entry, passed = await self._wait()
        video = entry or await self._retrieve()
        if video is None:
            return True
        if await self._record_end(video):
            if self.work.rendered is not None and self.fresh:
                self.work.took = self.course.took(self.hands.clock.monotonic())
                self.hands.past.learn(self.kind, self.work.took)
            return True
        await self._goes_on(video, passed, listed=entry is not None)
        return False

    async def _wait(self) -> tuple[Video | None, float]:
        """The list's word on it, if that is enough; and the seconds that were waited."""
        if not self.pause:
            return None, 0.0
        entry, passed = await self.hands.lookout.wait(self.video, self.pause)
        now, longest = self.hands.clock.monotonic(), self.hands.provider.profile.max_poll_interval
        alone = self.alone or now - self.asked > ALONE * longest or self.hands.foreign(self.take)
        self.doubted = entry is not None and alone and not entry.ended
        return (None if entry is None or alone or not self._enough(entry) else entry), passed

    def _enough(self, entry: Video) -> bool:
        """Whether a list's entry tells as much as is needed.

        It is believed that a render goes on, or is complete; that it failed is asked for again, and
        so is what a complete one needs and not every list tells.
        """
        profile = self.hands.provider.profile
        if entry.status != "completed":
            return entry.status != "failed"
        dated = entry.expires_at is not None or profile.retention is None
        return dated and (entry.url is not None or not profile.result_urls)

    async def _retrieve(self) -> Video | None:
        """What the server says of it; None where it is recorded as gone."""
        hands, take = self.hands, self.take
        try:
            video = await retrieve(hands, self.name)
        except NotFoundError as error:
            if hands.foreign(take):
                there = take.intent["address"]
                raise GiveUp(f"{take.video} is unknown here; {there} accepted it") from error
            if hands.store.record(self.work.fingerprint) is not None:  # fetched before: see `fetch`
                await hands.session.record("rendered", **self.name)
                return None
            why = f"the server does not know it any more: {error.what}"
            await hands.session.record("lost", **self.name, why=why)
            return None
        self.asked, self.alone = hands.clock.monotonic(), False
        if self.doubted and video.ended:
            hands.lookout.behind()
        return video

    async def _record_end(self, video: Video) -> bool:
        """Record the end of the render if the answer says so."""
        if video.status == "completed":
            expires = epoch(video.expires_at)
            cost = {} if video.cost is None else {"told_cost": as_number(video.cost)}
            await self.hands.session.record("rendered", **self.name, expires_at=expires, **cost)
            self.work.rendered = video
            return True
        if video.status == "failed":
            code, why = (
                (video.error.code, video.error.message) if video.error else (None, video.word)
            )
            took = ZERO if self.hands.provider.profile.failures_free else video.cost
            known = {} if took is None else {"cost": as_number(took)}
            await self.hands.session.record("failed", **self.name, why=why, code=code, **known)
            return True
        return False

    async def _goes_on(self, video: Video, passed: float, *, listed: bool) -> None:
        """Note what was seen, and when to look again.

        Raises GiveUp after `render-timeout` without a change, by the render's own answer.
        """
        hands, state = self.hands, (video.status, video.progress)
        now, limits = hands.clock.monotonic(), hands.provider.limits
        self.course.sight(now, video.progress, queued=video.status == "queued")
        changed = state != self.seen.get(listed)
        self.still = 0.0 if changed else self.still + passed
        if changed:
            begun = any(word == "in_progress" for word, _ in self.seen.values())
            self.seen[listed] = state
            if video.status == "in_progress" and not begun:
                await hands.session.record("started", **self.name)
            hands.session.tell(
                "progress", **self.name, progress=video.progress, status=video.status
            )
        elif self.still > limits.render_timeout and not listed:
            word = f" (it says '{video.word}')" if video.word else ""
            quiet = f"no change in {video.id} for {self.still:.0f} s{word}"
            raise GiveUp(f"{quiet}; run again to go on waiting")
        self.alone = self.still > limits.render_timeout
        self.pause = self._next_pause(video, now)

    def _first_pause(self) -> float:
        """None for what an earlier run left: it may be complete for long."""
        hands = self.hands
        if not self.fresh:
            return 0.0
        if (fixed := hands.provider.limits.poll_interval) is not None:
            return fixed
        floor = hands.provider.profile.min_poll_interval
        cap = hands.provider.profile.max_poll_interval
        return first_pause(hands.past.of(self.kind), floor=floor, cap=cap)

    def _next_pause(self, video: Video, now: float) -> float:
        limits, profile = self.hands.provider.limits, self.hands.provider.profile
        if limits.poll_interval is not None:
            return limits.poll_interval
        asked = bounded(video.poll_after, cap=limits.backoff_cap)
        if asked is not None:
            return max(asked, profile.min_poll_interval)
        return self.course.pause(
            now,
            self.hands.past.of(self.kind),
            floor=profile.min_poll_interval,
            cap=profile.max_poll_interval,
        )
