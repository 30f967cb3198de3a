"""How long is waited for one file, and how often it is asked for."""

from __future__ import annotations

from sorapipe.videos.errors import APIConnectionError, RateLimitError
from sorapipe.videos.patience import THROTTLES, TRIES, Patience

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


def test_a_server_that_says_later_uses_up_no_try() -> None:
    """Thirty times it may, each pause longer than the one before up to a bound; then it is over."""
    busy = RateLimitError("GET", "429")
    patience = Patience(lambda failed: min(failed / 10, 1.0))
    waits = [patience.after(busy) for _ in range(THROTTLES)]
    assert waits[:3] == [0.1, 0.2, 0.3]
    assert waits[-1] == 1.0
    assert patience.after(busy) is None


def test_throttling_and_failing_are_counted_apart() -> None:
    """Both may happen to one file, and neither shortens the other's patience."""
    busy = RateLimitError("GET", "429")
    patience = Patience(float)
    told = [patience.after(error) for _ in range(TRIES - 1) for error in (busy, BROKEN)]
    assert told == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 5.0, 5.0]
    assert patience.after(busy) == TRIES
    assert patience.after(BROKEN) is None
