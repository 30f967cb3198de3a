"""The heart: decide (`core.take.next_move`), perform (the hands), record (the session).

One loop starts what is ready while slots are free; one coroutine a take carries it from where the
ledger says it stands to where it comes to rest. A run that resumes is the same loop over the same
states: there is no second code path.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

from sorapipe.core.pick import Standing
from sorapipe.core.plan import Bytes, Decision, PlannedTake
from sorapipe.core.take import OPEN, Move, State, next_move
from sorapipe.errors import SorapipeError, StorageError
from sorapipe.run.board import Board
from sorapipe.run.create import create
from sorapipe.run.deliver import Delivery
from sorapipe.run.elsewhere import Elsewhere
from sorapipe.run.fetch import fetch
from sorapipe.run.hands import GiveUp, Hands, Refused, Unaffordable
from sorapipe.run.late import Late
from sorapipe.run.outcome import Outcome
from sorapipe.run.reconcile import reconcile
from sorapipe.run.reuse import reuse
from sorapipe.run.stop import Stopping
from sorapipe.run.watch import watch
from sorapipe.run.work import Work

PERFORM: dict[Move, Callable[[Hands, Work], Awaitable[None]]] = {
    Move.CREATE: create,
    Move.RECONCILE: reconcile,
    Move.POLL: watch,
    Move.FETCH: fetch,
}


class Heart:
    """One run's loop over the board."""

    def __init__(
        self, hands: Hands, board: Board, delivery: Delivery, outcome: Outcome, concurrency: int
    ) -> None:
        self.hands = hands
        self.board = board
        self.delivery = delivery
        self.outcome = outcome
        self.concurrency = concurrency
        self.flying = 0
        self.tasks: dict[asyncio.Task[None], Work | None] = {}
        # By fingerprint: those that wait for the same bytes.
        self.carried: dict[str, list[Work]] = {}
        self.ended: dict[str, str] = {}  # fingerprints that failed in this run, and why
        self.late = Late(hands, self._begin)
        self.elsewhere = Elsewhere(hands, board, self.carried, self._begin, self._hand_over)
        self.changed = asyncio.Event()
        self.fatal: BaseException | None = None
        hands.stop.when_asked(self._interrupt)

    async def beat(self) -> None:
        """Carry everything to rest, or as far as it goes.

        Raises:
            StorageError: this machine's disk refused; the run stopped in order.
        """
        await self._open_shots()
        if not self.hands.offline:
            self._see_through()
        while True:
            await self._open_shots()
            while self.board.ready and self.flying < self.concurrency and not self._halted:
                self._start(self.board.ready.popleft())
            if not self.tasks and (self._halted or not (self.board.to_open or self.board.ready)):
                if self._halted or self.hands.offline or self.late.looked:
                    break
                self._begin(self.late.look(self._resume))
            self.changed.clear()
            await self.changed.wait()
        if self.fatal is not None:
            raise self.fatal
        if not self._halted:
            await self._tell_undecided()

    def _see_through(self) -> None:
        """Begin with what is open or owed at this server and no longer wanted: it was paid for."""
        for work in list(self.board.leftovers(self.hands.provider.name, self.hands.address)):
            self.carried[work.fingerprint] = []
            self._start(work)
        self.late.bring_home()

    async def _open_shots(self) -> None:
        while self.board.to_open and not self._halted:
            try:
                await self._open_shot(self.board.to_open.popleft())
            except StorageError as error:  # answers may be on their way: they are waited for
                self._die(error)

    async def _tell_undecided(self) -> None:
        """Name what could not begin, since a parent was neither made nor given up in this run."""
        for row in list(self.board.undecided()):
            await self._block(row, "its parent was not made in this run", ends=False)

    def _die(self, error: BaseException) -> None:
        self.fatal = self.fatal or error
        self.hands.stop.ask()

    @property
    def _halted(self) -> bool:
        return self.hands.stop.asked or self.fatal is not None

    def _interrupt(self) -> None:
        """A stop was asked for: what is not on the wire with money at stake ends now."""
        for task, work in self.tasks.items():
            if work is None or not work.posting:
                task.cancel()
        self.changed.set()

    async def _open_shot(self, shot_id: str) -> None:
        """The shot's parent is decided: see for each of its takes what there is to do."""
        for row in self.board.planned[shot_id]:
            ruled_out = self.board.blocked(row)
            if ruled_out is not None:
                await self._block(row, ruled_out, ends=row.state is not State.UNKNOWN)
            else:
                await self._open_take(self.board.work(row), row)
        await self._after(shot_id)

    async def _open_take(self, work: Work, row: PlannedTake) -> None:
        if work.fingerprint in self.carried:
            self.carried[work.fingerprint].append(work)
            return
        if await self._reuse(work, row):
            self.outcome.reused.append(work.name)
            self.board.rests(row.shot, row.number, Standing.KEPT)
            return
        decision, why = self.board.decide(work)
        if work.fingerprint in self.ended:  # one purchase a run, however many shots want it
            decision, why = Decision.BLOCKED, self.ended[work.fingerprint]
        if decision is Decision.BLOCKED:
            state = self.hands.session.take(work.fingerprint).state
            await self._block(row, why, ends=state is not State.UNKNOWN)
            return
        self.carried[work.fingerprint] = [work]
        await self._enqueue(work, row, why)

    async def _block(self, row: PlannedTake, why: str, *, ends: bool) -> None:
        """Name a take that is not begun; `ends` says that nothing will come of it."""
        if row.state is not State.UNKNOWN:  # the summary tells those apart
            self.outcome.blocked[row.name] = why
        await self.hands.session.record("blocked", take=row.name, why=why)
        if ends:
            self.board.rests(row.shot, row.number, Standing.ENDED)

    async def _reuse(self, work: Work, row: PlannedTake) -> bool:
        """Take the bytes that are at hand, if they are and nothing speaks against it."""
        take = self.hands.session.take(work.fingerprint)
        found = self.board.bytes_of(work.fingerprint)
        forced = row.anew and work.fingerprint not in self.board.held
        if found is None or take.state in OPEN or forced:
            return False
        if take.state is not State.KEPT or take.sha256 != found.sha256:
            await reuse(self.hands, work, found)
        return True

    async def _enqueue(self, work: Work, row: PlannedTake, why: str) -> None:
        """Make the take ready to be carried from where it stands."""
        take, record = self.hands.session.take(work.fingerprint), self.hands.session.record
        name = {"fp": work.fingerprint, "take": work.name}
        if take.state is State.KEPT and not row.anew and self.board.facts.refetches(take):
            await record("missing", **name)
        elif next_move(take) is None:
            await record("again", **name, reason=why)
        if self.hands.session.take(work.fingerprint).state in OPEN:
            self._start(work)  # it is in flight already: no slot can hold it back
        else:
            self.board.ready.append(work)

    def _start(self, work: Work) -> None:
        if self.hands.session.take(work.fingerprint).state in (State.RENDERING, State.RENDERED):
            self.hands.resumed.add(work.fingerprint)
        self.flying += 1
        self._begin(self._carry(work), work)

    def _resume(self, work: Work, waiting: list[Work]) -> None:
        """Its render turned up, after it was held as unknown."""
        self.carried[work.fingerprint] = waiting
        self._start(work)

    def _begin(self, step: Coroutine[None, None, None], work: Work | None = None) -> None:
        task = asyncio.create_task(step)
        self.tasks[task] = work
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.pop(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._die(error)
        self.changed.set()

    async def _carry(self, work: Work) -> None:
        """Move the take until it rests; then tell those who wait for it."""
        slot = True
        self.elsewhere.take(work)
        try:
            while move := next_move(self.hands.session.take(work.fingerprint)):
                if self._halted:
                    raise Stopping
                if move in (Move.POLL, Move.RECONCILE):
                    self.hands.gate.fly(work.fingerprint)
                else:
                    self.hands.gate.land(work.fingerprint)
                if move is Move.CREATE and not await self.elsewhere.cleared(work):
                    return
                if move is Move.FETCH and slot:
                    slot, self.flying = False, self.flying - 1
                    self.changed.set()
                if move is Move.CREATE:
                    self.hands.resumed.done(work.fingerprint)
                    await self.hands.resumed.over()
                await PERFORM[move](self.hands, work)
            await self._settle(work)
        except (Stopping, asyncio.CancelledError):
            if not self._halted:
                raise
        except StorageError:
            raise
        except (GiveUp, SorapipeError) as error:
            await self._give_up(work, error)
        finally:
            self.elsewhere.release(work)
            self.hands.gate.land(work.fingerprint)
            self.hands.resumed.done(work.fingerprint)
            self.flying -= slot

    async def _hand_over(self, work: Work) -> None:
        """It was never accepted, or it is there now: begin anew with the shots that want it."""
        waiting = self.carried.pop(work.fingerprint)
        for one in waiting:
            assert one.shot is not None
            await self._open_take(one, self.board.planned[one.shot.id][one.number - 1])
        for shot_id in dict.fromkeys(one.shot.id for one in waiting if one.shot is not None):
            await self._after(shot_id)

    async def _settle(self, work: Work) -> None:
        """The take has come to rest."""
        take = self.hands.session.take(work.fingerprint)
        if take.state is State.KEPT and take.sha256 is not None:
            self.board.held[work.fingerprint] = Bytes(
                sha256=take.sha256, bytes=take.bytes or 0, video=take.video, alive=True
            )
            self.outcome.made.append(take.name)
            await self._release(work, Standing.KEPT)
        elif take.state is State.UNKNOWN:
            self.late.held[work.fingerprint] = (work, self.carried.get(work.fingerprint, []))
            await self._release(work, None)
        else:
            self.ended[work.fingerprint] = f"{take.state}: {take.why}"
            self._fail(work, self.ended[work.fingerprint])
            await self._release(work, Standing.ENDED)

    def _fail(self, work: Work, why: str) -> None:
        """Name those that wanted it; what nobody wants any more fails nobody."""
        for one in self.carried.get(work.fingerprint, ()):
            self.outcome.failed[one.name] = why

    async def _give_up(self, work: Work, error: Exception) -> None:
        """Nothing more can be done in this run; what the take will be is as open as before."""
        if isinstance(error, Refused):
            self.outcome.refused = self.hands.refused = str(error)
        elif isinstance(error, Unaffordable):
            self.outcome.over_budget = f"{work.name}: {error}"
        self._fail(work, str(error))
        await self._release(work, None)

    async def _release(self, work: Work, standing: Standing | None) -> None:
        """Tell all who wanted the same bytes that they are there, or will not come, or not now."""
        waiting = self.carried.pop(work.fingerprint, [])
        for one in waiting:
            assert one.shot is not None
            if standing is not None:
                self.board.rests(one.shot.id, one.number, standing)
            if standing is Standing.KEPT and one.name != work.name:
                self.outcome.reused.append(one.name)
        for shot_id in dict.fromkeys(one.shot.id for one in waiting if one.shot is not None):
            await self._after(shot_id)

    async def _after(self, shot_id: str) -> None:
        """A take of the shot came to rest: deliver what is decided, and let its children begin."""
        if not self.board.decided(shot_id):
            return
        if shot_id in self.board.picked:
            shot = self.board.shots[shot_id]
            await self.delivery.shot(shot, self.board.kept(shot_id), self.board.picked[shot_id])
        self.board.to_open.extend(self.board.children.pop(shot_id, ()))
        self.changed.set()
