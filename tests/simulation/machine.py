"""The simulated machine: its clock, its disk, the loop that runs on it, and what strikes it."""

from __future__ import annotations

import hashlib
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
        self.disk = Disk(lambda: int(self.wall() * 1e9))
        self.loop: Loop | None = None
        self.time = 0.0
        self.dead = False
        self.trace = hashlib.blake2b(digest_size=8)
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
        return self.loop.time() if self.loop is not None else self.time

    def wall(self) -> float:
        """What this machine's clock shows, in seconds since the epoch."""
        return EPOCH + self.now() + self.scenario.skew

    # What happens on it.

    def note(self, *words: object) -> None:
        """One line of the trace."""
        line = f"{self.now()!r} {words}"
        self.trace.update(line.encode())
        if self._said is not None:
            self._said.append(line)

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
        self.alive()
        if what == "look":
            return
        self.note(what, path)
        self._left -= 1
        if self._blow is not None and self._left <= 0:
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
        self.note("dead")
        raise Dead
