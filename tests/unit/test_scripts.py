"""What is said of a prompt that cannot be drawn."""

from __future__ import annotations

import pytest

from sorapipe.studio.scripts import stand_in


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("海上日出", "Chinese prompt, 4 signs"),
        ("夜の東京", "Japanese prompt, 4 signs"),
        ("바다", "Korean prompt, 2 signs"),
        ("ทะเล", "Thai prompt, 4 signs"),
        ("木", "Chinese prompt, 1 sign"),
        ("", ""),
    ],
)
def test_script_and_length_are_named(text: str, said: str) -> None:
    """Kana make Chinese signs Japanese."""
    assert stand_in(text) == said
