"""What a folder is asked before anything is put into it."""

from __future__ import annotations

from pathlib import Path

from sorapipe.folder import ignores_case


def test_a_file_system_that_ignores_case_is_told_by_its_folders(tmp_path: Path) -> None:
    """A folder that answers to its name in the other case too, as a link makes one do here."""
    (tmp_path / "renders").mkdir()
    assert not ignores_case(tmp_path / "renders" / "film")
    (tmp_path / "RENDERS").symlink_to(tmp_path / "renders")
    assert ignores_case(tmp_path / "renders")
    assert ignores_case(tmp_path / "renders" / "42" / "film")


def test_a_folder_without_letters_asks_the_one_above(tmp_path: Path) -> None:
    """The nearest folder with a letter in its name decides."""
    (tmp_path / "films" / "42").mkdir(parents=True)
    assert not ignores_case(tmp_path / "films" / "42")
    (tmp_path / "FILMS").symlink_to(tmp_path / "films")
    assert ignores_case(tmp_path / "films" / "42")
