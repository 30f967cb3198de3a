"""`sorapipe clean --remote`: what is safe here, and needed there by nobody, is deleted there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.renders import Held, held
from tests.sora import Sora, home
from tests.untouched import untouched

TWO = "shots:\n  - { id: a, prompt: a wave }\n  - { id: b, prompt: a dune }\n"
REMIX = TWO + "  - { id: c, prompt: at night, remix-of: a }\n"
PRICE = ("--price", "sora-2=0.10", "--yes")
CONFIG = """\
[profiles.keeps]
like = "generic"
delete = false
"""


@pytest.fixture
def sora(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Sora:
    """A folder with two shots in its storyboard."""
    home(tmp_path, monkeypatch)
    sora = Sora(tmp_path, capsys)
    monkeypatch.setenv("SORAPIPE_PROFILE", "generic")
    (tmp_path / "config" / "sorapipe").mkdir(parents=True)
    (tmp_path / "config" / "sorapipe" / "config.toml").write_text(CONFIG)
    sora.write(TWO)
    return sora


@pytest.fixture
def server(sora: Sora, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """A server that has both videos, which were fetched."""
    with held() as there:
        there.go.set()
        monkeypatch.setenv("SORAPIPE_BASE_URL", there.url)
        assert sora("run", *PRICE) == 0
        yield there


def test_what_is_kept_here_is_deleted_there_and_never_asked_for_again(
    sora: Sora, server: Held
) -> None:
    """The server has it no more; neither plan nor run wants it back, and its file still comes."""
    data = sora.data("clean", "--remote", "--yes")
    assert [row["removed"] for row in data["videos"]] == [True, True]
    assert server.statuses() == {}
    assert {event["video"] for event in sora.events("removed")} == {
        row["video"] for row in data["videos"]
    }
    assert "nothing to delete" in sora.told("clean", "--remote", "--yes")[1]
    assert server.deleted == 2
    (sora.out / "a.mp4").unlink()
    assert sora("run") == 0
    assert (sora.out / "a.mp4").exists()
    assert server.created == 2


def test_a_shot_that_would_start_from_it_is_told_that_it_is_gone(sora: Sora, server: Held) -> None:
    """A remix of it is blocked, here and in every folder that shares the store."""
    assert sora("clean", "--remote", "--yes") == 0
    other = Sora(sora.folder / "other", sora.capture)
    other.folder.mkdir()
    for one in (sora, other):
        one.write(REMIX)
        rows = {row["take"]: row for row in one.data("plan")["takes"]}
        assert rows["a@1"]["decision"] == "reuse"
        assert rows["c@1"]["decision"] == "blocked"
        assert "gone" in rows["c@1"]["reason"]


def test_bytes_that_are_lost_later_are_not_looked_for_there(sora: Sora, server: Held) -> None:
    """Nothing fetches from a server what was deleted on it."""
    assert sora("clean", "--remote", "--yes") == 0
    (sora.out / "a.mp4").unlink()
    for path in (sora.folder / "cache").rglob("objects/*/*"):
        path.unlink()
    row = sora.data("plan")["takes"][0]
    assert (row["decision"], row["take"]) == ("blocked", "a@1")
    assert sora.data("takes", "a")["takes"][0]["refetchable"] is False


def test_what_a_wanted_take_starts_from_stays(sora: Sora, server: Held) -> None:
    """It is left with the reason until that take is there; then it may go."""
    sora.write(REMIX)
    _, told = sora.told("clean", "--remote", "--yes")
    assert "c@1 is not there yet, and starts from it" in told
    assert len(server.statuses()) == 1
    assert sora("run", *PRICE) == 0
    assert sora("clean", "--remote", "--yes") == 0
    assert server.statuses() == {}


def test_a_dry_run_asks_no_server_and_changes_nothing(sora: Sora, server: Held) -> None:
    """It shows what would be deleted and where."""
    with untouched(*sora.places):
        text, _ = sora.told("clean", "--remote", "--dry-run")
    assert f"server: {server.url}" in text
    assert "2 videos to delete there" in text
    assert server.deleted == 0


def test_what_is_not_safe_here_is_left(sora: Sora, server: Held) -> None:
    """Where the bytes are damaged in both places the server has the only copy."""
    event = next(one for one in sora.events("kept") if one["take"] == "a@1")
    store = sora.folder / "cache/sorapipe/store/objects"
    (store / event["sha256"][:2] / event["sha256"]).write_bytes(b"rotten")
    (sora.out / "a.mp4").write_bytes(b"edited")
    _, told = sora.told("clean", "--remote", "--yes")
    assert f"{event['video']}: not deleted: its bytes are neither in the store" in told
    assert list(server.statuses()) == [event["video"]]


def test_what_was_lost_here_while_its_owner_thought_is_left(
    sora: Sora, server: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is looked at once more before it is deleted for good."""

    def lose_one() -> bool:
        event = next(one for one in sora.events("kept") if one["take"] == "a@1")
        store = sora.folder / "cache/sorapipe/store/objects"
        (store / event["sha256"][:2] / event["sha256"]).unlink()
        (sora.out / "a.mp4").unlink()
        return True

    monkeypatch.setattr("sorapipe.cli.clean.confirmed", lose_one)
    _, told = sora.told("clean", "--remote")
    assert "not deleted: its bytes are neither in the store" in told
    assert (server.deleted, len(server.statuses())) == (1, 1)


