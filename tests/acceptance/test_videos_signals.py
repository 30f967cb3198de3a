"""`sorapipe videos` when it is interrupted: what was asked for is known, or how to look for it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from tests.served import serving
from tests.unit.raw_server import Talk, raw_server

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "sorapipe", "videos"]
VIDEO = {"id": "video_1", "object": "video", "status": "queued"}


async def started(*words: str) -> Process:
    """The command, in a process of its own."""
    return await asyncio.create_subprocess_exec(
        *COMMAND, *words, stdout=PIPE, stderr=PIPE, cwd=ROOT
    )


async def ended(process: Process) -> tuple[int | None, str, str]:
    """Its exit code and what it still had to say."""
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def said(process: Process, words: str) -> str:
    """The next line on stderr that has those words."""
    assert process.stderr is not None
    while words not in (line := (await process.stderr.readline()).decode()):
        assert line, f"it never said '{words}'"
    return line


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_the_answer_is_on_its_way(number: signal.Signals, code: int) -> None:
    """The answer to a create is waited for, and its id told, although we are asked to end."""

    async def scene() -> None:
        sent, stopped = asyncio.Event(), asyncio.Event()

        async def answer_late(talk: Talk) -> None:
            sent.set()
            await stopped.wait()
            await talk.answer(200, VIDEO)

        async with raw_server(answer_late) as server:
            process = await started("create", "a", "--wait", "--base-url", server.base_url)
            await sent.wait()
            process.send_signal(number)
            await said(process, "waiting for the answer")
            stopped.set()
            found, _, err = await ended(process)
            assert found == code
            assert "video_1: accepted" in err
            assert f"sorapipe videos wait video_1 --base-url {server.base_url}" in err
            assert len(server.talks) == 1

    asyncio.run(scene())


def test_a_second_signal_leaves_at_once() -> None:
    """Whoever does not wait for the answer hears that money may hang on it, and where to look."""

    async def scene() -> None:
        sent = asyncio.Event()

        async def never_answer(_: Talk) -> None:
            sent.set()
            await asyncio.Event().wait()

        async with raw_server(never_answer) as server:
            process = await started("create", "a", "--base-url", server.base_url)
            await sent.wait()
            process.send_signal(signal.SIGINT)
            await said(process, "waiting for the answer")
            process.send_signal(signal.SIGINT)
            found, out, err = await ended(process)
            assert (found, out) == (130, "")
            assert "may have been accepted, and billed" in err
            assert f"'sorapipe videos list --base-url {server.base_url}'" in err

    asyncio.run(scene())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_it_waits(number: signal.Signals, code: int) -> None:
    """The wait ends at once, and the line that goes on with it is told."""

    async def scene() -> None:
        looks = 0

        async def render(talk: Talk) -> None:
            nonlocal looks
            looks += 1
            await talk.answer(200, {**VIDEO, "status": "in_progress"})

        async with raw_server(render) as server:
            process = await started("wait", "video_1", "-o", "a.mp4", "--base-url", server.base_url)
            await said(process, "video_1: in_progress")
            process.send_signal(number)
            found, out, err = await ended(process)
            assert (found, out) == (code, "")
            assert "interrupted before the render ended" in err
            assert "sorapipe videos wait video_1 -o a.mp4 --base-url" in err
            assert looks > 0

    asyncio.run(scene())


def test_an_id_is_told_even_where_stdout_is_gone() -> None:
    """Where nobody reads stdout any more the id of what was bought stands on stderr."""
    with serving("--lenient") as url:
        reading, writing = os.pipe()
        os.close(reading)
        ran = subprocess.run(
            [*COMMAND, "create", "a", "--quiet", "--size", "64x36", "--base-url", url],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            check=False,
        )
        os.close(writing)
    assert "stdout takes nothing; it would have: video_" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_id_is_given_even_where_stderr_is_gone() -> None:
    """Where nobody hears the talk any more the id of what was bought stands on stdout."""
    with serving("--lenient") as url:
        reading, writing = os.pipe()
        os.close(reading)
        ran = subprocess.run(
            [*COMMAND, "create", "a", "--size", "64x36", "--base-url", url],
            stdout=subprocess.PIPE,
            stderr=writing,
            text=True,
            cwd=ROOT,
            check=False,
        )
        os.close(writing)
    assert ran.stdout.startswith("video_")
    assert ran.returncode == 0


def test_a_film_is_written_even_where_stdout_is_gone(tmp_path: Path) -> None:
    """Who asks for a file wants the file; that its id found no reader ends nothing."""
    with serving("--lenient") as url:
        reading, writing = os.pipe()
        os.close(reading)
        size, output = ["--size", "64x36", "--seconds", "1"], str(tmp_path / "a.mp4")
        ran = subprocess.run(
            [*COMMAND, "create", "a", *size, "-o", output, "--base-url", url],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            check=False,
        )
        os.close(writing)
    assert (ran.returncode, Path(output).exists()) == (0, True)
    assert "stdout takes nothing; it would have: video_" in ran.stderr
