"""schemathesis over the studio's own OpenAPI document, in all its phases, on a real socket."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sorapipe.studio.studio import Studio
from tests.served import in_thread
from tests.unit.films import film

CONFIG = Path(__file__).with_name("schemathesis.toml")
PHASES = ("examples", "coverage", "fuzzing", "stateful")


@dataclass(frozen=True)
class Report:
    """What came of a run: how many `cases`, which `phases` went well, and what was `found`."""

    cases: int
    phases: dict[str, str]
    operations: dict[str, int]
    found: list[Any]
    told: str

    @property
    def good(self) -> bool:
        """Whether every phase was gone through, over every operation, and nothing was found."""
        whole = self.operations["tested"] == self.operations["total"]
        return whole and not self.found and self.phases == dict.fromkeys(PHASES, "success")


@contextmanager
def studio(folder: Path, *, strict: bool, token: str | None = None) -> Iterator[str]:
    """The origin of a studio in a thread, whose every video is the same small real one."""
    small = film(folder / "film.mp4", frames=12).read_bytes()

    def render(animatic: Any, target: Path, **_: Any) -> None:
        target.write_bytes(small)

    with in_thread(Studio(None, strict=strict, render=render), token=token) as origin:
        yield origin


def schemathesis(
    origin: str, folder: Path, *, examples: int, seed: int, token: str | None = None
) -> Report:
    """A run of all phases and checks with that many examples an operation."""
    report = folder / "report.json"
    command = [
        *(Path(sysconfig.get_path("scripts")) / "st", "--config-file", CONFIG, "run"),
        f"{origin}/openapi.json",
        *("--phases", ",".join(PHASES), "--max-examples", examples, "--seed", seed),
        *("--report", "json", "--report-json-path", report),
        *("--continue-on-failure", "--no-color", "--generation-database", "none"),
        # These are about how quickly data is made up, which a busy machine does slowly.
        *("--suppress-health-check", "all"),
        *(("--header", f"Authorization: Bearer {token}") if token else ()),
    ]
    ran = subprocess.run(
        [str(word) for word in command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert report.exists(), ran.stdout + ran.stderr
    told = json.loads(report.read_text("utf-8"))
    return Report(
        cases=told["test_cases"]["generated"],
        phases={name: phase["status"] for name, phase in told["phases"].items()},
        operations=told["operations"],
        found=told["failures"] + told["errors"] + [ran.stderr] * bool(ran.returncode),
        told=ran.stdout,
    )
