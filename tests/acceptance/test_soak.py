"""Small samples of the soak and of two folders with one key: real processes, faults, SIGKILL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.long.folders import play
from tests.long.soak import soak


def test_a_soak_pays_each_shot_once_and_names_what_it_holds(tmp_path: Path) -> None:
    """500 shots with faults in a third of their creates and 5 kills: a file, or a held payment."""
    found = soak(tmp_path, shots=500, kills=5, seed=2)
    assert (found.twice, found.wrong) == (0, [])
    assert found.kills == 5
    assert found.files + found.held.total() == 500
    assert found.files > 400


@pytest.mark.parametrize("seed", range(3))
def test_two_folders_with_one_key_never_take_each_others_renders(tmp_path: Path, seed: int) -> None:
    """The same storyboard, both killed and resumed at once: what a folder has it asked for."""
    pair = play(tmp_path, seed)
    assert pair.wrong == []
    assert pair.kept > 0
