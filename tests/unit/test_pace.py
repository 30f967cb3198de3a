"""When a render is looked at: by its progress, by what others took, or by how long it goes on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from sorapipe.core.pace import ENOUGH, FIRST, MOST, Course, Past, first_pause, gathering, kind

USUAL = (50.0, 55.0, 60.0, 65.0, 70.0)


def paused(
    now: float, progress: float | None, took: Sequence[float] = (), *, cap: float = 1000.0
) -> float:
    """The pause after one look at a render that began at 0."""
    course = Course(0.0)
    course.sight(now, progress, queued=False)
    return course.pause(now, took, floor=2.0, cap=cap)


@pytest.mark.parametrize(
    ("now", "progress", "took", "pause"),
    [
        (10.0, 50.0, (), 10.0),  # as much again
        (10.0, 99.0, (), 2.0),  # never below the floor
        (10.0, 20.0, USUAL, 40.0),  # its own progress tells more than the others
        (100.0, 1.0, (), 1000.0),  # never over the cap
        (80.0, None, (), 10.0),  # nothing is known: an eighth
        (80.0, 0.0, (), 10.0),
        (80.0, 0.5, (), 10.0),
        (80.0, 100.0, (), 10.0),
        (0.0, None, (), 2.0),
        (20.0, None, USUAL, 35.0),  # the second of five, so that one may have ended
        (56.0, None, USUAL, 9.0),  # the second of the three that took longer
        (80.0, None, USUAL, 10.0),  # longer than all: as if nothing were known
        (20.0, None, (50.0, 55.0, 60.0, 65.0, 1e9), 35.0),  # one that hung for ever
    ],
)
def test_a_pause_is_by_what_is_known(
    now: float, progress: float | None, took: Sequence[float], pause: float
) -> None:
    """Progress is extrapolated; without it a share of those that took longer may have ended."""
    assert paused(now, progress, took) == pytest.approx(pause)


def test_two_looks_tell_the_speed() -> None:
    """What was waiting in a queue that nobody told of is seen to be faster than it seemed."""
    course = Course(0.0)
    course.sight(100.0, 10.0, queued=False)
    course.sight(110.0, 60.0, queued=False)
    assert course.pause(110.0, (), floor=2.0, cap=1000.0) == pytest.approx(8.0)


def test_what_is_queued_has_not_begun() -> None:
    """Its time in the queue counts neither for its pause nor for how long it took."""
    course = Course(0.0)
    course.sight(300.0, 0.0, queued=True)
    assert course.pause(300.0, USUAL, floor=2.0, cap=1000.0) == pytest.approx(55.0)
    course.sight(340.0, None, queued=False)
    assert course.took(360.0) == 50.0


def test_progress_that_stands_still_is_looked_at_less_and_less() -> None:
    """Ninety-nine percent for an hour is not a second from the end."""
    course = Course(0.0)
    course.sight(60.0, 99.0, queued=False)
    pauses = []
    for now in (61.0, 100.0, 400.0):
        course.sight(now, 99.0, queued=False)
        pauses.append(course.pause(now, (), floor=2.0, cap=20.0))
    assert pauses == [2.0, 10.0, 20.0]


def test_the_first_look_comes_when_it_may_be_there() -> None:
    """At once where nothing is known or renders are fast; never after too many longest pauses."""
    assert first_pause((), floor=2.0, cap=20.0) == 0.0
    assert first_pause((0.1, 0.2, 0.3), floor=2.0, cap=20.0) == 0.0
    assert first_pause(USUAL, floor=2.0, cap=20.0) == 55.0
    assert first_pause((1e6,) * 9, floor=2.0, cap=20.0) == FIRST * 20.0


def test_a_few_durations_tell_nothing() -> None:
    """Nor do those of another kind; the newest count, and nonsense does not."""
    past = Past()
    clip = kind({"operation": "create", "model": "m", "size": "64x64", "seconds": 4, "prompt": "a"})
    for seconds in (math.nan, math.inf, -1.0, *range(ENOUGH - 1)):
        past.learn(clip, seconds)
    assert past.of(clip) == []
    assert past.usual() is None
    for seconds in range(MOST + 1, 0, -1):
        past.learn(clip, seconds)
    assert past.of(clip) == [float(seconds) for seconds in range(1, MOST + 1)]
    assert past.of("another") == []
    assert past.usual() == MOST // 2 + 1


def test_servers_that_get_faster_are_found_out() -> None:
    """A look that always finds it ended is earlier the next time, until it finds it going on."""
    past, pauses = Past(), []
    for _ in range(ENOUGH):
        past.learn("k", 80.0)
    for _ in range(200):
        pause = first_pause(past.of("k"), floor=2.0, cap=20.0)
        pauses.append(pause)
        course, now = Course(0.0), pause
        while now < 20.0:  # it takes that long now
            course.sight(now, None, queued=False)
            now += course.pause(now, past.of("k"), floor=2.0, cap=20.0)
        past.learn("k", course.took(now))
    assert pauses[0] == 80.0
    assert 10.0 < pauses[-1] < 30.0


@pytest.mark.parametrize(
    ("usual", "watched", "pages", "gap"),
    [
        (None, 32, 1, 2.0),  # nothing is known
        (60.0, 32, 1, 2.0625),  # less than a page for each
        (60.0, 8, 1, 3.75),  # not so long that what has ended waits
        (60.0, 64, 3, 3.09375),
        (6000.0, 8, 9, 20.0),
        (1.0, 8, 1, 2.0),
    ],
)
def test_readings_of_a_list_are_paid_by_what_they_save(
    usual: float | None, watched: int, pages: int, gap: float
) -> None:
    """A video costs less than a page, and is found a sixteenth of its time late at most."""
    assert gathering(usual, watched, pages, floor=2.0, cap=20.0) == pytest.approx(gap)
