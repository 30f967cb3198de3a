"""A run whose outputs are gone or full, and one that is asked to stop: it ends as it should."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli import Desk
from tests.faulty import Faulty, faulty

ONE = "version: 1\ndefaults: { seconds: 1, size: 64x36 }\nshots:\n  - { id: a, prompt: a wave }\n"


def desk_for(folder: Path, server: Faulty, text: str = ONE) -> Desk:
    """A desk whose runs go to that server."""
    said = {"SORAPIPE_BASE_URL": server.url, "SORAPIPE_PROFILE": "local"}
    desk = Desk(folder, {**said, "SORAPIPE_POLL_INTERVAL": "0.05"})
    desk.write(text)
    return desk


@pytest.mark.parametrize("gone", ["stdout", "stderr", "both"])
def test_a_run_goes_on_where_nobody_listens(tmp_path: Path, gone: str) -> None:
    """Outputs whose reader has left do not end a run that has renders in flight."""
    reading, writing = os.pipe()
    os.close(reading)
    with faulty(tmp_path / "studio") as server:
        desk = desk_for(tmp_path, server)
        options = [] if gone == "stderr" else ["--json"]
        stdout = subprocess.PIPE if gone == "stderr" else writing
        stderr = subprocess.PIPE if gone == "stdout" else writing
        done = subprocess.run(
            desk.command("run", *options), env=desk.env, stdout=stdout, stderr=stderr, check=False
        )
    os.close(writing)
    assert (done.returncode, b"Traceback" in (done.stderr or b"")) == (0, False)
    assert (desk.out / "a.mp4").exists()


def test_an_output_that_is_gone_hides_no_exit_code(tmp_path: Path) -> None:
    """A shot that was rejected is exit 1, also where nobody could read so."""
    reading, writing = os.pipe()
    os.close(reading)
    with faulty(tmp_path / "studio", script=["400"]) as server:
        desk = desk_for(tmp_path, server)
        done = subprocess.run(
            desk.command("run", "--json"),
            env=desk.env,
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
        )
    os.close(writing)
    assert done.returncode == 1, done.stderr


def test_events_that_found_no_room_are_a_storage_error(tmp_path: Path) -> None:
    """With stdout on a full disk all is made, and the run does not say that all is well."""
    with faulty(tmp_path / "studio") as server, Path("/dev/full").open("wb") as full:
        desk = desk_for(tmp_path, server)
        done = subprocess.run(
            desk.command("run", "--json"),
            env=desk.env,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 4
    assert done.stderr.endswith(
        "output: no space left on device; free some space, then run again\n"
    )
    assert (desk.out / "a.mp4").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGHUP, 143)])
def test_a_second_signal_leaves_at_once_and_loses_nothing(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """The first waits for the answer of the request on the wire; the next run finds its render."""
    with faulty(tmp_path / "studio", script=["hang-after"]) as server:
        desk = desk_for(tmp_path, server)
        with desk.start("run", "--json") as process:
            assert process.stdout is not None
            while '"intent"' not in process.stdout.readline():
                pass
            while not server.accepted:
                assert process.poll() is None
            process.send_signal(number)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.5)
            process.send_signal(number)
            _, told = process.communicate(timeout=5)
        assert process.returncode == code
        *_, first, second = told.splitlines()
        assert first.endswith("interrupted again it leaves at once")
        assert second == "stopped at once; the next run settles what is open"
        assert desk.run("run").returncode == 0
        assert len(server.keys) == 1


def test_a_closed_terminal_stops_it_in_order(tmp_path: Path) -> None:
    """SIGHUP is a stop like the others: exit 143, and the next run goes on."""
    with faulty(tmp_path / "studio", blind=10_000) as server:
        desk = desk_for(tmp_path, server)
        with desk.start("run", "--json") as process:
            assert process.stdout is not None
            while '"accepted"' not in process.stdout.readline():
                pass
            process.send_signal(signal.SIGHUP)
            rest, _ = process.communicate(timeout=10)
        assert process.returncode == 143
        assert '"run-ended"' in rest
        server.blind = 0
        assert desk.run("run").returncode == 0
        assert server.creates == 1
