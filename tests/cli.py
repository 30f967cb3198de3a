"""The command line as a user has it: a process of its own, with folders of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Desk:
    """A folder with a storyboard in it, and everything that its runs write."""

    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def storyboard(self) -> Path:
        return self.folder / "storyboard.yaml"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def write(self, text: str) -> None:
        self.storyboard.write_text(text, encoding="utf-8")

    def command(self, name: str, *options: str) -> list[str]:
        places = ["--out", str(self.out), "--store", str(self.folder / "store")]
        return [sys.executable, "-m", "sorapipe", name, str(self.storyboard), *options, *places]

    @property
    def env(self) -> dict[str, str]:
        """Ours, less what would choose another server."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SORAPIPE_")}
        homes = {
            f"XDG_{name}_HOME": str(self.folder / name.lower())
            for name in ("STATE", "CONFIG", "CACHE")
        }
        return {**kept, **homes, **self.environ}

    def run(self, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(name, *options), env=self.env, text=True, capture_output=True, check=False
        )

    def start(self, name: str, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(name, *options),
            env=self.env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def events(self, *names: str) -> list[dict[str, Any]]:
        """The ledger's events of those names, in order."""
        lines = (self.out / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
        return [event for event in map(json.loads, lines) if event["event"] in names]
