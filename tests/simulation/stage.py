"""The stage: what the real code knows of time, chance, network and disk is replaced by a world."""

from __future__ import annotations

import asyncio
import contextlib
import os
import types
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import sorapipe.cli.run
import sorapipe.clock
import sorapipe.files
import sorapipe.run.start
import sorapipe.videos.client
from sorapipe.run.hands import Hands
from tests.simulation import system
from tests.simulation.network import Network
from tests.simulation.nodes import ROOT
from tests.simulation.story import Story
from tests.simulation.world import World

_worlds: list[World] = []


def _here() -> World:
    return _worlds[-1]


class _Clock:
    """In the place of `SystemClock`."""

    def __init__(self) -> None:
        self._world = _here()

    def now(self) -> float:
        """Wall time by this machine's clock."""
        return self._world.wall()

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return self._world.now()

    async def sleep(self, seconds: float) -> None:
        """Come back after that many seconds."""
        await self._world.sleep(seconds)


@contextlib.contextmanager
def replaced() -> Iterator[None]:
    """Inside the block worlds can be played: what knows of time, chance and disks is replaced."""
    real_urandom, real_exit, real_pid = os.urandom, os._exit, os.getpid

    def urandom(count: int) -> bytes:
        if not _worlds:
            return real_urandom(count)
        # What is longer than a token only fills a file: nobody looks at it.
        return _here().chance.randbytes(count) if count <= 64 else bytes(count)

    def leave(code: int) -> None:
        if not _worlds:
            real_exit(code)
        _here().die()

    def hands(**fields: Any) -> Hands:
        return Hands(chance=_here().chance, **fields)

    def sender(*_: Any, **__: Any) -> Network:
        return _here().network()

    changes: list[tuple[Any, str, Any]] = [
        (os, "urandom", urandom),
        (os, "_exit", leave),
        (os, "getpid", lambda: 4242 if _worlds else real_pid()),
        (sorapipe.files, "secrets", types.SimpleNamespace(token_hex=_token)),
        (sorapipe.clock, "SystemClock", _Clock),
        (sorapipe.cli.run, "open_storyboard", lambda args: _here().opened(args)),
        (sorapipe.run.start, "Hands", hands),
        (sorapipe.videos.client, "HttpSender", sender),
        (sorapipe.videos.client, "SystemClock", _Clock),
        (asyncio, "run", lambda coroutine: _here().run(coroutine)),
    ]
    with contextlib.ExitStack() as stack:
        stack.enter_context(system.replaced())
        stack.enter_context(patch.dict(os.environ, {"XDG_STATE_HOME": f"{ROOT}/state"}))
        for place, name, value in changes:
            stack.enter_context(patch.object(place, name, value))
        yield


def _token(count: int) -> str:
    return _here().chance.randbytes(count).hex()


def play(seed: int, *, told: bool = False) -> Story:
    """The story of that seed; inside `replaced()` only."""
    world = World(seed, told=told)
    _worlds.append(world)
    try:
        return world.play()
    finally:
        _worlds.pop()
