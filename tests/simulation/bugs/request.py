"""Bugs of the one request that spends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sorapipe.core.planner
import sorapipe.core.tally
import sorapipe.files
import sorapipe.ledger
import sorapipe.run.admit
import sorapipe.run.create
import sorapipe.run.fetch
import sorapipe.run.heart
import sorapipe.run.prepare
import sorapipe.run.reconcile
import sorapipe.run.watch
from sorapipe.run.listing import Look
from sorapipe.run.work import Work
from sorapipe.videos.errors import APIError, APIStatusError, APITimeoutError
from tests.simulation.bugs.planting import Change, bug


@bug
def a_create_is_repeated_as_the_sdk_does() -> list[Change]:
    """A create is repeated as the SDK does."""
    real = sorapipe.run.create.send

    async def send(hands: Any, work: Any, image: Any, render: str, before: Any = None) -> Any:
        for _ in range(2):
            try:
                return await real(hands, work, image, render, before)
            except APIError as error:
                if error.spent in ("not_sent", "rejected"):
                    raise
                before = None
        return await real(hands, work, image, render)

    return [(sorapipe.run.create, "send", send)]


@bug
def a_502_is_taken_for_safe() -> list[Change]:
    """A 502 is taken for safe."""
    return [_meaning(lambda error: getattr(error, "status", 0) == 502, "throttled")]


@bug
def a_409_is_taken_for_a_no() -> list[Change]:
    """A 409 is taken for a no."""
    return [_meaning(lambda error: getattr(error, "status", 0) == 409, "rejected")]


@bug
def a_503_is_taken_for_throttling() -> list[Change]:
    """A 503 is taken for throttling."""
    return [_meaning(lambda error: getattr(error, "status", 0) == 503, "throttled")]


@bug
def a_timeout_is_taken_for_not_sent() -> list[Change]:
    """A timeout is taken for not sent."""
    return [_meaning(lambda error: isinstance(error, APITimeoutError), "not_sent")]


@bug
def a_reset_is_taken_for_not_sent() -> list[Change]:
    """A reset is taken for not sent."""
    return [_meaning(lambda error: not isinstance(error, APIStatusError), "not_sent")]


@bug
def a_redirect_is_taken_for_a_no() -> list[Change]:
    """A redirect is taken for a no."""
    return [_meaning(lambda error: 300 <= getattr(error, "status", 0) < 400, "rejected")]


def _meaning(which: Callable[[APIError], bool], spent: Any) -> Change:
    real = sorapipe.run.create._settle

    async def settle(*args: Any) -> None:
        (error,) = (one for one in args if isinstance(one, APIError))
        if error.spent == "ambiguous" and which(error):
            error.spent = spent
        await real(*args)

    return (sorapipe.run.create, "_settle", settle)


@bug
def nothing_keeps_twins_apart_on_the_wire() -> list[Change]:
    """Nothing keeps twins apart on the wire, nor afterwards in the list."""
    return [(Work, "observable", property(lambda self: (object(),))), _UNGUARDED]


@bug
def a_twin_is_sent_while_the_first_is_open() -> list[Change]:
    """A twin is sent while the first is open, and nothing keeps them apart in the list."""
    return [(sorapipe.run.create, "_twin", lambda hands, work: None), _UNGUARDED]


_UNGUARDED: Change = (Look, "_own_rival", lambda self, intent, one: None)
