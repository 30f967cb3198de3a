"""`sorapipe serve` as a process of its own, for tests that are its clients."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
