"""One command of `sorapipe videos`: its server, what it tells, and how it ends.

What is sent here costs money once it is accepted, so its answer is waited for even when a signal
comes, and whatever goes wrong afterwards ends with the command that goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from sorapipe.cli.exits import Exit, exit_code
from sorapipe.cli.options import server
from sorapipe.cli.videos_show import as_json
from sorapipe.config import Provider
from sorapipe.errors import SorapipeError, one_line, printable
from sorapipe.run.connect import Trouble, connect
from sorapipe.run.create import QUOTA
from sorapipe.run.prepare import state_root
from sorapipe.run.stop import SIGNALS
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.errors import (
    APIError,
    APIStatusError,
    GenerationFailed,
    GenerationTimeout,
)
from sorapipe.videos.model import Video

_LOOK = 0.5  # seconds between two looks at what may trouble the studio in this process
_REFUSED = frozenset({401, 402, 403})
_GONE = (404, 410)  # waiting on brings nothing
_ENDS = {signal.SIGINT: 130}  # all others end with 143


class Session:
    """What an operation has: `args`, the `provider`, and `videos`, a client of it."""

    def __init__(
        self, args: argparse.Namespace, provider: Provider, videos: AsyncVideos, trouble: Trouble
    ) -> None:
        self.args = args
        self.provider = provider
        self.videos = videos
        self.open: str | None = None  # the id of the render that the operation is about
        self._trouble = trouble
        self._paying = False  # a request for a render has left us, and its answer is not here
        self._signal: signal.Signals | None = None
        self._task: asyncio.Task[int] | None = None

    def tell(self, text: str) -> None:
        """A line of talk."""
        if not self.args.quiet:
            self.warn(text)

    def warn(self, text: str) -> None:
        """A line that is told in any case, unless nobody listens: an id is still to be given."""
        try:
            print(printable(text), file=sys.stderr, flush=True)
        except OSError:  # what stays in the buffer would fail again, and be the exit code
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())

    def give(self, text: str) -> None:
        """Data on stdout. Where that can't be written and a render was bought, it is told."""
        try:
            print(text, flush=True)
        except OSError:
            if self.open is not None:
                self.warn(f"stdout takes nothing; it would have: {text}")
            raise

    def command(self, *words: str) -> str:
        """The command line with those words that talks to the same server."""
        line = ["sorapipe", "videos", *words]
        for name in ("provider", "base_url", "profile", "config"):
            if (said := getattr(self.args, name)) is not None:
                line += ["--" + name.replace("_", "-"), str(said)]
        return shlex.join(line)

    async def bought(self, request: Awaitable[Video]) -> Video:
        """The video that the request is answered with, told at once."""
        video = await request
        self._paying = False
        self.open = video.id
        self.tell(f"{video.id}: accepted")
        if self._signal is not None:
            raise asyncio.CancelledError
        return video

    async def about_to_send(self) -> None:
        """For `before_send`: from here on nobody knows, until there is an answer."""
        self._paying = True

    async def run(self, operation: Operation) -> int:
        """The exit code of the operation; signals and errors are told."""
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(operation(self))
        for number in SIGNALS:
            loop.add_signal_handler(number, self._signalled, signal.Signals(number))
        try:
            return await self._through(self._task)
        except asyncio.CancelledError:
            return self._interrupted()
        except SorapipeError as error:
            return self._failed(error)
        finally:
            for number in SIGNALS:
                loop.remove_signal_handler(number)

    async def _through(self, task: asyncio.Task[int]) -> int:
        """The task's result, unless this machine's disk stops the studio in this process."""
        while not task.done():
            await asyncio.wait({task}, timeout=_LOOK)
            if (trouble := self._trouble()) is not None:
                task.cancel()
                await asyncio.wait({task})
                if not task.cancelled():
                    task.exception()  # the trouble is the reason for it
                raise trouble
        return task.result()

    def _signalled(self, number: signal.Signals) -> None:
        assert self._task is not None
        first, self._signal = self._signal is None, number
        if first and self._paying:
            self.warn("waiting for the answer, which has the id; a second signal leaves at once")
        else:
            self._task.cancel()

    def _interrupted(self) -> int:
        if self._paying:
            self._nobody_knows()
        elif self.open is not None:
            self._goes_on(self.open, "interrupted before the render ended")
        else:
            self.warn("interrupted; nothing was asked for")
        return _ENDS.get(self._signal or signal.SIGINT, 143)

    def _failed(self, error: SorapipeError) -> int:
        self.warn(str(error))
        if isinstance(error, GenerationFailed | GenerationTimeout) and self.args.json:
            self.give(as_json(error.video, self.provider.api_key))
        if self._paying and isinstance(error, APIError) and error.spent == "ambiguous":
            self._nobody_knows()
            return Exit.UNRESOLVED
        gone = isinstance(error, APIStatusError) and error.status in _GONE
        if self.open is not None and not gone and not isinstance(error, GenerationFailed):
            self._goes_on(self.open, "the server still has it")
        if isinstance(error, APIStatusError) and (error.status in _REFUSED or error.code in QUOTA):
            return Exit.REFUSED
        return exit_code(error)

    def _goes_on(self, video: str, what: str) -> None:
        output = getattr(self.args, "output", None)
        words = ["-o", output] if output else []
        how = f"go on with '{self.command('wait', video, *words)}'"
        self.warn(one_line(video, what, how))

    def _nobody_knows(self) -> None:
        """What to do about a request without an answer."""
        where = "no clear answer"
        what = "the render may have been accepted, and billed"
        if self.provider.profile.list == "none":
            fix = "this server has no list: look at its own pages before you send it again"
        else:
            fix = f"before you send it again, look for it with '{self.command('list')}'"
        self.warn(one_line(where, what, fix))


Operation = Callable[[Session], Coroutine[Any, Any, int]]


def carry_out(args: argparse.Namespace, operation: Operation) -> int:
    """Resolve the server, and run the operation against it.

    Raises what choosing the server and opening the studio raise.
    """
    provider = server(args, None)
    return asyncio.run(_connected(args, provider, operation))


async def _connected(args: argparse.Namespace, provider: Provider, operation: Operation) -> int:
    # The studio in process keeps its state beside that of all other commands.
    async with connect(provider, state_root()) as (videos, trouble):
        return await Session(args, provider, videos, trouble).run(operation)
