"""The gate of a run before servers of many kinds, played over time that does not pass."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from sorapipe.core.backoff import delay
from sorapipe.core.tempo import LEAST, MINUTE, Tempo
from sorapipe.run.gate import Gate
from tests.simulation.loop import Loop
from tests.unit.clocks import Loops


@dataclass
class Server:
    """It refuses beyond so many renders at once, or so many requests a minute; and counts.

    `names` says that a refusal tells when to ask again. `takes` and `renders` are seconds.
    """

    at_once: int
    a_minute: int
    names: bool
    takes: float
    renders: float
    running: int = 0
    most: int = 0
    refusals: int = 0
    posting: int = 0
    sent: list[str] = field(default_factory=list)
    admitted: deque[float] = field(default_factory=deque)

    def asked(self, now: float) -> float | None:
        """None where it takes the request, else the seconds that it names (0: none)."""
        while self.admitted and self.admitted[0] <= now - MINUTE:
            self.admitted.popleft()
        if self.running < self.at_once and len(self.admitted) < self.a_minute:
            self.admitted.append(now)
            self.running += 1
            self.most = max(self.most, self.running)
            return None
        self.refusals += 1
        left = self.admitted[0] + MINUTE - now if len(self.admitted) >= self.a_minute else 1.0
        return left if self.names else 0.0


SERVERS = st.builds(
    Server,
    at_once=st.integers(1, 12),
    a_minute=st.integers(2, 60),
    names=st.booleans(),
    takes=st.sampled_from([0.1, 1.0, 5.0]),
    renders=st.sampled_from([1.0, 30.0, 120.0]),
)


def play(server: Server, shots: int, granted: int) -> float:
    """Carry so many takes to their end; the seconds that this took."""
    loop = Loop(0.0, lambda: 0.0, 1_000_000)
    clock, told = Loops(), 0.0
    gate = Gate(Tempo(granted), clock)

    async def carry(mark: str) -> None:
        nonlocal told
        while True:
            async with gate.turn(mark, lambda: None):
                now = sent_at = clock.now()
                assert now >= told, "nobody passes while it is closed"
                assert not (gate.in_a_row and server.posting), "one alone, until one was taken"
                server.sent.append(mark)
                server.posting += 1
                await clock.sleep(server.takes)
                server.posting -= 1
                now, asked = clock.now(), server.asked(clock.now())
                if asked is None:
                    gate.took(sent_at)
                else:
                    gate.refused(sent_at, named=bool(asked))
                    seconds = max(asked, delay(max(gate.in_a_row, 1), 0.5, cap=30.0))
                    gate.close(seconds)
                    told = max(told, now + seconds)
                assert 1 <= gate.tempo.slots <= granted
            if asked is None:
                await clock.sleep(server.renders)
                server.running -= 1
            gate.land(mark)
            if asked is None:
                return

    async def all_of_them() -> None:
        await asyncio.gather(*(carry(f"s{n}") for n in range(shots)))

    loop.run(all_of_them())
    return loop.time()


@settings(deadline=None, max_examples=60)
@given(server=SERVERS, shots=st.integers(1, 40), granted=st.integers(1, 16))
def test_a_run_comes_to_its_end_within_its_bounds(server: Server, shots: int, granted: int) -> None:
    """Whatever the server bears: never more in flight than granted, and nobody is passed over."""
    play(server, shots, granted)
    assert server.most <= granted
    first = list(dict.fromkeys(server.sent))
    assert first == [f"s{n}" for n in range(shots)]  # first come, first served
    assert len(server.sent) == shots + server.refusals


@settings(deadline=None, max_examples=60)
@given(server=SERVERS, granted=st.integers(1, 16))
def test_refusals_stay_few(server: Server, granted: int) -> None:
    """A burst or some at the beginning, then one a minute, or one for a few that were taken."""
    minutes = play(server, 40, granted) / MINUTE
    assert server.refusals <= granted + 10 + 40 / 4 + 1.5 * minutes


@given(bursts=st.integers(0, 20), granted=st.integers(1, 64))
def test_what_was_learned_is_forgotten_in_quiet(bursts: int, granted: int) -> None:
    """From wherever refusals left it, so many acceptances bring it back to all that is granted."""
    tempo = Tempo(granted)
    for burst in range(bursts):
        tempo.refused(burst + 0.5, burst + 0.5, named=False)
    for now in range((granted + LEAST) * granted):
        tempo.took(100.0 + now, 100.0 + now)
    assert tempo.slots == granted
