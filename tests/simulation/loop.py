"""An event loop whose time passes only while everybody waits."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import heapq
import sys
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Stuck(Exception):
    """Nothing will ever happen again, or far too much did."""


class Handle:
    """One call that is to be made."""

    __slots__ = ("args", "call", "context", "due", "off")

    def __init__(self, call: Any, args: Any, context: Any, due: float = 0.0) -> None:
        self.call = call
        self.args = args
        self.context = context
        self.due = due
        self.off = False

    def cancel(self) -> None:
        """Don't make it."""
        self.off = True

    def cancelled(self) -> bool:
        """Whether it will not be made."""
        return self.off

    def when(self) -> float:
        """The time it is due at."""
        return self.due

    def run(self) -> None:
        """Make it now."""
        if self.context is None:
            self.call(*self.args)
        else:
            self.context.run(self.call, *self.args)


class Loop(asyncio.AbstractEventLoop):
    """Single-threaded, without sockets. `time` is handed in and out, since it outlives the loop.

    `most` is how often it turns before it is called stuck. What is handed to a thread runs in the
    loop, `thread_delay()` seconds later. `dead` says that the process is no more.
    """

    # Futures ask this of their loop one by one; bool() says False without a frame of its own.
    get_debug = staticmethod(bool)

    def __init__(self, now: float, thread_delay: Callable[[], float], most: int) -> None:
        self.now = now
        self.dead = False
        self.create_future = functools.partial(asyncio.Future, loop=self)  # type: ignore[method-assign]
        self._ready: deque[Handle] = deque()
        self._timers: list[tuple[float, int, Any]] = []  # a Handle, or a future that is a sleep
        self._count = 0
        self._left = most
        self._thread_delay = thread_delay
        self.signals: dict[int, Handle] = {}

    def time(self) -> float:
        return self.now

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Not told here: what matters comes out of `run`."""

    def call_soon(  # type: ignore[override]  # it needs only what Task and Future need
        self, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> Handle:
        handle = Handle(callback, args, context)
        self._ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> Handle:
        due = self.now + delay
        handle = Handle(callback, args, context, due)
        self._count += 1
        heapq.heappush(self._timers, (due, self._count, handle))
        return handle

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> Handle:
        handle = Handle(callback, args, context, when)
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, handle))
        return handle

    def create_task(  # type: ignore[override]
        self, coro: Any, *, name: str | None = None, context: contextvars.Context | None = None
    ) -> asyncio.Task[Any]:
        return asyncio.Task(coro, loop=self, name=name or "task", context=context)

    def sleep(self, seconds: float) -> asyncio.Future[None]:
        """`asyncio.sleep`, without a coroutine and a call for each."""
        done: asyncio.Future[None] = self.create_future()
        self._count += 1
        heapq.heappush(self._timers, (self.now + seconds, self._count, done))
        return done

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        done: asyncio.Future[T] = self.create_future()
        self.call_later(self._thread_delay(), _into, done, func, args)
        return done

    def add_signal_handler(self, sig: int, callback: Any, *args: Any) -> None:
        self.signals[sig] = Handle(callback, args, None)

    def remove_signal_handler(self, sig: int) -> bool:
        return self.signals.pop(sig, None) is not None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it to its end. Raises Stuck where it will never come to one."""
        asyncio._set_running_loop(self)
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(None, lambda _: None)  # what a dead process left is never finished
        try:
            main = self.create_task(coroutine)
            self._turn_until(main)
            for task in asyncio.all_tasks(self):
                task.cancel()
                self._turn_until(task)
            return main.result()  # type: ignore[no-any-return]
        finally:
            self._bury()
            sys.set_asyncgen_hooks(*hooks)
            asyncio._set_running_loop(None)

    def _turn_until(self, task: asyncio.Task[Any]) -> None:
        timers, ready, done = self._timers, self._ready, task.done
        while not done():
            while timers and (timers[0][0] <= self.now or timers[0][2].cancelled()):
                due = heapq.heappop(timers)[2]
                if type(due) is Handle:
                    ready.append(due)
                elif not due.done():
                    due.set_result(None)
            if not ready:
                if not timers:
                    raise Stuck("everybody waits, and nothing is going to happen")
                self.now = timers[0][0]
                continue
            for _ in range(len(ready)):
                handle = ready.popleft()
                if handle.off:
                    continue
                if handle.context is None:  # as `run` does, where calls are what costs
                    handle.call(*handle.args)
                else:
                    handle.context.run(handle.call, *handle.args)
                if self.dead:
                    raise Dead
            self._left -= 1
            if self._left < 0:
                raise Stuck("it goes on and on")

    def _bury(self) -> None:
        """End the tasks that a dead process leaves, while its machine refuses whatever they do."""
        for task in asyncio.all_tasks(self):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            _close(task.get_coro())


class Dead(BaseException):
    """The process ended in the middle of something."""


def _into(done: asyncio.Future[T], func: Callable[..., T], args: Any) -> None:
    try:
        result = func(*args)
    except Dead:
        raise
    except BaseException as error:
        if not done.cancelled():
            done.set_exception(error)
    else:
        if not done.cancelled():
            done.set_result(result)


def _close(coroutine: Any) -> None:
    with contextlib.suppress(BaseException):  # whatever its clean-up does, nobody is there
        coroutine.close()
