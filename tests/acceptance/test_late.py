"""What turns up late, what is held, and two folders that ask for the same with one key."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.cli import Desk
from tests.desks import ONE, TWO, desk_for
from tests.faulty import Faulty, faulty

PRICE = ("--price", "sora-2=0.10")


def test_what_is_unknown_is_looked_for_by_the_next_run(tmp_path: Path) -> None:
    """Its list shows it by now: it is adopted, fetched and delivered, and nothing is sent."""
    with faulty(tmp_path / "studio", script=["500-after"], hidden=True) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic")
        assert desk.run("run", *PRICE).returncode == 3
        server.hidden = False
        done = desk.run("run", *PRICE)
        assert (done.returncode, server.creates) == (0, 1), done.stderr
        assert (desk.out / "a.mp4").exists()


def test_a_run_that_holds_an_unknown_does_not_need_the_server(tmp_path: Path) -> None:
    """Where nobody answers it exits 3 as before, soon, and says what to type."""
    with faulty(tmp_path / "studio", script=["500-before"], hidden=True) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic")
        assert desk.run("run", *PRICE).returncode == 3
    done = desk.run("run", *PRICE)
    assert done.returncode == 3, done.stderr
    assert "resolve" in done.stderr


def test_what_was_bought_again_and_then_turns_up_was_paid_twice(tmp_path: Path) -> None:
    """It is told with its price, counted as spent, and kept beside the takes; nothing is sent."""
    with faulty(tmp_path / "studio", script=["500-after"], hidden=True) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic")
        assert desk.run("run", *PRICE).returncode == 3
        assert desk.run("resolve", "a", "--resubmit").returncode == 0
        assert desk.run("run", *PRICE).returncode == 0
        server.hidden = False
        desk.write(TWO.replace(", remix-of: a", ""))
        done = desk.run("run", *PRICE)
        assert (done.returncode, server.creates) == (0, 4), done.stderr
    (twice,) = (
        line for line in done.stderr.splitlines() if "paid twice" in line and "more" in line
    )
    assert "$0.10" in twice
    assert "takes/a@1.late-1.mp4" in twice
    late, a = desk.out / "takes" / "a@1.late-1.mp4", desk.out / "a.mp4"
    assert late.read_bytes()
    assert late.stat().st_ino != a.stat().st_ino
    told = json.loads(desk.run("status", "--json").stdout)
    assert [one["file"] for one in told["late"]] == ["takes/a@1.late-1.mp4"]
    assert told["committed"] == 0.4


def test_what_its_owner_gave_up_too_early_is_not_bought_again(tmp_path: Path) -> None:
    """Before it is sent once more the list is looked at, and the first one is there."""
    with faulty(tmp_path / "studio", script=["500-after"], hidden=True) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic")
        assert desk.run("run", *PRICE).returncode == 3
        assert desk.run("resolve", "a", "--resubmit").returncode == 0
        server.hidden = False
        assert desk.run("run", *PRICE).returncode == 0
        assert server.creates == 1


def test_what_turns_up_while_nothing_took_its_place_is_not_bought_again(tmp_path: Path) -> None:
    """What was sent in its place was refused, at no cost: the first one is adopted."""
    with faulty(tmp_path / "studio", script=["500-after", "401"], hidden=True) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic")
        assert desk.run("run", *PRICE).returncode == 3
        assert desk.run("resolve", "a", "--resubmit").returncode == 0
        assert desk.run("run", *PRICE).returncode == 7
        server.hidden = False
        done = desk.run("run", *PRICE)
        assert (done.returncode, server.creates) == (0, 2), done.stderr
        assert "paid twice" not in done.stderr
        assert json.loads(desk.run("status", "--json").stdout)["committed"] == 0.1


def test_absence_is_held_where_the_storyboard_says_so(tmp_path: Path) -> None:
    """Under `on-ambiguous: hold` even a list that is proof sends nothing again by itself.

    While it is looked for, its owner reads for how long.
    """
    said = {"SORAPIPE_CONFIG": str(_proving(tmp_path))}
    for word, code, creates in (("settle", 0, 2), ("hold", 3, 1)):
        folder = tmp_path / word
        folder.mkdir()
        with faulty(folder / "studio", script=["500"]) as server:
            text = ONE.replace("version: 1", f"version: 1\non-ambiguous: {word}")
            desk = desk_for(folder, server, text, profile="proving", **said)
            done = desk.run("run", *PRICE, "--config", str(_proving(tmp_path)))
            assert done.returncode == code
            assert "a@1: not found so far; looking for " in done.stderr
            assert server.creates == creates


def _proving(folder: Path) -> Path:
    path = folder / "config.toml"
    path.write_text('[profiles.proving]\nlike = "generic"\nlist = "proof"\n')
    return path


def _folders(tmp_path: Path, server: Faulty, profile: str) -> tuple[Desk, Desk]:
    """Two folders of one user that want the same of one server."""
    desks = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        state = {"XDG_STATE_HOME": str(tmp_path / "state")}
        desks.append(desk_for(tmp_path / name, server, ONE, profile=profile, **state))
    return desks[0], desks[1]


@pytest.mark.parametrize("second", ["500", "500-after"])
def test_of_two_folders_neither_adopts_the_others(tmp_path: Path, second: str) -> None:
    """One is killed while its request is open, the other loses its answer: both are held."""
    with faulty(tmp_path / "studio", script=["hang-after", second]) as server:
        one, two = _folders(tmp_path, server, "generic")
        with one.start("run", *PRICE) as process:
            while not _listed(server):
                assert process.poll() is None
                time.sleep(0.02)
            process.kill()
        (mine,) = _listed(server)
        done = two.run("run", *PRICE)
        assert done.returncode == 3, done.stderr
        if second == "500":
            assert str(one.out) in done.stderr
        assert two.events("adopted") == []
        if one.run("run", *PRICE).returncode == 3:  # made so late that it may be the second's
            assert one.events("adopted") == []
            assert one.run("resolve", "a", "--adopt", mine).returncode == 0
            assert one.run("run", *PRICE).returncode == 0
        assert [event["video"] for event in one.events("adopted")] == [mine]
        # Now that the first has its own, what the list still shows can only be the second's.
        done = two.run("run", *PRICE)
        assert done.returncode == (3 if second == "500" else 0), done.stderr
        assert [event["video"] for event in two.events("adopted")] == [
            video for video in _listed(server) if video != mine
        ]
        assert server.creates == 2


def _listed(server: Faulty) -> list[str]:
    import httpx

    return [video["id"] for video in httpx.get(server.url + "/videos").json()["data"]]
