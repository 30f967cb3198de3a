"""Places that are taken by urgency."""

from __future__ import annotations

import asyncio
import weakref
from math import inf

import pytest

from sorapipe.run.mutexes import Mutexes
from sorapipe.run.resumed import Resumed
from sorapipe.run.turns import Turns


async def _come(turns: Turns, by: float, came: list[float], leave: asyncio.Event) -> None:
    async with turns.turn(by):
        came.append(by)
        await leave.wait()


async def _order(urgencies: list[float]) -> list[float]:
    turns, came, leave = Turns(1), list[float](), asyncio.Event()
    coming = [asyncio.ensure_future(_come(turns, by, came, leave)) for by in urgencies]
    await asyncio.sleep(0)
    leave.set()
    await asyncio.gather(*coming)
    return came


def test_the_most_urgent_goes_first() -> None:
    """Who has the place keeps it; of those who wait the smallest number is next."""
    assert asyncio.run(_order([5.0, inf, 3.0, 9.0, 1.0])) == [5.0, 1.0, 3.0, 9.0, inf]


@pytest.mark.parametrize("called", [False, True])
def test_who_goes_away_takes_no_place_along(called: bool) -> None:
    """Cancelled while waiting, or just when its turn has come: the next one gets in."""

    async def scene() -> list[float]:
        turns, came, leave = Turns(1), list[float](), asyncio.Event()
        first, second, third = (
            asyncio.ensure_future(_come(turns, by, came, leave)) for by in (1.0, 2.0, 3.0)
        )
        await asyncio.sleep(0)
        if called:
            leave.set()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        second.cancel()
        leave.set()
        await asyncio.gather(first, third)
        async with asyncio.timeout(1), turns.turn(0.0):
            return came

    assert asyncio.run(scene()) in ([1.0, 3.0], [1.0, 2.0, 3.0])


def test_nothing_is_created_before_what_was_left_open_was_looked_after() -> None:
    """It is over when the last one is done, and it was never begun where nothing was open."""

    async def scene() -> list[bool]:
        resumed, seen = Resumed(), []
        await resumed.over()
        resumed.add("a")
        resumed.add("b")
        over = asyncio.ensure_future(resumed.over())
        for name in "ab":
            await asyncio.sleep(0)
            seen.append(over.done())
            resumed.done(name)
        await over
        return [*seen, resumed.has("a"), resumed.has("c")]

    assert asyncio.run(scene()) == [False, False, True, False]


def test_one_slow_download_does_not_hold_up_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Creates wait for what was left open, but not for ever."""
    monkeypatch.setattr("sorapipe.run.resumed.LONGEST", 0.01)

    async def scene() -> None:
        resumed = Resumed()
        resumed.add("a")
        async with asyncio.timeout(5):
            await resumed.over()
            await resumed.over()

    asyncio.run(scene())


def test_a_mutex_is_the_same_for_all_who_use_it_and_kept_for_nobody() -> None:
    """Two with one key follow each other; when both have gone nothing is left of it."""

    async def scene() -> list[str]:
        mutexes, told = Mutexes(), list[str]()

        async def use(name: str, key: str) -> None:
            async with mutexes.of(key):
                told.append(f"{name} in")
                await asyncio.sleep(0)
                told.append(f"{name} out")

        await asyncio.gather(use("a", "one"), use("b", "one"), use("c", "two"))
        gone = weakref.ref(mutexes.of("one"))
        assert gone() is None
        return told

    told = asyncio.run(scene())
    assert [line for line in told if line[0] in "ab"] == ["a in", "a out", "b in", "b out"]
    assert told.index("c in") < told.index("a out")
