"""A desk whose runs go to a server with faults, and do not wait long."""

from __future__ import annotations

from pathlib import Path

from tests.cli import Desk
from tests.faulty import Faulty

ONE = "version: 1\ndefaults: { seconds: 1, size: 64x64 }\nshots:\n  - { id: a, prompt: a wave }\n"
TWO = ONE + "  - { id: b, prompt: another, remix-of: a }\n  - { id: c, prompt: a third }\n"
QUICK = {
    "SORAPIPE_SETTLE_TIMEOUT": "1.5",
    "SORAPIPE_POLL_INTERVAL": "0.05",
    "SORAPIPE_BACKOFF_CAP": "0.2",
}


def desk_for(folder: Path, server: Faulty, text: str, *, profile: str, **environ: str) -> Desk:
    """A desk whose runs go to that server, speaking that profile."""
    said = {"SORAPIPE_BASE_URL": server.url, "SORAPIPE_PROFILE": profile}
    desk = Desk(folder, {**QUICK, **said, **environ})
    desk.write(text)
    return desk
