"""`sorapipe serve` as people start it: a process, its first line, its signals, its state."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

SMALL = {"prompt": "a wave", "size": "64x36", "seconds": "1"}
LONG = {"prompt": "a long wave", "size": "640x360", "seconds": "60"}


def command(*options: str, token: str = "") -> subprocess.Popen[str]:
    """The command, started."""
    return subprocess.Popen(
        [sys.executable, "-m", "sorapipe", "serve", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SORAPIPE_STUDIO_TOKEN": token},
    )


@contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A lenient studio on a free port, and a client of it; killed at the end if it still lives."""
    with command("--port", "0", "--lenient", *options) as process:
        assert process.stdout is not None
        try:
            base_url = process.stdout.readline().strip()
            with httpx.Client(base_url=base_url, timeout=30) as client:
                yield process, client
        finally:
            process.kill()


def ended(client: httpx.Client, video_id: str) -> str:
    """The last status of that video."""
    while True:
        status = str(client.get(f"/videos/{video_id}").json()["status"])
        if status not in ("queued", "in_progress"):
            return status
        time.sleep(0.02)  # a client of this API can only ask again


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_first_line_is_the_address_and_a_signal_ends_it(
    number: signal.Signals, code: int
) -> None:
    """The server answers once its address is printed, and a signal ends it in the midst of work."""
    with serving() as (process, client):
        assert client.base_url.host == "127.0.0.1"
        assert client.base_url.path == "/v1/"
        video_id = client.post("/videos", json=LONG).json()["id"]
        while client.get(f"/videos/{video_id}").json()["status"] != "in_progress":
            time.sleep(0.02)  # a client of this API can only ask again
        process.send_signal(number)
        assert process.wait(10) == code
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read() == ""
        assert "Traceback" not in process.stderr.read()


def test_after_a_kill_it_goes_on(tmp_path: Path) -> None:
    """What was answered before SIGKILL is known afterwards, and is rendered to its end."""
    options = ("--state", str(tmp_path))
    with serving(*options) as (process, client):
        done = client.post("/videos", json=SMALL).json()["id"]
        assert ended(client, done) == "completed"
        content = client.get(f"/videos/{done}/content").content
        waiting = [client.post("/videos", json=SMALL).json()["id"] for _ in range(6)]
        process.kill()
        process.wait()
    with serving(*options) as (process, client):
        assert [ended(client, video_id) for video_id in [done, *waiting]] == ["completed"] * 7
        assert client.get(f"/videos/{done}/content").content == content
        # The same request gives the same bytes, in whichever process.
        assert client.get(f"/videos/{waiting[0]}/content").content == content
        listed = client.get("/videos", params={"order": "asc"}).json()["data"]
        assert [video["id"] for video in listed] == [done, *waiting]


def failed(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and the one line of a server that could not begin."""
    out, err = process.communicate(timeout=30)
    assert out == ""
    assert err.count("\n") == 1
    return process.returncode, err


def test_a_port_in_use_is_a_usage_error() -> None:
    """A port that another program has is told in one line, with exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, line = failed(command("--port", str(port)))
    assert code == 2
    assert line.startswith(f"127.0.0.1:{port}: ")
    assert "--port" in line


def test_a_network_address_needs_a_token() -> None:
    """Listening beyond loopback without a token is refused, with exit code 2."""
    code, line = failed(command("--host", "0.0.0.0", "--port", "0"))
    assert code == 2
    assert "SORAPIPE_STUDIO_TOKEN" in line


def test_a_folder_that_another_one_uses_is_refused(tmp_path: Path) -> None:
    """The second server on one state folder says who has it, with exit code 5."""
    with serving("--state", str(tmp_path)) as (process, _):
        code, line = failed(command("--port", "0", "--state", str(tmp_path)))
        assert code == 5
        assert f"pid {process.pid}" in line
