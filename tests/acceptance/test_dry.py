"""Every command that says it is dry leaves every byte of the folder, the ledger and the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from sorapipe.cli.main import main
from tests.sora import Sora, home
from tests.untouched import untouched

FILM = """
shots:
  - { id: dawn, prompt: a slow sunrise over the sea, takes: 2 }
  - { id: storm, prompt: the same in a storm, remix-of: dawn }
"""
# Commands on a storyboard, each with the exit codes that it may have here.
DRY = [
    (("validate",), (0,)),
    (("plan",), (0,)),
    (("plan", "--json"), (0,)),
    (("plan", "--markdown"), (0,)),
    (("plan", "--expanded"), (0,)),
    (("plan", "--select", "+storm", "--keep-stale", "--retry-failed"), (0,)),
    (("plan", "--force"), (0,)),
    (("plan", "--offline"), (8,)),
    (("plan", "--locked"), (8,)),
    (("list", "state:stale"), (0,)),
    (("why", "dawn"), (0,)),
    (("status",), (0,)),
    (("takes",), (0,)),
    (("runs",), (0,)),
    (("ledger export",), (0,)),
    (("ledger verify",), (0,)),
    (("pick", "dawn", "2", "--dry-run"), (2,)),  # edited: no take is what is wanted now
    (("clean", "--dry-run"), (0,)),
    (("clean", "--remote", "--dry-run"), (0,)),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film that was rendered, and then edited."""
    return tmp_path_factory.mktemp("dry")


@pytest.fixture
def sora(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Sora:
    """The command line on that film."""
    home(folder, monkeypatch)
    film = Sora(folder, capsys)
    if not film.out.exists():
        film.write(FILM)
        assert film("run", "--quiet") == 0
        film.write(FILM.replace("a slow", "a quick"))
    return film


@pytest.mark.parametrize(("words", "codes"), DRY, ids=lambda value: " ".join(map(str, value)))
def test_a_dry_command_leaves_every_byte(
    sora: Sora, words: tuple[str, ...], codes: tuple[int, ...]
) -> None:
    """Names, bytes and times of storyboard, lock, output, store and state stay as they were."""
    with untouched(sora.folder):
        assert sora(*words) in codes


def test_looking_at_the_store_leaves_every_byte(sora: Sora) -> None:
    """`store verify` and `store gc --dry-run` write nothing where all is whole."""
    with untouched(sora.folder):
        assert main(["store", "verify", "--quiet"]) == 0
        assert main(["store", "gc", "--dry-run"]) == 0
