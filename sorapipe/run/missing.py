"""Which renders without an id may still turn up in a server's list."""

from __future__ import annotations

from datetime import datetime
from math import inf

from sorapipe.core.reconcile import MARGIN
from sorapipe.core.take import Event
from sorapipe.core.tally import Tally
from sorapipe.videos.profile import Profile

WEEK = 7 * 86_400.0  # seconds


def missing(tally: Tally, profile: Profile, address: str, now: float) -> list[tuple[Event, float]]:
    """The intents at that server whose renders may still turn up, if it has a list to show them.

    With each until when it must have been made, by our clock, to be this one for certain: what was
    made since it was given up may as well be another that asks for the same. They are looked for
    as long as the server keeps content, a week where nobody says how long that is: what is older
    could be named, and not fetched.
    """
    if profile.list == "none":
        return []
    given_up = (
        (one.intent, datetime.fromisoformat(one.at).timestamp() - MARGIN)
        for one in tally.superseded.values()
    )
    intents = (*((take.intent, inf) for take in tally.unknown), *given_up)
    oldest = now - (WEEK if profile.retention is None else profile.retention)
    here = ((one, until) for one, until in intents if one["address"] == address)
    return [(one, until) for one, until in here if one["wall"] >= oldest]
