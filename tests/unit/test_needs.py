"""What a storyboard needs and the server lacks is told with its place, before anything is spent."""

from __future__ import annotations

from pathlib import Path

import pytest

from sorapipe.core.wording import Fault
from sorapipe.load import load
from sorapipe.run.needs import unmet
from sorapipe.videos.profile import load as profile


def needs(folder: Path, shot: str, name: str = "openai") -> list[Fault]:
    """What a storyboard with a parent and that shot lacks at the profile."""
    path = folder / "storyboard.yaml"
    path.write_text(f"shots:\n  - {{ id: p, prompt: p }}\n  - {shot}\n")
    return unmet(load(path).storyboard, profile(name))


@pytest.mark.parametrize(
    ("shot", "key", "words"),
    [
        ("{ id: a, prompt: a, size: 640x360 }", "size", "has no size 640x360"),
        ("{ id: a, prompt: a, size: 1920x1080 }", "size", "has no size 1920x1080"),
        ("{ id: a, prompt: a, seconds: 5 }", "seconds", "has no 5 s"),
        ("{ id: a, prompt: a, model: sora-3 }", "model", "has no model 'sora-3'"),
        ("{ id: a, prompt: a, seed: 7 }", "seed", "takes no seed"),
    ],
)
def test_a_need_that_is_not_met_is_told_at_its_key(
    tmp_path: Path, shot: str, key: str, words: str
) -> None:
    """Each lack names the shot, stands at the key that asks for it, and says what would work."""
    (fault,) = needs(tmp_path, shot)
    assert fault.path == ("shots", 1, key)
    assert words in fault.what
    assert "'a'" in fault.what
    assert fault.fix


def test_the_studio_takes_any_even_size_and_any_length_to_a_minute(tmp_path: Path) -> None:
    """Odd sides and more than 60 s are told; all else goes."""
    assert (
        needs(tmp_path, "{ id: a, prompt: a, size: 66x42, seconds: 7.5, seed: 1 }", "local") == []
    )
    assert len(needs(tmp_path, "{ id: a, prompt: a, size: 65x42 }", "local")) == 1
    assert len(needs(tmp_path, "{ id: a, prompt: a, seconds: 61 }", "local")) == 1


def test_what_a_child_inherits_is_not_asked_again(tmp_path: Path) -> None:
    """A remix has its parent's model, size and length: only the parent is at fault for them."""
    assert needs(tmp_path, "{ id: a, prompt: a, remix-of: p }") == []
