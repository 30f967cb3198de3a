"""An event loop in a thread of its own, through which blocking code uses asynchronous code."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from inspect import iscoroutinefunction
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar, cast

from sorapipe.errors import UsageError

T = TypeVar("T")

PATIENCE = 5.0  # seconds that an interrupt waits for what it has cancelled

_END = object()


class Portal:
    """A loop that ends when it is closed, or forgotten; any number of threads may call.

    `last` is awaited in it when everything else has ended.
    """

    def __init__(self, last: Callable[[], Awaitable[None]]) -> None:
        self._loop = _Loop(last)
        self.close = weakref.finalize(self, self._loop.close)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What that coroutine returns or raises.

        An interrupt (Ctrl-C) cancels it, and comes out when it has cleaned up behind itself. Raises
        UsageError where the portal is closed.
        """
        turn = _Turn(work)
        try:  # an interrupt may come at any moment, also before there is a future to wait for
            return _waited(self._loop.begin(turn.whole, work))
        except CancelledError:
            work.close()  # it may never have begun
            raise UsageError("videos", "this client was closed during the call") from None
        except BaseException:
            if not turn.over:  # it is going on, so it is we who were interrupted
                with suppress(Empty, CancelledError, UsageError):
                    _waited(self._loop.begin(turn.end()), PATIENCE)
            raise

    def each(self, work: AsyncGenerator[T, None]) -> Generator[T, None, None]:
        """What that generator yields, one step at a time; it ends where its reader stops."""
        try:
            while (item := self.run(_step(work))) is not _END:
                yield cast(T, item)
        finally:
            with suppress(UsageError):  # closed: then the loop has ended it as well
                self.run(work.aclose())


class _Loop:
    """The loop and its thread, which begins with the first call."""

    def __init__(self, last: Callable[[], Awaitable[None]]) -> None:
        self._last = last
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = asyncio.Event()
        self._closed = False

    def begin(self, work: Coroutine[Any, Any, T], *inner: Coroutine[Any, Any, Any]) -> Future[T]:
        """The coroutine under way. Raises UsageError where the loop is closed, and closes them."""
        try:
            with self._lock:  # so that what has begun is there for `close` to cancel
                return asyncio.run_coroutine_threadsafe(work, self._begun())
        except Exception:
            for coroutine in (work, *inner):
                coroutine.close()
            raise

    def _begun(self) -> asyncio.AbstractEventLoop:
        """The loop, running."""
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._live, name="videos", daemon=True)
            self._thread.start()
        # After a fork the thread is in the parent alone.
        if self._closed or self._thread is None or not self._thread.is_alive():
            raise UsageError("videos", "this client is closed", "make another one")
        if self._thread is threading.current_thread():
            raise UsageError("videos", "this call would wait for itself", "use AsyncVideos")
        if self._loop is None:
            self._ready.wait()
        if self._loop is None:
            raise UsageError("videos", "no event loop can begin", "are too many files open?")
        return self._loop

    def close(self) -> None:
        """Cancel what is under way, await `last`, and end the thread."""
        with self._lock:
            self._closed = True
            if self._thread is None:
                return  # it was never used, so nothing is open
            self._ready.wait()
            if self._loop is not None:
                with suppress(RuntimeError):  # a callback's sys.exit() has closed it
                    self._loop.call_soon_threadsafe(self._closing.set)
        if self._thread is not threading.current_thread():  # the garbage collector runs anywhere
            self._thread.join()

    def _live(self) -> None:
        try:
            asyncio.run(self._until_closed())
        finally:
            self._ready.set()

    async def _until_closed(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        await self._closing.wait()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._last()


def _waited(future: Future[T], seconds: float | None = None) -> T:
    """The future's result. Raises Empty where it is not there after so many seconds.

    `Future.result` waits on a condition, which an interrupt at the moment of the answer leaves with
    a RuntimeError about its lock; a queue can be interrupted at any moment.
    """
    done: SimpleQueue[Future[T]] = SimpleQueue()
    future.add_done_callback(done.put)
    return done.get(timeout=seconds).result()


def in_thread(work: Callable[[], object] | None) -> Callable[[], Awaitable[None]] | None:
    """That function as a coroutine function, called in a thread where it may block.

    Raises UsageError for a coroutine function, whose call would do nothing.
    """
    if work is None:
        return None
    if iscoroutinefunction(work):
        what = "before_send is a coroutine function"
        raise UsageError("videos", what, "give a function, or use AsyncVideos")

    async def done() -> None:
        await asyncio.to_thread(work)

    return done


class _Turn(Generic[T]):
    """A coroutine under way in the loop; `whole` is what to begin, `over` says that it has ended.

    It knows its own task, so that it can be ended by who was interrupted before a future was there.
    """

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self.over = False
        self.whole = self._whole()
        self._work = work
        self._task: asyncio.Task[Any] | None = None

    async def _whole(self) -> T:
        self._task = asyncio.current_task()
        try:
            return await self._work
        finally:
            self.over = True

    async def end(self) -> None:
        """Cancel it, and wait until it has cleaned up behind itself."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
        self.whole.close()  # in case that it never began
        self._work.close()


async def _step(work: AsyncGenerator[T, None]) -> T | object:
    return await anext(work, _END)
