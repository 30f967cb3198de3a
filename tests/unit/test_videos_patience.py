"""How long is waited for one file, and how often it is asked for."""

from __future__ import annotations

from sorapipe.videos.errors import APIConnectionError, RateLimitError
from sorapipe.videos.patience import TRIES, Patience

BROKEN = APIConnectionError("GET", "it broke off")


def test_it_ends_after_so_many_tries_whoever_asks() -> None:
    """Each pause is twice the one before, and after the last try there is none."""
    patience = Patience()
    assert [patience.after(BROKEN) for _ in range(TRIES)] == [0.5, 1.0, 2.0, 4.0, 8.0, None]
    assert patience.after(BROKEN) is None


def test_a_server_that_asks_for_more_gets_it_within_bounds() -> None:
    """What is asked below our own pause changes nothing."""
    busy = RateLimitError("GET", "429")
    waits = []
    for asked in (None, 0.1, 7.0, 9999.0):
        busy.retry_after = asked
        waits.append(Patience().after(busy))
    assert waits == [0.5, 0.5, 7.0, 60.0]


def test_who_has_a_pause_of_their_own_is_obeyed() -> None:
    """A run's limits bound both what it waits by itself and what servers ask for."""
    busy = RateLimitError("GET", "429")
    busy.retry_after = 9999.0
    patience = Patience(lambda failed: failed / 10, longest=3)
    assert [patience.after(BROKEN), patience.after(BROKEN), patience.after(busy)] == [0.1, 0.2, 3]
