"""`sorapipe cancel`: what is under way is deleted on the server, and nothing else is given up."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sorapipe.cli.main import main
from sorapipe.clock import SystemClock
from sorapipe.hold import Hold
from tests.faulty import faulty
from tests.renders import Held, held

TWO = """\
version: 1
defaults: { seconds: 1, size: 64x36 }
shots:
  - { id: a, prompt: a wave }
  - { id: b, prompt: a dune }
"""
PRICE = ("--price", "sora-2=0.10")
CONFIG = """\
[profiles.keeps]
like = "generic"
delete = false
"""
Sora = Callable[..., int]


@pytest.fixture
def sora(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sora:
    """`sora("run", ...)`: the command on a storyboard in `tmp_path`; its exit code."""
    for name in ("STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    quick = {"RENDER_TIMEOUT": "0.2", "POLL_INTERVAL": "0.02", "BACKOFF_CAP": "0.1"}
    for name, value in {**quick, "SETTLE_TIMEOUT": "0.3"}.items():
        monkeypatch.setenv(f"SORAPIPE_{name}", value)
    monkeypatch.setenv("SORAPIPE_PROFILE", "generic")
    (tmp_path / "config" / "sorapipe").mkdir(parents=True)
    (tmp_path / "config" / "sorapipe" / "config.toml").write_text(CONFIG)
    (tmp_path / "film.yaml").write_text(TWO)
    places = ["--out", str(tmp_path / "out")]
    return lambda name, *words: main([name, str(tmp_path / "film.yaml"), *words, *places])


@pytest.fixture
def server(sora: Sora, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """A server with both shots under way, left by a run that waited too short."""
    with held() as there:
        monkeypatch.setenv("SORAPIPE_BASE_URL", there.url)
        assert sora("run", *PRICE, "--yes") == 1
        assert there.created == 2
        yield there


def written_off(folder: Path) -> list[dict[str, str]]:
    """The events that gave something up."""
    lines = (folder / "out" / "ledger.jsonl").read_text().splitlines()
    return [event for event in map(json.loads, lines) if event["event"] == "written-off"]


def test_all_that_is_under_way_is_deleted_and_stays_spent(
    sora: Sora,
    server: Held,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The server has it no more, the ledger says why, and only --retry-failed buys it again."""
    capsys.readouterr()
    assert sora("cancel", "--yes", "--json") == 0
    shown = capsys.readouterr()
    assert "deletes 2 renders, and up to $0.20 stays counted as spent" in shown.err
    data = json.loads(shown.out)
    assert [(row["take"], row["at_most"]) for row in data["cancelled"]] == [
        ("a@1", 0.1),
        ("b@1", 0.1),
    ]
    assert (data["left"], data["committed"]) == ([], 0.2)
    assert server.statuses() == {}
    assert {event["why"] for event in written_off(tmp_path)} == {
        "cancelled by its owner: deleted on the server"
    }
    assert sora("status") == 0
    assert "cancelled by its owner" in capsys.readouterr().out
    assert sora("run", *PRICE) == 1
    assert server.created == 2
    server.go.set()
    monkeypatch.setenv("SORAPIPE_RENDER_TIMEOUT", "60")
    assert sora("run", *PRICE, "--retry-failed") == 0
    assert server.created == 4


def test_only_the_shot_that_was_named_is_given_up(sora: Sora, server: Held, tmp_path: Path) -> None:
    """The other one goes on, and the next run fetches it."""
    assert sora("cancel", "a@1", "--yes") == 0
    assert [event["take"] for event in written_off(tmp_path)] == ["a@1"]
    server.finish()
    assert sora("run", *PRICE) == 1
    assert (tmp_path / "out" / "b.mp4").exists()
    assert sora("cancel", "a", "--yes") == 2
    assert sora("cancel", "--yes") == 0
    assert server.created == 2


