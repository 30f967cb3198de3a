"""A clock that is wrong, or that jumps while an answer is lost, never buys a second render."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from sorapipe.clock import SystemClock
from sorapipe.core.take import State
from tests.acceptance.test_limits import configured, ran
from tests.faulty import Faulty, faulty

HOUR = 3600.0
PROVING = 'settle-timeout = 1\n[profiles.proving]\nlike = "generic"\nlist = "proof"'


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


class Ahead(SystemClock):
    """A clock that is an hour ahead until the first create has come to the server."""

    def __init__(self, server: Faulty) -> None:
        self._server = server

    def now(self) -> float:
        """Seconds since the epoch, at first an hour more."""
        return time.time() + (0.0 if self._server.creates else HOUR)


class Asleep(SystemClock):
    """A clock of a machine that sleeps for a day as soon as anybody waits."""

    ahead = 0.0

    def now(self) -> float:
        """Seconds since the epoch, a day more after the sleep."""
        return time.time() + self.ahead

    async def sleep(self, seconds: float) -> None:
        """Be a day later the first time."""
        self.ahead = 24 * HOUR
        await asyncio.sleep(seconds)


@pytest.mark.parametrize("later", [False, True])
def test_absence_proves_nothing_where_our_clock_was_set_back(tmp_path: Path, later: bool) -> None:
    """The render seems older than its intent: it is held, in that run and by a later one."""
    with faulty(tmp_path / "studio", script=["500-after"], listless=later) as server:
        provider = configured(tmp_path, server.url, "proving", PROVING)
        outcome = ran(tmp_path, provider, Ahead(server))
        if later:
            assert outcome.unknown[0].state is State.AMBIGUOUS
            server.listless = False
            outcome = ran(tmp_path, provider, SystemClock())
    (take,) = outcome.unknown
    assert (take.state, server.creates) == (State.UNKNOWN, 1)
    assert "clock" in (take.why or "")


def test_a_key_that_was_forgotten_while_we_slept_is_not_sent_again(tmp_path: Path) -> None:
    """A day has passed between two tries: the list is asked instead."""
    with faulty(tmp_path / "studio", script=["500-after", "429"]) as server:
        limits = "settle-timeout = 5\nbackoff-cap = 0.2\npoll-interval = 0.1"
        outcome = ran(tmp_path, configured(tmp_path, server.url, "local", limits), Asleep())
    assert (outcome.exit, server.creates) == (0, 2), outcome
