"""The simulated machine: its clock, its disk, the loop that runs on it, and what strikes it."""

from __future__ import annotations

import asyncio
import hashlib
import marshal
from random import Random

from tests.simulation import system
from tests.simulation.disk import Disk
from tests.simulation.loop import Dead, Loop
from tests.simulation.nodes import refuse
from tests.simulation.scenario import Scenario, Session, scenario
from tests.simulation.server import EPOCH

ERRNO = {"write": 5, "open": 24}  # EIO, EMFILE


class Machine(system.Machine):
    """The machine of one seed. `time` is true seconds since the beginning, while no loop runs.

    The trace is kept as a hash, and as text in `said` where that is not None.
    """

    def __init__(self, seed: int, said: list[str] | None) -> None:
        self.scenario: Scenario = scenario(seed)
        self.chance = Random(f"machine {seed}")
        self._skew = self.scenario.skew
        self.disk = Disk(self.wall)
        self.loop: Loop | None = None
        self.time = 0.0
        self.dead = False
        self._noted: list[tuple[object, ...]] = []
        self._said = said
        self._half = False
        self.expect(Session(project=0))

    def expect(self, session: Session) -> None:
        """The next run is that one."""
        self.session = session
        self._left = session.at  # changes until the blow falls
        self._blow = session.blow

    # What time it is.

    def now(self) -> float:
        """True seconds since the beginning."""
        return self.time if self.loop is None else self.loop.now

    def wall(self) -> float:
        """What this machine's clock shows, in seconds since the epoch."""
        now = self.time if self.loop is None else self.loop.now
        return EPOCH + now + self._skew

    def sleep(self, seconds: float) -> asyncio.Future[None]:
        """Done after so many seconds of the loop that runs."""
        assert self.loop is not None
        return self.loop.sleep(seconds)

    # What happens on it.

    def note(self, *words: object) -> None:
        """One line of the trace."""
        now = self.time if self.loop is None else self.loop.now
        self._noted.append((now, *words))
        if self._said is not None:
            self._said.append(f"{now!r} {words}")

    def trace(self) -> str:
        """The digest of all that was noted."""
        # Version 2 says what a thing is, and nothing of how it lies in memory.
        return hashlib.blake2b(marshal.dumps(self._noted, 2), digest_size=8).hexdigest()

    def alive(self) -> None:
        """Raises Dead where the process is no more."""
        if self.dead:
            self._half = False
            raise Dead

    def half_written(self) -> bool:
        """Whether a write that was stopped left some of its bytes."""
        return self._half

    def seen(self, what: str, path: str) -> None:
        """A change of disk or network is about to happen: perhaps the blow falls."""
        if self.dead:
            self.alive()
        if what == "look":
            return
        self.note(what, path)
        self._left -= 1
        if self._left <= 0 and self._blow is not None:
            self._strike(what, path)

    def _strike(self, what: str, path: str) -> None:
        blow = self._blow
        if blow in ("kill", "power"):
            self.die()
        if blow == "signal":
            self._interrupt()
        elif blow == "full":
            self.disk.room, self._blow = self.chance.choice((0, 0, 200, 70_000)), None
        elif what == blow:
            self._half = what == "write"
            if not self.session.lasts:
                self._blow = None
            raise refuse(ERRNO.get(what, 5), path)

    def _interrupt(self) -> None:
        """A signal, and some time later another one, which ends the process at once."""
        if self.loop is None or not self.loop.signals:
            self.die()
        assert self.loop is not None
        handler = self.loop.signals[2]
        self.loop.call_soon(handler.run)
        self._left = self.chance.choice((3, 30, 1 << 30))

    def die(self) -> None:
        """The process ends here."""
        self._half = True
        self.dead = True
        if self.loop is not None:
            self.loop.dead = True
        self.note("dead")
        raise Dead
