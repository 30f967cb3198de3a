"""Stopping in order: the first signal starts nothing new, the second leaves at once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopping(Exception):
    """The run is being stopped, and this step was not begun: nothing was sent."""


class Stop:
    """Whether the run is to stop, and why."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self.asked = False
        self._then: list[Callable[[], None]] = []

    def ask(self, number: int | None = None) -> None:
        """Stop in order; asked a second time by a signal, leave at once.

        Nothing is lost by leaving: the ledger is durable at every moment, and what is open in it is
        settled by the next run.
        """
        if self.signal is not None and number is not None:
            _say("stopped at once; the next run settles what is open")
            os._exit(128 + number if number != signal.SIGHUP else 143)
        self.signal = number if number is not None else self.signal
        self.asked = True
        for then in self._then:
            then()
        if number is not None:  # the answers may take as long as the read timeout
            _say("stopping: waits for answers that are due; interrupted again it leaves at once")

    def when_asked(self, then: Callable[[], None]) -> None:
        """Call this too when a stop is asked for."""
        self._then.append(then)

    def check(self) -> None:
        """Raise `Stopping` if a stop was asked for."""
        if self.asked:
            raise Stopping

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Listen for the signals inside this block, in the running event loop."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self.ask, number)
        try:
            yield
        finally:
            for number in SIGNALS:
                loop.remove_signal_handler(number)


def _say(line: str) -> None:
    with suppress(OSError):  # the terminal may be what has gone
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
