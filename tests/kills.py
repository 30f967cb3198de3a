"""Killing a run in the middle, going on, and counting what was bought."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path


def write_storyboard(path: Path, shots: int) -> Path:
    """A storyboard of small, quick shots, some of which start from others.

    Of every five shots the second remixes the first, the third extends the second, the fourth
    starts from the third's last frame, and the fifth stands alone.
    """
    lines = ["version: 1", "defaults: { seconds: 1, size: 64x64 }", "shots:"]
    sources = ["", "remix-of: {0}", "extend-of: {0}", "reference: {{ shot: {0}, frame: last }}", ""]
    for number in range(shots):
        lines += [f"  - id: shot-{number}", f"    prompt: Wave number {number} rolls in"]
        if source := sources[number % 5]:
            lines.append("    " + source.format(f"shot-{number - 1}"))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run_until_killed(storyboard: Path, out: Path, store: Path, after_seconds: float) -> bool:
    """Run, and send SIGKILL that long after the run's first event; False where it ended before.

    Counted from the first event, so that the moment does not depend on how long Python took to
    start. A run that ended by itself must have ended well.
    """
    command = [*_command(storyboard, out, store), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=_environment(out)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            process.communicate(timeout=after_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return True
    assert process.returncode == 0, f"the run ended with {process.returncode} before it was killed"
    return False


def resume(storyboard: Path, out: Path, store: Path) -> int:
    """Run to the end, whatever was there before; the exit code."""
    command = [*_command(storyboard, out, store), "--quiet"]
    return subprocess.run(command, env=_environment(out), check=False).returncode


def paid_creates(out: Path) -> int:
    """How many videos that folder's studio ever took on; each would have been paid for."""
    path = out / ".studio" / "studio.sqlite3"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as db:
        return int(
            db.execute(
                "SELECT (SELECT count(*) FROM videos) + (SELECT count(*) FROM gone)"
            ).fetchone()[0]
        )


def _command(storyboard: Path, out: Path, store: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "sorapipe",
        "run",
        str(storyboard),
        "--out",
        str(out),
        "--store",
        str(store),
    ]


def _environment(out: Path) -> dict[str, str]:
    """Ours, without what would choose another server, and with claims of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SORAPIPE_")}
    return {
        **kept,
        "XDG_STATE_HOME": str(out.absolute()) + ".state",
        "XDG_CONFIG_HOME": str(out.absolute()) + ".config",
    }
