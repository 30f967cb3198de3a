"""One at a time, by whatever may not be done twice at once."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from weakref import WeakValueDictionary


class Mutexes:
    """A lock for each key; nothing is kept of one that nobody has or waits for."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    def of(self, key: Hashable) -> asyncio.Lock:
        """The lock of that key: the same one for all who use it at the same time."""
        return self._locks.setdefault(key, asyncio.Lock())
