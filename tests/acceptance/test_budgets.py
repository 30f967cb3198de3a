"""What may be spent: asked for on a terminal, capped while running, told beside what is open."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sorapipe.studio.studio import Studio
from tests.cli import Desk
from tests.faulty import faulty
from tests.served import in_thread

THREE = "version: 1\ndefaults: { seconds: 1, size: 64x64 }\nshots:\n" + "".join(
    f"  - {{ id: {name}, prompt: a wave of {name} }}\n" for name in "abc"
)
PRICE = ("--price", "sora-2=0.10")


def desk_at(folder: Path, url: str, text: str = THREE) -> Desk:
    """A desk whose runs go to that server, of which nothing is known."""
    quick = {"SETTLE_TIMEOUT": "0", "POLL_INTERVAL": "0.05", "BACKOFF_CAP": "0.2"}
    environ = {f"SORAPIPE_{name}": value for name, value in quick.items()}
    desk = Desk(folder, {**environ, "SORAPIPE_BASE_URL": url, "SORAPIPE_PROFILE": "generic"})
    desk.write(text)
    return desk


@contextmanager
def telling(folder: Path, cost: float) -> Iterator[tuple[str, list[str]]]:
    """A server that tells that cost of every video, and what was asked of it."""
    studio, asked = Studio(folder / "studio", strict=False), list[str]()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["method"])
        start: dict[str, Any] = {}

        async def dearer(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif b'"object"' in message["body"]:
                video = json.loads(message["body"])
                body = json.dumps(video | {"usage": {"cost": cost}}).encode()
                headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
                await send({**start, "headers": headers})
                await send({**message, "body": body})
            else:
                if start:
                    await send(dict(start))
                    start.clear()
                await send(message)

        await studio.app(scope, receive, dearer)

    with in_thread(studio, app) as origin:
        yield f"{origin}/v1", asked


def test_an_open_payment_is_named_beside_the_budget_that_refuses(tmp_path: Path) -> None:
    """Both are told; the exit code is that of the payment, and nothing is sent."""
    with faulty(tmp_path / "studio", script=["500-before"], hidden=True) as server:
        desk = desk_at(tmp_path, server.url)
        assert desk.run("run", *PRICE, "--concurrency", "1").returncode == 3
        creates = server.creates
        desk.write("budget: 0.35\n" + THREE + "  - { id: d, prompt: another }\n")
        done = desk.run("run", *PRICE)
        assert server.creates == creates
    assert done.returncode == 3, done.stderr
    assert "would pass its $0.35" in done.stderr
    assert "a@1: may have been paid, up to $0.10" in done.stderr
    assert f"sorapipe resolve {desk.storyboard}" in done.stderr
    assert "a@1 --write-off" in done.stderr


@pytest.mark.parametrize("cap", ["--budget", "budget:"])
def test_a_cost_above_its_price_stops_what_would_pass_the_cap(tmp_path: Path, cap: str) -> None:
    """The plan was admitted by prices; what the server tells counts from the moment it is told."""
    text = THREE if cap == "--budget" else f"budget: 1\n{THREE}"
    options = (*PRICE, "--concurrency", "1", *(("--budget", "1") if cap == "--budget" else ()))
    with telling(tmp_path, 0.95) as (url, asked):
        desk = desk_at(tmp_path, url, text)
        done = desk.run("run", *options)
        assert done.returncode == 6, done.stderr
        assert asked.count("POST") == 1
        assert "b@1: $0.10 more would pass the budget" in done.stderr
        assert "this run cost $0.95" in done.stderr
        again = desk.run("run", *options)
        # The storyboard's cap is over the life of the ledger; --budget is for one run.
        assert again.returncode == 6, again.stderr
        assert asked.count("POST") == (2 if cap == "--budget" else 1)


def test_what_was_taken_for_free_and_is_not_stops_at_the_cap(tmp_path: Path) -> None:
    """A price of 0 that the server contradicts does not open the purse."""
    with telling(tmp_path, 0.6) as (url, asked):
        desk = desk_at(tmp_path, url)
        free = ("--price", "sora-2=0", "--budget", "1", "--concurrency", "1")
        done = desk.run("run", *free)
    assert done.returncode == 6, done.stderr
    assert asked.count("POST") == 2
    assert "has cost" in done.stderr


def test_on_a_terminal_its_owner_is_asked(tmp_path: Path) -> None:
    """The sum is told and a yes is waited for; `--yes` says it beforehand, and free needs none."""
    with faulty(tmp_path / "studio") as server:
        desk = desk_at(tmp_path, server.url)
        code, told = typed(desk, b"n\n", *PRICE)
        assert (code, server.creates) == (6, 0)
        assert "this run may cost up to $0.30" in told
        assert "go ahead? [y/N]" in told
        code, told = typed(desk, b"y\n", *PRICE, "--budget", "0.2")
        assert (code, server.creates) == (6, 0)
        assert "go ahead?" not in told
        code, told = typed(desk, b"", "--price", "sora-2=0", "--budget", "0")
        assert (code, server.creates) == (0, 3)
        assert "go ahead?" not in told
        desk.write(THREE.replace("wave", "storm"))
        code, told = typed(desk, b"y\n", *PRICE)
        assert (code, server.creates) == (0, 6)
        desk.write(THREE.replace("wave", "calm"))
        code, told = typed(desk, b"", *PRICE, "--yes")
        assert (code, server.creates) == (0, 9)
        assert "go ahead?" not in told


def typed(desk: Desk, keys: bytes, *options: str) -> tuple[int, str]:
    """The exit code of a run at a terminal on which that was typed, and all that it showed."""
    ours, theirs = pty.openpty()
    os.write(ours, keys)
    with subprocess.Popen(
        desk.command("run", *options), env=desk.env, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:  # Linux says so at the end of a terminal
            pass
    os.close(ours)
    return process.returncode, shown.decode()