@pytest.mark.parametrize(
    ("words", "code", "reached", "left"),
    [
        (["lost"], 0, 3, 0),  # the answer is lost, and the second deletion finds nothing
        (["500", "500", "500"], 1, 4, 1),  # that one stays, the other goes
        (["409"], 1, 2, 1),
        (["404"], 1, 2, 1),  # of the path, not of the video, which is still there
        (["401"], 7, 1, 2),  # nobody else fares better
    ],
)
def test_it_is_recorded_only_once_it_is_gone(
    sora: Sora, server: Held, words: list[str], code: int, reached: int, left: int
) -> None:
    """What could not be deleted is told, and the next time it is asked for again."""
    server.deletes = words
    data = sora.data("clean", "--remote", "--yes", code=code)
    assert server.deleted == reached
    assert len(sora.events("removed")) == 2 - left
    assert len(data["left"]) == left
    assert sora("clean", "--remote", "--yes") == 0
    assert server.statuses() == {}


def test_a_video_that_was_gone_already_is_recorded(sora: Sora, server: Held) -> None:
    """A 404 for the video itself is as good as a yes."""
    import httpx

    for video in server.statuses():
        httpx.delete(f"{server.url}/videos/{video}")
    assert sora("clean", "--remote", "--yes") == 0
    assert len(sora.events("removed")) == 2


def test_while_the_server_is_away_all_stays(sora: Sora, monkeypatch: pytest.MonkeyPatch) -> None:
    """It exits 1 with what is left, and the ledger holds no removal."""
    with held() as there:
        there.go.set()
        monkeypatch.setenv("SORAPIPE_BASE_URL", there.url)
        assert sora("run", *PRICE) == 0
    data = sora.data("clean", "--remote", "--yes", code=1)
    assert len(data["left"]) == 2
    assert sora.events("removed") == []


def test_what_is_at_another_server_is_left_to_it(sora: Sora, server: Held) -> None:
    """The line says where it is."""
    _, told = sora.told("clean", "--remote", "--yes", "--provider", "local")
    assert f"it is at generic ({server.url}), not at this one" in told
    assert server.deleted == 0


def test_a_server_that_deletes_nothing_is_not_asked(
    sora: Sora, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the profile has no deletion it is an error of usage."""
    monkeypatch.setenv("SORAPIPE_PROFILE", "keeps")
    with held() as there:
        there.go.set()
        monkeypatch.setenv("SORAPIPE_BASE_URL", there.url)
        assert sora("run", *PRICE) == 0
        assert "deletes nothing" in sora.told("clean", "--remote", "--yes", code=2)[1]
        assert there.deleted == 0


def test_what_another_folder_bought_is_not_ours_to_delete(sora: Sora, server: Held) -> None:
    """A take that was reused from the store brings no right to its video."""
    other = Sora(sora.folder / "other", sora.capture)
    other.folder.mkdir()
    other.write(TWO)
    assert other("run", *PRICE) == 0
    assert "nothing to delete" in other.told("clean", "--remote", "--yes")[1]
    assert server.deleted == 0
