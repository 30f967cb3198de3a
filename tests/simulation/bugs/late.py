"""Bugs of what turns up late, of holding, and of what other folders have open."""

from __future__ import annotations

from math import inf
from typing import Any

import sorapipe.run.before
import sorapipe.run.late
import sorapipe.run.listing
import sorapipe.run.reconcile
from sorapipe.core.tally import Tally
from sorapipe.run.hands import Hands
from sorapipe.run.listing import Look
from sorapipe.run.others import Others
from sorapipe.run.outcome import Outcome
from tests.simulation.bugs.planting import Change, bug


@bug
def what_is_unknown_is_never_looked_for_again() -> list[Change]:
    """What is unknown is never looked for again."""
    return _missing(lambda until: until != inf)


@bug
def what_was_given_up_is_never_looked_for() -> list[Change]:
    """What was given up is never looked for."""
    return _missing(lambda until: until == inf)


def _missing(which: Any) -> list[Change]:
    real = sorapipe.run.before.missing

    def missing(*args: Any) -> Any:
        return [(intent, until) for intent, until in real(*args) if which(until)]

    places = (sorapipe.run.before, sorapipe.run.late)
    return [(place, "missing", missing) for place in places]


@bug
def a_late_render_may_have_been_made_at_any_time() -> list[Change]:
    """A late render may have been made at any time, also after another took its place."""
    real = sorapipe.run.before.missing

    def missing(*args: Any) -> Any:
        return [(intent, inf) for intent, _ in real(*args)]

    places = (sorapipe.run.before, sorapipe.run.late)
    changes: list[Change] = [(place, "missing", missing) for place in places]
    late = (sorapipe.run.late, "last_moment", lambda hands, intent: hands.clock.now())
    return [*changes, late, (Look, "_own_rival", lambda self, intent, one: None)]


@bug
def what_was_paid_twice_is_not_brought_home() -> list[Change]:
    """What was paid twice is not brought home."""
    return [(Tally, "arriving", lambda self, address: [])]


@bug
def what_was_paid_twice_is_not_told() -> list[Change]:
    """What was paid twice is not told."""
    return [(Outcome, "late", property(lambda self: [], lambda self, events: None))]


@bug
def what_is_to_be_held_is_sent_again() -> list[Change]:
    """What is to be held is sent again."""
    return [(Hands, "hold", property(lambda self: False, lambda self, hold: None))]


@bug
def what_other_folders_have_open_is_ignored() -> list[Change]:
    """What other folders have open is ignored."""
    return [(Others, "now", lambda self: [])]
