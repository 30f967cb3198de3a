"""The command line in this very process, with folders of its own: quick, for many small runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sorapipe.cli.main import main

SMALL = "version: 1\ndefaults: { seconds: 1, size: 64x36 }\n"


@dataclass(frozen=True)
class Sora:
    """`sora("run", ...)` is the command on the storyboard in `folder`; its exit code."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def places(self) -> tuple[Path, ...]:
        """Everything that a command could write to."""
        return (self.folder,)

    def write(self, shots: str) -> None:
        """The storyboard: those shots, small and short."""
        (self.folder / "film.yaml").write_text(SMALL + shots, encoding="utf-8")

    def __call__(self, name: str, *words: str) -> int:
        self.capture.readouterr()
        places = ["--out", str(self.out)]
        return main([*name.split(), str(self.folder / "film.yaml"), *words, *places])

    def told(self, name: str, *words: str, code: int = 0) -> tuple[str, str]:
        """What the command wrote to stdout and stderr, once it has exited as it should."""
        assert self(name, *words) == code
        shown = self.capture.readouterr()
        return shown.out, shown.err

    def data(self, name: str, *words: str, code: int = 0) -> Any:
        """Its `--json`."""
        return json.loads(self.told(name, *words, "--json", code=code)[0])

    def events(self, *names: str) -> list[dict[str, Any]]:
        """The ledger's events of those names, in order."""
        lines = (self.out / "ledger.jsonl").read_text("utf-8").splitlines()
        return [event for event in map(json.loads, lines) if event["event"] in names]


def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Homes in that folder, and the studio in process as the server."""
    for name in ("STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    for name in ("BASE_URL", "PROFILE", "API_KEY", "PROVIDER"):
        monkeypatch.delenv(f"SORAPIPE_{name}", raising=False)
    quick = {"POLL_INTERVAL": "0.02", "BACKOFF_CAP": "0.1", "SETTLE_TIMEOUT": "0.3"}
    for name, value in quick.items():
        monkeypatch.setenv(f"SORAPIPE_{name}", value)
