"""The threads that render: what waits its turn, what is under way and how far it is."""

from __future__ import annotations

import asyncio
import errno
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sorapipe.clock import Clock
from sorapipe.studio.state import State, Video

if TYPE_CHECKING:
    from sorapipe.studio.animatic import Animatic

log = logging.getLogger("sorapipe.studio")
_DISK = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE))

PATIENCE = 5.0  # seconds that closing waits for an encoder to notice
STUCK_AT = 99  # percent: where renders of the living servers are seen to hang
_FAILURES = {
    "failed": ("server_error", "The studio let this render fail, as it was asked to."),
    "moderation": ("moderation_blocked", "Your request was blocked by our moderation system."),
}


class Render(Protocol):
    """Draws an animatic into a file; `progress` is told a share from 0 to 1."""

    def __call__(
        self,
        animatic: Animatic,
        target: Path,
        *,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> None:
        """Write the MP4, or raise; raises Cancelled soon after `cancelled()` became true."""


def real_render(
    animatic: Animatic,
    target: Path,
    *,
    progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> None:
    """The studio's own renderer, whose codecs are loaded when the first video needs them."""
    from sorapipe.studio.animatic import render

    render(animatic, target, progress=progress, cancelled=cancelled)


class Renders:
    """Renders what waits in `state`, oldest first, `workers` at a time.

    `retention` is how many seconds the content of a finished video stays.
    """

    def __init__(
        self, state: State, *, render: Render, workers: int, retention: float, clock: Clock
    ) -> None:
        self._state = state
        self._render = render
        self._retention = retention
        self._clock = clock
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._progress: dict[str, int] = {}
        self._closing = threading.Event()
        self._stopped: set[str] = set()
        self.trouble: str | None = None  # what this machine's disk refuses; renders stay queued
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="studio")
        for video_id in state.waiting():
            self._queue.put_nowait(video_id)
        self._workers = [asyncio.create_task(self._work()) for _ in range(workers)]

    def add(self, video_id: str) -> None:
        """Render that video when its turn comes."""
        self._queue.put_nowait(video_id)

    def stop(self, video_id: str) -> None:
        """Stop that render, if it is under way; the video has been deleted."""
        if video_id in self._progress:
            self._stopped.add(video_id)

    def progress(self, video_id: str) -> int | None:
        """How far the render is, in percent; None where it has not begun."""
        return self._progress.get(video_id)

    async def close(self) -> None:
        """Stop. What was under way is rendered again, from its start, by the next studio."""
        self._closing.set()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        ended = asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)
        await asyncio.wait([asyncio.ensure_future(ended)], timeout=PATIENCE)

    async def _work(self) -> None:
        while True:
            video_id = await self._queue.get()
            try:
                video = self._state.find(video_id)
                if video is None:  # deleted while it waited
                    self._state.folder.drop_inputs(video_id)
                elif video.fault:
                    self._go_wrong(video.id, video.fault)
                else:
                    await self._one(video)
            except Exception as error:
                # It stays queued: the next studio on this state renders it.
                self.trouble = str(error)
                log.error("%s: its state cannot be kept (%s)", video_id, error)

    def _go_wrong(self, video_id: str, fault: str) -> None:
        """End the render as it was asked for, or never, without drawing anything."""
        if fault == "stuck":
            self._progress[video_id] = STUCK_AT
            self._state.folder.drop_inputs(video_id)
        elif fault == "expired":
            now = int(self._clock.now())
            self._state.complete(video_id, at=now, expires_at=now)
        else:
            code, message = _FAILURES[fault]
            self._state.fail(video_id, code=code, message=message)

    async def _one(self, video: Video) -> None:
        try:
            await self._drawn(video)
        finally:
            self._progress.pop(video.id, None)
            self._stopped.discard(video.id)
            if self._state.find(video.id) is None:  # deleted meanwhile
                self._state.folder.video(video.id).unlink(missing_ok=True)
                self._state.folder.drop_inputs(video.id)

    async def _drawn(self, video: Video) -> None:
        self._progress[video.id] = 0
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._pool, self._perform, video)
        except Exception as error:
            if self._closing.is_set() or video.id in self._stopped:
                return
            if isinstance(error, OSError) and error.errno in _DISK:
                raise
            message = f"The studio could not render this video ({type(error).__name__}: {error})."
            log.warning("%s: %s", video.id, message)
            log.debug("%s", video.id, exc_info=True)
            self._state.fail(video.id, code="server_error", message=message)
            return
        now = self._clock.now()
        self._state.complete(video.id, at=int(now), expires_at=int(now + self._retention))
        self._state.sweep(now)

    def _perform(self, video: Video) -> None:
        """Render one video, in a thread; its file has its name only once it is whole."""
        folder = self._state.folder
        half = folder.half_video(video.id)
        try:
            self._render(
                self._animatic(video),
                half,
                progress=lambda share: self._tell(video.id, share),
                cancelled=lambda: self._closing.is_set() or video.id in self._stopped,
            )
            half.replace(folder.video(video.id))
        finally:
            half.unlink(missing_ok=True)

    def _tell(self, video_id: str, share: float) -> None:
        self._progress[video_id] = max(0, min(99, int(share * 100)))

    def _animatic(self, video: Video) -> Animatic:
        """What the renderer is handed: nothing in it depends on ids, dates or this machine."""
        from sorapipe.studio.animatic import Animatic

        folder = self._state.folder
        image = folder.image(video.id)
        width, _, height = video.size.partition("x")
        return Animatic(
            prompt=video.prompt,
            model=video.model,
            width=int(width),
            height=int(height),
            seconds=float(video.new_seconds),
            seed=video.seed,
            kind=video.kind,
            reference=image.read_bytes() if image.exists() else None,
            parent=None if video.kind == "create" else folder.parent(video.id),
        )
