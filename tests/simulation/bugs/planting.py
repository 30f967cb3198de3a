"""How a bug is planted, and all that there are."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

Change = tuple[Any, str, Any]  # in which module or class, which name, what stands there instead
BUGS: dict[str, Callable[[], list[Change]]] = {}


def bug(make: Callable[[], list[Change]]) -> Callable[[], list[Change]]:
    """Add a bug under the name of its function."""
    BUGS[make.__name__.replace("_", "-")] = make
    return make


@contextlib.contextmanager
def planted(name: str) -> Iterator[None]:
    """Inside the block the code has that bug."""
    with contextlib.ExitStack() as stack:
        for place, attribute, value in BUGS[name]():
            stack.enter_context(patch.object(place, attribute, value))
        yield
