"""Trying again as tenacity does, which costs nothing where the first try is enough."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from tenacity import AsyncRetrying

T = TypeVar("T")


class Again:
    """Call until it succeeds or `terms`, those of tenacity's `AsyncRetrying`, end it."""

    def __init__(self, **terms: Any) -> None:
        self._terms = terms

    async def __call__(self, call: Callable[..., Awaitable[T]], *args: Any) -> T:
        """What the call comes to. Raises its last error."""
        first: list[Exception] = []
        try:
            return await call(*args)
        except Exception as error:
            first.append(error)

        async def once() -> T:
            if first:  # what happened counts as the first try
                raise first.pop()
            return await call(*args)

        return await AsyncRetrying(**self._terms)(once)
