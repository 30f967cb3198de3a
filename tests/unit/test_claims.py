from __future__ import annotations

import threading
from pathlib import Path

import pytest

from sorapipe.claims import Claims
from sorapipe.errors import StorageError

AT = "https://api.example.com/v1"


def test_the_first_folder_has_it(tmp_path: Path) -> None:
    """A second folder is refused what the first one claimed, and told whose it is."""
    claims, ours, theirs = Claims(tmp_path / "claims"), tmp_path / "ours", tmp_path / "theirs"
    assert claims.owner(AT, "video_1") is None
    assert claims.claim(AT, "video_1", ours)
    assert not claims.claim(AT, "video_1", theirs)
    assert claims.owner(AT, "video_1") == str(ours)


def test_claiming_twice_is_claiming_once(tmp_path: Path) -> None:
    """The folder that has a video may say so again, in another run."""
    assert Claims(tmp_path / "claims").claim(AT, "video_1", tmp_path)
    assert Claims(tmp_path / "claims").claim(AT, "video_1", tmp_path)


def test_ids_belong_to_their_server(tmp_path: Path) -> None:
    """The same id of another server is another video."""
    claims = Claims(tmp_path / "claims")
    assert claims.claim(AT, "video_1", tmp_path / "ours")
    assert claims.claim("https://other.example.com/v1", "video_1", tmp_path / "theirs")


def test_any_id_can_be_claimed(tmp_path: Path) -> None:
    """An id is never a part of a path, whatever signs are in it."""
    claims = Claims(tmp_path / "claims")
    for video in ("../../escape", "a/b", "x" * 1000, "\ud800"):
        assert claims.claim(AT, video, tmp_path)
    outside = [
        path for path in tmp_path.rglob("*") if path.is_file() and "claims" not in path.parts
    ]
    assert outside == []


def test_of_many_at_once_one_gets_it(tmp_path: Path) -> None:
    """However many runs claim a video in the same moment, one of them has it."""
    gate, won = threading.Barrier(8), []

    def run(number: int) -> None:
        gate.wait()
        if Claims(tmp_path / "claims").claim(AT, "video_1", tmp_path / str(number)):
            won.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_a_refusing_disk_is_told(tmp_path: Path) -> None:
    """Where the index cannot be written, the claim fails aloud rather than silently."""
    (tmp_path / "claims").write_text("in the way")
    with pytest.raises(StorageError):
        Claims(tmp_path / "claims").claim(AT, "video_1", tmp_path)
