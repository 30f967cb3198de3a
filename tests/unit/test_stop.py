"""Stopping in order, and at once."""

from __future__ import annotations

import subprocess
import sys

TWICE = """
import os, signal
from sorapipe.run.stop import Stop
reader, writer = os.pipe()
os.close(reader)
os.dup2(writer, 2)
stop = Stop()
stop.ask(signal.SIGINT)
assert stop.asked
stop.ask(signal.SIGINT)
"""


def test_a_terminal_that_is_gone_keeps_nobody_from_leaving() -> None:
    """Where stderr takes nothing any more, the first signal stops and the second leaves at once."""
    assert subprocess.run([sys.executable, "-c", TWICE], check=False).returncode == 130