def test_what_is_rendered_is_never_deleted(
    sora: Sora, server: Held, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is paid for and not fetched: the line says what fetches it, and that works."""
    server.finish()
    assert sora("cancel", "--yes") == 1
    told = capsys.readouterr().err
    assert "a@1: not cancelled: it is rendered, and paid for; fetch it with: sorapipe run" in told
    assert server.deleted == 0
    assert sora("run", *PRICE) == 0
    assert written_off(tmp_path) == []


@pytest.mark.parametrize(
    ("words", "code", "reached", "gone"),
    [
        (["lost"], 0, 2, True),  # the answer is lost, and the second deletion finds nothing
        (["500", "500", "500"], 1, 3, False),
        (["409"], 1, 1, False),
        (["404"], 1, 1, False),  # of the path, not of the video, which is still there
        (["no"], 1, 1, False),
        (["401"], 7, 1, False),
    ],
)
def test_it_is_given_up_only_once_it_is_gone(
    sora: Sora,
    server: Held,
    tmp_path: Path,
    words: list[str],
    code: int,
    reached: int,
    gone: bool,
) -> None:
    """What the server still has stays in flight, and can be cancelled again."""
    server.deletes = words
    assert sora("cancel", "a", "--yes") == code
    assert server.deleted == reached
    assert bool(written_off(tmp_path)) is gone
    assert sora("cancel", "--yes") == 0
    assert len(written_off(tmp_path)) == 2


def test_what_the_server_would_not_delete_can_be_written_off(
    sora: Sora, server: Held, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command that gives it up nevertheless stands beside the refusal, whole, and works."""
    server.deletes = ["409"]
    capsys.readouterr()
    assert sora("cancel", "a", "--yes") == 1
    told = capsys.readouterr().err
    command = next(line for line in told.splitlines() if "a@1: not cancelled" in line)
    words = shlex.split(command.partition("give it up unseen with: ")[2])
    assert words[-1] == "--write-off"
    assert main(words[1:]) == 0
    assert [event["take"] for event in written_off(tmp_path)] == ["a@1"]


def test_a_server_that_forgot_it_has_deleted_it(sora: Sora, server: Held, tmp_path: Path) -> None:
    """A 404 for the video itself means that it is gone there."""
    import httpx

    for video in server.statuses():
        httpx.delete(f"{server.url}/videos/{video}")
    assert sora("cancel", "--yes") == 0
    assert {event["why"] for event in written_off(tmp_path)} == {
        "cancelled by its owner: it was gone from the server"
    }


def test_while_the_server_is_away_nothing_is_given_up(
    sora: Sora, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Exit 1, and the ledger is as it was."""
    with held() as server:
        monkeypatch.setenv("SORAPIPE_BASE_URL", server.url)
        assert sora("run", *PRICE, "--yes") == 1
    before = (tmp_path / "out" / "ledger.jsonl").read_bytes()
    assert sora("cancel", "--yes") == 1
    assert (tmp_path / "out" / "ledger.jsonl").read_bytes() == before


def test_what_is_at_another_server_is_left_to_it(
    sora: Sora, server: Held, capsys: pytest.CaptureFixture[str]
) -> None:
    """An id is only asked for where it was given; the line says where that is."""
    assert sora("cancel", "a", "--provider", "local") == 1
    assert f"a@1: not cancelled: it is at generic ({server.url})" in capsys.readouterr().err
    assert server.deleted == 0


def test_a_server_that_deletes_nothing_is_not_asked(
    sora: Sora, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the profile has no deletion it is an error of usage, with what helps instead."""
    monkeypatch.setenv("SORAPIPE_PROFILE", "keeps")
    with held() as server:
        monkeypatch.setenv("SORAPIPE_BASE_URL", server.url)
        assert sora("run", *PRICE, "--yes") == 1
        capsys.readouterr()
        assert sora("cancel", "--yes") == 2
        assert "--write-off" in capsys.readouterr().err
        assert server.deleted == 0


def test_an_unknown_payment_has_no_id_to_delete(
    sora: Sora, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Named it is an error of usage; among all it is told, with exit 3 while it is open."""
    with faulty(tmp_path / "studio", script=["500-before"]) as server:
        monkeypatch.setenv("SORAPIPE_BASE_URL", server.url)
        assert sora("run", *PRICE, "--yes", "--concurrency", "1") == 3
        capsys.readouterr()
        assert sora("cancel", "a") == 2
        assert sora("cancel") == 3
        told = capsys.readouterr().err
        assert (
            "a: its payment is unknown: there is no id to delete; how to settle it: sorapipe status"
            in told
        )
        assert "a@1: the payment is unknown" in told


def test_a_run_that_goes_on_is_not_cancelled_under_its_feet(
    sora: Sora, server: Held, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While another process holds the folder it exits 5, names it, and deletes nothing."""
    with Hold(tmp_path / "out", SystemClock()):
        assert sora("cancel", "--yes") == 5
    assert "held by pid" in capsys.readouterr().err
    assert server.deleted == 0
    assert sora("cancel", "--yes") == 0


@pytest.mark.parametrize(("word", "code"), [("n\n", 1), ("y\n", 0)])
def test_on_a_terminal_it_asks_first(
    sora: Sora,
    server: Held,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    word: str,
    code: int,
) -> None:
    """It shows each render with its highest price, and does nothing without a yes."""

    class Terminal:
        isatty = staticmethod(lambda: True)
        readline = staticmethod(lambda: word)

    capsys.readouterr()
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert sora("cancel") == code
    told = capsys.readouterr().err
    assert "a@1 is video_" in told
    assert ", up to $0.10\n" in told
    assert "go ahead? [y/N] " in told
    assert server.deleted == (2 if code == 0 else 0)


def test_where_no_run_was_there_is_nothing_to_cancel(sora: Sora, tmp_path: Path) -> None:
    """No ledger is an error of usage, and leaves no folder behind."""
    assert sora("cancel", "--provider", "local") == 2
    assert not (tmp_path / "out").exists()
