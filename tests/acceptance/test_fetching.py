"""Faults after paying, over a real socket: what was bought comes home, or is told as lost."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from tests.cli import Desk
from tests.desks import ONE, QUICK, TWO, desk_for
from tests.faulty import faulty
from tests.served import serving


def test_a_failed_download_never_renders_again(tmp_path: Path) -> None:
    """Content that answers 502 is asked for again; the render is not."""
    with faulty(tmp_path / "studio", broken=2) as server:
        desk = desk_for(tmp_path, server, ONE, profile="local")
        assert desk.run("run").returncode == 0
        assert server.creates == 1


def test_a_line_that_always_breaks_is_tried_six_times_in_all(tmp_path: Path) -> None:
    """Each goes on where the last one broke off, and one count and one pause is for them all."""
    with faulty(tmp_path / "studio", snapping=True) as server:
        desk = desk_for(tmp_path, server, ONE, profile="local")
        done = desk.run("run")
        assert done.returncode == 1
        assert server.downloads == [0, 1, 2, 3, 4, 5]
        server.snapping = False
        assert desk.run("run").returncode == 0
        assert server.creates == 1


def test_what_has_expired_is_not_waited_for(tmp_path: Path) -> None:
    """A 404 past the time that the server gave it is the end: no patience brings it back."""
    with serving("--lenient", "--fault", "expired") as url:
        said = {"SORAPIPE_BASE_URL": url, "SORAPIPE_PROFILE": "generic"}
        desk = Desk(tmp_path, {**said, "SORAPIPE_POLL_INTERVAL": "0.05"})
        desk.write(ONE)
        assert desk.run("run", "--yes").returncode == 1
    rendered, lost = desk.events("rendered", "lost")
    ended = [datetime.fromisoformat(event["at"]) for event in (rendered, lost)]
    assert (ended[1] - ended[0]).total_seconds() < 10  # six tries would have taken half a minute


def test_what_was_paid_and_expired_is_told_with_its_price(tmp_path: Path) -> None:
    """By the summary, the last JSON event and both kinds of status; every run ends with 1."""
    with serving("--lenient", "--fault", "expired") as url:
        said = {"SORAPIPE_BASE_URL": url, "SORAPIPE_PROFILE": "generic"}
        desk = Desk(tmp_path, {**said, "SORAPIPE_POLL_INTERVAL": "0.05"})
        desk.write(ONE)
        paid = ("--yes", "--price", "sora-2=0.25")
        done = desk.run("run", *paid)
        assert done.returncode == 1
        line = "a@1: paid, up to $0.25, and lost: "
        assert line in done.stderr
        assert line in desk.run("status").stdout
        (lost,) = json.loads(desk.run("status", "--json").stdout)["lost"]
        assert (lost["take"], lost["at_most"]) == ("a@1", 0.25)
        assert desk.run("run", *paid).returncode == 1
        assert len(desk.events("intent")) == 1
        again = desk.run("run", "--json", "--retry-failed", *paid)
    assert again.returncode == 1
    assert json.loads(again.stdout.splitlines()[-1])["lost"] == {"a@1": 0.5}


def test_what_was_left_open_comes_home_before_anything_is_created(tmp_path: Path) -> None:
    """Content expires: a resumed run has its old videos first, and buys the new ones then."""
    with serving("--lenient") as url:
        said = {"SORAPIPE_BASE_URL": url, "SORAPIPE_PROFILE": "local"}
        shot = "  - {{ id: {0}, prompt: a wave off {0} }}\n"
        head = "version: 1\ndefaults: { seconds: 1, size: 64x64 }\nshots:\n"
        old, new = ["a", "b", "c"], ["d", "e"]
        tight = Desk(tmp_path, {**said, "SORAPIPE_MAX_VIDEO_BYTES": "99"})
        tight.write(head + "".join(map(shot.format, old)))
        assert tight.run("run").returncode == 1
        assert tight.events("kept") == []
        desk = Desk(tmp_path, said)
        desk.write(head + "".join(map(shot.format, new + old)))
        assert desk.run("run").returncode == 0
    events = [(event["event"], event["take"]) for event in desk.events("kept", "intent")]
    assert {take for event, take in events[3:6] if event == "kept"} == {"a@1", "b@1", "c@1"}
    assert len(events) == 10


def test_a_download_that_cannot_be_had_is_left_for_the_next_run(tmp_path: Path) -> None:
    """The run ends with 1, and the next one fetches what was paid for."""
    with faulty(tmp_path / "studio", broken=6) as server:
        desk = desk_for(tmp_path, server, ONE, profile="local")
        assert desk.run("run").returncode == 1
        assert desk.run("run").returncode == 0
        assert server.creates == 1


def test_looks_that_keep_failing_are_told_and_never_render_again(tmp_path: Path) -> None:
    """A server that answers 503 to every look is asked on; the user reads why nothing moves."""
    with faulty(tmp_path / "studio", blind=4) as server:
        desk = desk_for(tmp_path, server, ONE, profile="local")
        done = desk.run("run")
        assert done.returncode == 0, done.stderr
        assert "503" in done.stderr
        assert "going on to ask" in done.stderr
        assert server.creates == 1


def test_a_render_that_its_gateway_forgot_is_lost_and_not_asked_for_an_hour(tmp_path: Path) -> None:
    """New API says with a 400 and a word what others say with a 404, and is asked as often."""
    with faulty(tmp_path / "studio", forgetful=True) as server:
        desk = desk_for(tmp_path, server, ONE, profile="new-api")
        done = desk.run("run", "--yes")
    assert done.returncode == 1, done.stderr
    assert server.creates == 1
    assert "task_not_exist" in desk.events("lost")[0]["why"]


def test_a_finished_render_that_its_gateway_forgot_is_lost_as_well(tmp_path: Path) -> None:
    """Also where it was finished before, and only its file is still to be fetched."""
    with faulty(tmp_path / "studio", broken=99) as server:
        desk = desk_for(tmp_path, server, ONE, profile="new-api")
        assert desk.run("run", "--yes").returncode == 1
        assert desk.events("lost") == []
        server.forgetful = True
        assert desk.run("run", "--yes").returncode == 1
    assert "task_not_exist" in desk.events("lost")[0]["why"]


def test_a_damaged_ledger_buys_nothing_and_still_brings_home_what_was_paid(tmp_path: Path) -> None:
    """What is in flight is fetched; no create is sent; the exit code is 4."""
    with faulty(tmp_path / "studio", broken=6) as server:
        desk = desk_for(tmp_path, server, TWO, profile="local")
        assert desk.run("run", "--concurrency", "1").returncode == 1
        creates = server.creates
        ledger = desk.out / "ledger.jsonl"
        lines = ledger.read_bytes().splitlines(keepends=True)
        ledger.write_bytes(b"".join([lines[0].replace(b"local", b"lokal"), *lines[1:]]))
        done = desk.run("run")
        assert done.returncode == 4
        assert server.creates == creates
        assert (desk.out / "takes" / "a@1.mp4").exists(), done.stderr


def test_another_server_never_settles_what_is_open_at_this_one(tmp_path: Path) -> None:
    """A run against the studio leaves a gateway's open renders alone, and says so."""
    with faulty(tmp_path / "studio", broken=6) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic")
        assert desk.run("run", "--yes").returncode == 1
        elsewhere = Desk(tmp_path, QUICK)
        done = elsewhere.run("run", "--provider", "local")
        assert done.returncode == 0, done.stderr
        assert "a run with that server fetches it" in done.stderr
        assert desk.events("lost", "absent", "failed") == []
        assert desk.run("run", "--yes").returncode == 0
        assert server.creates == 1


def test_a_take_that_could_not_be_fetched_now_does_not_lose_its_place(tmp_path: Path) -> None:
    """The pick waits for take 1, and so does the child: nothing is bought from take 2 instead."""
    text = ONE.replace("prompt: a wave", "prompt: a wave, takes: 2")
    text += "  - { id: b, prompt: child, remix-of: a }\n"
    with faulty(tmp_path / "studio", broken=6) as server:
        desk = desk_for(tmp_path, server, text, profile="local")
        assert desk.run("run", "--concurrency", "1").returncode == 1
        assert desk.events("picked") == []
        assert desk.run("run").returncode == 0
        assert desk.events("picked")[0]["number"] == 1
        assert server.creates == 3


def test_what_is_in_flight_is_fetched_whatever_the_budget(tmp_path: Path) -> None:
    """A budget that was lowered buys nothing new, and still brings home what was paid for."""
    price = ("--price", "sora-2=0.10")
    with faulty(tmp_path / "studio", broken=6) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic")
        assert desk.run("run", *price).returncode == 1
        desk.write("budget: 0.01\n" + TWO)
        assert desk.run("run", *price).returncode == 6
        assert (desk.out / "a.mp4").exists()
        assert server.creates == 1
