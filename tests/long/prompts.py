"""The example of a thousand prompts with three takes each, rendered whole at a small size."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.kills import paid_creates

EXAMPLE = Path(__file__).parents[2] / "examples" / "pipelines" / "08-thousand-prompts.yaml"
TAKES = 3


def add(names: Any) -> None:
    """Add the run to the command line."""
    parser = names.add_parser("prompts", help=__doc__)
    parser.add_argument(
        "--prompts", type=int, default=1000, help="how many of them (default %(default)s)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> tuple[bool, str, str]:
    """(whether it held, what was covered, what came of it)."""
    with tempfile.TemporaryDirectory(prefix="sorapipe-prompts-") as folder:
        root = Path(folder)
        text = EXAMPLE.read_text("utf-8").replace("1280x720", "64x64").replace("ds: 4", "ds: 1")
        (root / EXAMPLE.name).write_text(text, "utf-8")
        lines = (EXAMPLE.parent / "prompts.txt").read_text("utf-8").splitlines()[: args.prompts]
        (root / "prompts.txt").write_text("\n".join(lines) + "\n", "utf-8")
        begun = time.monotonic()
        first = _sorapipe(root)
        seconds = time.monotonic() - begun
        names = {file.name for file in (root / "out").glob("*.mp4")}
        creates = paid_creates(root / "out")
        again = _sorapipe(root)
    takes = len(lines) * TAKES
    wanted = {f"{line}-{take}.mp4" for line in lines for take in range(TAKES)}
    good = first == (0, takes) and again == (0, 0) and names == wanted and creates == takes
    result = (
        f"exit {first[0]}, {len(names & wanted)} of {len(wanted)} files by their names, "
        f"{len(names - wanted)} others, {creates} paid creates in {seconds:.0f} s; "
        f"run again it made {again[1]}"
    )
    return good, f"{len(lines)} prompts, {TAKES} takes each, 64x64, 1 s", result


def _sorapipe(root: Path) -> tuple[int, int]:
    """(exit code, how many takes were made) of a run."""
    kept = {
        name: value for name, value in os.environ.items() if not re.match("SORAPIPE_|XDG_", name)
    }
    env = {**kept, "XDG_STATE_HOME": str(root / "state"), "XDG_CONFIG_HOME": str(root / "config")}
    command = [sys.executable, "-m", "sorapipe", "run", str(root / EXAMPLE.name), "--json"]
    command += ["--out", str(root / "out"), "--store", str(root / "store")]
    ran = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=False)
    summary = json.loads(ran.stdout.splitlines()[-1])
    return ran.returncode, summary["made"]
