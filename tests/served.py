"""The studio on a socket, for tests that are its clients: as a process, or in a thread."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from sorapipe.studio.guard import Guard
from sorapipe.studio.serve import listen
from sorapipe.studio.studio import Studio

ROOT = Path(__file__).parents[1]


@contextmanager
def serving(*options: str, token: str = "") -> Iterator[str]:
    """The base URL of a studio on a free port; SIGTERM ends it, and it has to end well."""
    command = [sys.executable, "-m", "sorapipe", "serve", "--port", "0", *options]
    environ = {**os.environ, "SORAPIPE_STUDIO_TOKEN": token}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environ, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        try:
            base_url = process.stdout.readline().strip()
            assert base_url, f"'{' '.join(command)}' ended with {process.wait()}"
            yield base_url
            process.terminate()
            assert process.wait(30) == 0
        finally:
            process.kill()


@contextmanager
def in_thread(studio: Studio, app: Any = None, *, token: str | None = None) -> Iterator[str]:
    """The origin of a studio that listens in a thread; `app` stands before it, else its guard."""
    app = app or Guard(studio.app, host="127.0.0.1", token=token)
    listener = listen("127.0.0.1", 0, token)
    config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none", loop="asyncio")
    config.timeout_graceful_shutdown = 1  # a test may leave a request that never ends
    server = uvicorn.Server(config)

    async def live() -> None:
        async with studio:
            await server.serve(sockets=[listener])

    thread = threading.Thread(target=asyncio.run, args=(live(),))
    thread.start()
    try:
        # The socket listens already, so a client that is early waits in its queue.
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
