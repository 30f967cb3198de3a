"""Takes that another run over the same store renders: waited for, and taken from the store.

A lease is had before a take's request is intended, and until the take comes to rest; the kernel
frees the leases of a run that crashed. Who waits for one holds nothing that others could wait for:
no slot, no turn at the gate, no lock; and who has one waits for none. So no two runs can wait for
each other, in whatever order they want the same takes.

What another ledger has open is no reason to wait once its run has ended: two storyboards are two
owners, and nobody knows whether the other one will ever go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping

from sorapipe.core.planner import BUYS_NOTHING
from sorapipe.run.board import Board
from sorapipe.run.hands import GiveUp, Hands
from sorapipe.run.work import Work

LOOK = 1.0  # seconds between two looks at a lease that another run has
WHY = "another run renders this take"


class Elsewhere:
    """What one run has to do with it.

    `begin` lets a step of a take go on by itself, `reopen` begins anew with all that want a take;
    `carried` has those, by fingerprint.
    """

    def __init__(
        self,
        hands: Hands,
        board: Board,
        carried: Mapping[str, list[Work]],
        begin: Callable[[Coroutine[None, None, None], Work], None],
        reopen: Callable[[Work], Awaitable[None]],
    ) -> None:
        self._hands = hands
        self._board = board
        self._carried = carried
        self._begin = begin
        self._reopen = reopen

    def take(self, work: Work) -> None:
        """Have its lease from now on, if it is free: others shall wait for what is open here."""
        self._hands.leases.take(work.fingerprint)

    def release(self, work: Work) -> None:
        """The take has come to rest, as far as this run goes."""
        self._hands.leases.release(work.fingerprint)

    async def cleared(self, work: Work) -> bool:
        """Whether the take is to be created here and now.

        If not, it is there already, or it is waited for, or an earlier run left it over: that is
        bought anew only by the shots that want it, as they are now.

        Raises:
            GiveUp: it was in flight and turned out never to have been accepted, and this run is to
                buy nothing.
        """
        if work.shot is None:
            await self._reopen(work)
            return False
        if not self._hands.leases.take(work.fingerprint):
            self._begin(self._wait(work), work)
            return False
        if await self._taken(work):
            return False
        if self._board.facts.refetch:
            raise GiveUp(BUYS_NOTHING)
        return True

    async def _wait(self, work: Work) -> None:
        self._hands.session.tell("waiting", take=work.name, why=WHY)
        while not self._hands.leases.take(work.fingerprint):
            await self._hands.clock.sleep(LOOK)
        if await self._taken(work):
            self.release(work)
        else:
            self._board.ready.appendleft(work)

    async def _taken(self, work: Work) -> bool:
        """Whether its bytes came into the store meanwhile; then it is recorded as reused."""
        mark, shelf = work.fingerprint, self._hands.shelf
        rows = [
            self._board.planned[one.shot.id][one.number - 1]
            for one in self._carried[mark]
            if one.shot is not None
        ]
        if any(row.anew for row in rows):
            return False
        shelf.forget(mark)
        found = shelf.get(mark)
        if found is None or self._board.starves(work, found):
            return False
        if not await asyncio.to_thread(self._hands.store.verify, found.sha256):
            shelf.forget(mark)
            return False
        await self._reopen(work)
        return True
