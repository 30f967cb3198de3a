"""The studio as a whole: the Videos API over animatics, in process or behind `serve`."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from sorapipe.clock import Clock, SystemClock
from sorapipe.errors import StorageError
from sorapipe.studio.app import make_app
from sorapipe.studio.desk import Desk
from sorapipe.studio.renders import Render, Renders, real_render
from sorapipe.studio.rules import Deletes, Rules
from sorapipe.studio.state import State

WEEK = 7 * 24 * 3600.0


class Studio:
    """A Videos API server without a socket: `app` is its ASGI application.

        async with Studio(None, strict=False) as studio:
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app=studio.app))

    `state` is the folder that keeps everything; None makes one that is removed at the end.
    `retention` is how many seconds a finished video's content stays. `deletes` says what can be
    deleted. `render` draws the videos. With `loopback` a reference image may be given by an
    address of this machine.
    """

    def __init__(
        self,
        state: Path | None,
        *,
        strict: bool,
        deletes: Deletes = "ended",
        workers: int | None = None,
        retention: float = WEEK,
        render: Render = real_render,
        clock: Clock | None = None,
        loopback: bool = False,
    ) -> None:
        self.app = make_app(self._open_desk)
        self._path = state
        self._rules = Rules(strict, deletes)
        self._count = workers or os.cpu_count() or 1
        self._retention = retention
        self._render = render
        self._clock = clock or SystemClock()
        self._loopback = loopback
        self._passing: tempfile.TemporaryDirectory[str] | None = None
        self._state: State | None = None
        self._renders: Renders | None = None
        self._desk: Desk | None = None

    @property
    def trouble(self) -> StorageError | None:
        """What this machine's disk refuses, while it does: renders wait for another start."""
        told = getattr(self.app.state, "trouble", None)
        if self._renders is not None:
            told = told or self._renders.trouble
        return StorageError("the studio", told, "free some space, then run again") if told else None

    async def start(self) -> None:
        """Open the state and go on with what waits in it.

        Raises HeldElsewhere where another process has the folder, StorageError where it is damaged
        or cannot be written.
        """
        try:
            self._open()
        except BaseException:
            await self.close()
            raise

    def _open(self) -> None:
        path = self._path
        if path is None:
            self._passing = tempfile.TemporaryDirectory(
                prefix="sorapipe-studio-", ignore_cleanup_errors=True
            )
            path = Path(self._passing.name)
        self._state = State(path)
        self._state.sweep(self._clock.now())
        self._renders = Renders(
            self._state,
            render=self._render,
            workers=self._count,
            retention=self._retention,
            clock=self._clock,
        )
        self._desk = Desk(
            self._state, self._renders, self._rules, self._clock, loopback=self._loopback
        )

    async def close(self) -> None:
        """Stop renders that are under way, quickly, and let go of the state."""
        self._desk = None
        if self._renders:
            await self._renders.close()
        if self._state:
            self._state.close()
        if self._passing:
            await asyncio.to_thread(self._passing.cleanup)
        self._renders = self._state = self._passing = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def _open_desk(self) -> Desk:
        if self._desk is None:
            raise RuntimeError("the studio is not open: use `async with studio:`")
        return self._desk
