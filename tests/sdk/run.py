"""The official SDKs, old and newest, Python and Node, through one scenario each against the studio.

    python -m tests.sdk.run [NAME...]       python-old, python-newest, node-old, node-newest

Without names: all of them. It makes their environments in a folder that goes away, with pip and npm
as they are set up here, and serves each of them a strict `sorapipe serve` with a token. Without
Node that part is skipped, and says so. Ends with 1 if any of them failed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.served import serving

HERE = Path(__file__).parent
TOKEN = "token-of-the-tests"
NODE = 20  # the oldest major version that this has been tried on
LIMIT = 600  # seconds for one environment or one scenario

WANTED = {
    "python-old": "openai==2.15.*",
    "python-newest": "openai",
    "node-old": "openai@6.49.0",
    "node-newest": "openai@latest",
}


def main(wanted: Sequence[str]) -> int:
    """Run those of that name at once: most of the time they wait for renders."""
    names = [name for name in WANTED if name in wanted or not wanted]
    if not names or not set(wanted) <= set(names):
        print(f"known: {', '.join(WANTED)}")
        return 2
    why_not = _why_no_node()
    skipped = [name for name in names if name.startswith("node") and why_not]
    if skipped:
        print(f"!! SKIPPED: {', '.join(skipped)}: {why_not}")
    names = [name for name in names if name not in skipped]
    with (
        tempfile.TemporaryDirectory(prefix="sorapipe-sdk-") as folder,
        ThreadPoolExecutor() as pool,
    ):
        passed = list(pool.map(lambda name: _passed(name, Path(folder, name)), names))
    failures = [name for name, well in zip(names, passed, strict=True) if not well]
    print(f"{len(names) - len(failures)} of {len(names)} passed", *failures)
    return 1 if failures else 0


def _passed(name: str, folder: Path) -> bool:
    """Whether that SDK goes through the scenario; prints what it said, at once."""
    began = time.monotonic()
    folder.mkdir()
    prepare: Callable[[str, Path], list[str]] = _python if name.startswith("python") else _node
    try:
        command = prepare(WANTED[name], folder)
        with serving(token=TOKEN) as base_url:
            said, code = _said([*command, base_url], folder)
    except subprocess.CalledProcessError as error:
        said, code = f"{error}\n{error.stdout}", error.returncode
    verdict = "passed" if code == 0 else f"FAILED ({code})"
    print(f"{said.rstrip()}\n== {name} {verdict} in {time.monotonic() - began:.0f} s", flush=True)
    return code == 0


def _python(wanted: str, folder: Path) -> list[str]:
    # Our own pip fills it: to put one into each environment takes longer than all the rest.
    _do([sys.executable, "-m", "venv", "--without-pip", str(folder)], folder)
    python = str(folder / "bin" / "python")
    _do([sys.executable, "-m", "pip", "--python", python, "install", "-q", wanted], folder)
    return [python, str(HERE / "scenario.py")]


def _node(wanted: str, folder: Path) -> list[str]:
    (folder / "package.json").write_text('{"private": true}')
    _do(["npm", "install", "--silent", "--no-audit", "--no-fund", wanted], folder)
    return ["node", str(HERE / "scenario.mjs")]


def _do(command: list[str], folder: Path) -> None:
    """Run it in that folder; raises CalledProcessError, with what it said, where it fails."""
    said, code = _said(command, folder)
    if code:
        raise subprocess.CalledProcessError(code, command[:3], said)


def _said(command: list[str], folder: Path) -> tuple[str, int]:
    """What a command said, both streams as they came, and its exit code."""
    ran = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "OPENAI_API_KEY": TOKEN},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    return ran.stdout, ran.returncode


def _why_no_node() -> str:
    """Why the SDKs for Node cannot run here; empty where they can."""
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing:
        return f"no {' and no '.join(missing)} on this machine"
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.", told)
    if version is None or int(version[1]) < NODE:
        return f"node is {told.strip() or 'broken'}; this takes {NODE} or newer"
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
