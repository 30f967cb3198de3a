from __future__ import annotations

from sorapipe.core.deliver import files_of
from sorapipe.core.storyboard import Shot, TakeNumber


def test_the_pick_is_delivered_and_the_rest_lies_beside() -> None:
    """The pick has the shot's file; the other kept takes lie under `takes/`."""
    shot = Shot(id="dawn", prompt="p", takes=3)
    assert files_of(shot, [1, 3], 3) == {"takes/dawn@1.mp4": 1, "dawn.mp4": 3}


def test_a_name_with_the_take_in_it_delivers_every_kept_take() -> None:
    """Where the file's name has a take's number, each kept take has a file of its own."""
    shot = Shot(id="dawn", prompt="p", takes=3, file=("sun-", TakeNumber(0)))
    assert files_of(shot, [1, 2], 1) == {"sun-0.mp4": 1, "sun-1.mp4": 2}


def test_nothing_is_delivered_before_the_pick_is_known() -> None:
    """While a lower take may still come, no file is written that might have to change."""
    assert files_of(Shot(id="dawn", prompt="p", takes=2), [2], None) == {}
