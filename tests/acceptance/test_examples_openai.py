"""Every example runs unchanged as a client of OpenAI would: profile, key, strict server, a port.

What is shown is that the server takes what the examples ask and gives what they asked for, so its
films are grey; test_examples.py has the real ones.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import httpx
import pytest

from sorapipe.load import load
from sorapipe.studio.studio import Studio
from tests.grey import RATE, grey
from tests.served import in_thread

ROOT = Path(__file__).parents[2]
TOO_MANY = "08-thousand-prompts.yaml"  # 3,000 takes: planned and sampled in test_examples.py
EXAMPLES = [
    path
    for path in sorted((ROOT / "examples" / "pipelines").glob("*.yaml"))
    if path.name != TOO_MANY
]
KEY = "key-of-the-tests"
FRAME = 1 / RATE  # seconds
DAY = 86_400.0

each_example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)


@dataclass(frozen=True)
class Ran:
    """How `sorapipe run` of one example ended; `out` is its output folder."""

    code: int
    said: str
    told: str
    out: Path


def _start(path: Path, base_url: str, folder: Path) -> subprocess.Popen[bytes]:
    kept_out = shutil.ignore_patterns("renders", "*.lock")  # it leaves one of its own
    examples = Path(shutil.copytree(path.parent, folder / "examples", ignore=kept_out))
    command = [sys.executable, "-m", "sorapipe", "run", str(examples / path.name), "--json"]
    command += ["--profile", "openai", "--base-url", base_url]
    command += ["--out", str(folder / "out"), "--store", str(folder / "store")]
    environ = {**os.environ, "SORAPIPE_API_KEY": KEY, "SORAPIPE_POLL_INTERVAL": "0.25"}
    with (folder / "told").open("wb") as told, (folder / "said").open("wb") as said:
        return subprocess.Popen(command, stdout=told, stderr=said, env=environ)


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """One strict studio for all examples, which lets in only who has the key."""
    studio = Studio(None, strict=True, retention=DAY, render=grey)
    with in_thread(studio, token=KEY) as origin:
        yield f"{origin}/v1"


@pytest.fixture(scope="module")
def ran(base_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Ran]:
    """All examples, run at once."""
    folders = {path: tmp_path_factory.mktemp(path.stem) for path in EXAMPLES}
    runs = {path: _start(path, base_url, folders[path]) for path in EXAMPLES}
    return {path: _ended(run, folders[path]) for path, run in runs.items()}


def _ended(run: subprocess.Popen[bytes], folder: Path) -> Ran:
    said, told = (folder / "said", folder / "told")
    return Ran(run.wait(), said.read_text("utf-8"), told.read_text("utf-8"), folder / "out")


@pytest.mark.slow
@each_example
def test_an_example_runs_unchanged_against_a_server_of_openais_api(
    path: Path, ran: dict[Path, Ran]
) -> None:
    """An example ends with 0 and its deliverables as asked; no line of it shows the key."""
    run = ran[path]
    assert run.code == 0, run.said
    shots = load(path, {}).storyboard.shots
    for shot in shots:
        with av.open(str(run.out / shot.file_name(1))) as film:
            picture = film.streams.video[0]
            assert f"{picture.width}x{picture.height}" == shot.size
            assert film.duration / av.time_base == pytest.approx(shot.length, abs=2 * FRAME)
    summary = json.loads(run.told.splitlines()[-1])
    assert summary["made"] == sum(shot.takes for shot in shots)
    assert KEY not in run.said + run.told


@pytest.mark.slow
def test_the_server_was_asked_for_each_take_once(base_url: str, ran: dict[Path, Ran]) -> None:
    """The server has one video for each take that was made, and not one more."""
    made = [json.loads(run.told.splitlines()[-1])["made"] for run in ran.values()]
    headers = {"Authorization": f"Bearer {KEY}"}
    listed = httpx.get(f"{base_url}/videos", params={"limit": "100"}, headers=headers).json()
    assert len(listed["data"]) == sum(made)
