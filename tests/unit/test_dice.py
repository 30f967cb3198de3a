"""Chance that comes out the same everywhere."""

from __future__ import annotations

from sorapipe.studio.dice import dice


def test_the_same_parts_throw_the_same() -> None:
    """These numbers are the same on every machine and in every version of Python."""
    assert [dice("sky", 1).randrange(1000) for _ in range(2)] == [_FIRST] * 2


def test_other_parts_throw_otherwise() -> None:
    """Words and numbers count, each in its place."""
    throws = {
        dice(*parts).random() for parts in (("a", 1), ("a", 2), ("b", 1), ("a", "1"), (1, "a"))
    }
    assert len(throws) == 5


_FIRST = 533
