"""What a server bears, learned from its refusals."""

from __future__ import annotations

from sorapipe.core.tempo import Tempo


def test_a_burst_halves_once() -> None:
    """However many of the requests that were under way together come back refused."""
    tempo = Tempo(8)
    assert [tempo.refused(0.0, now, named=True) for now in (1.0, 1.1, 1.2)] == [True, False, False]
    assert tempo.slots == 4
    assert tempo.refused(2.0, 3.0, named=True)
    assert tempo.slots == 2


def test_what_was_under_way_when_it_refused_tells_nothing_new() -> None:
    """An acceptance of the same burst neither widens the window nor ends the doubt."""
    tempo = Tempo(8)
    tempo.refused(0.0, 1.0, named=True)
    assert not tempo.took(0.5, 1.5)
    assert tempo.window == 4
    assert tempo.took(2.0, 3.0)
    assert tempo.window == 4.25


def test_a_window_grows_by_one_for_each_window_that_was_taken() -> None:
    """Four slots need some four acceptances to become five; the granted number is the end of it."""
    tempo = Tempo(5)
    tempo.refused(0.0, 1.0, named=True)
    tempo.window = 4.0
    for now in range(2, 7):
        tempo.took(now, now)
    assert tempo.slots == 5
    for now in range(7, 30):
        tempo.took(now, now)
    assert tempo.slots == 5


def test_a_named_time_needs_no_guess() -> None:
    """Only a refusal without a time makes requests keep a distance."""
    tempo = Tempo(8)
    tempo.refused(0.0, 1.0, named=True)
    assert tempo.spacing == 0.0
    tempo.refused(2.0, 3.0, named=False)
    assert tempo.spacing == 1.0


def test_what_it_took_in_this_minute_it_bears() -> None:
    """Each guess at the rate is half of the last one, but no less than was just taken."""
    tempo = Tempo(99)
    for _ in range(75):
        tempo.took(0.0, 0.5)
    tempo.refused(0.0, 1.0, named=False)
    assert tempo.rate == 75
    tempo.refused(70.0, 71.0, named=False)
    assert tempo.rate == 37.5
    tempo.took(80.0, 81.0)
    assert tempo.rate == 38.5


def test_what_is_learned_keeps_requests_apart_for_so_long_at_most() -> None:
    """As long as a pause of our own may be, which the owner's backoff-cap bounds too."""
    tempo = Tempo(8, longest=5.0)
    for burst in range(10):
        tempo.refused(burst, burst + 0.5, named=False)
    assert tempo.spacing == 5.0


def test_a_rate_that_somebody_named_is_never_passed() -> None:
    """It is where the run begins, and where what was learned ends."""
    tempo = Tempo(8, 20)
    assert tempo.spacing == 3.0
    tempo.refused(0.0, 1.0, named=False)
    assert tempo.rate == 10
    for now in range(2, 60):
        tempo.took(now, now)
    assert tempo.rate == 20
