"""The gate's line: who may send nothing any more does not stand in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from sorapipe.core.tempo import Tempo
from sorapipe.run.gate import Gate
from tests.simulation.loop import Loop
from tests.unit.clocks import Loops


class Over(Exception):
    """Nothing is sent any more."""


@pytest.mark.parametrize("closed", [0.0, 45.0])
def test_a_line_that_leads_nowhere_is_left_at_once(closed: float) -> None:
    """Whoever waits when the server turns out to be of no use does not wait for a turn of its own.

    The first of the line may sleep as long as it meant to; behind it 64 others would else stand
    half a minute each.
    """
    clock, over, turned = Loops(), False, list[str]()

    def check() -> None:
        if over:
            raise Over

    async def ask(gate: Gate, mark: str, then: Callable[[], None]) -> None:
        try:
            async with gate.turn(mark, check):
                turned.append(mark)
                await clock.sleep(1.0)
                then()
        except Over:
            pass

    async def play() -> float:
        gate = Gate(Tempo(64, 2.0), clock)

        def end() -> None:
            nonlocal over
            over = True
            gate.close(closed)

        await asyncio.gather(*(ask(gate, f"s{n}", end) for n in range(65)))
        return clock.now()

    assert Loop(0.0, lambda: 0.0, 10_000).run(play()) <= 30.0
    assert turned == ["s0"]
