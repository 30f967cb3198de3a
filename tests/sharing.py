"""Folders of one user whose runs share a store."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.cli import Desk


@dataclass(frozen=True)
class Sharing(Desk):
    """A desk whose store and state are beside its folder, where others have them too."""

    @property
    def store(self) -> Path:
        return self.folder.parent / "store"

    def command(self, name: str, *options: str) -> list[str]:
        places = ["--out", str(self.out), "--store", str(self.store)]
        return [sys.executable, "-m", "sorapipe", name, str(self.storyboard), *options, *places]

    @property
    def env(self) -> dict[str, str]:
        return {**super().env, "XDG_STATE_HOME": str(self.folder.parent / "state")}


def sharing(folder: Path, name: str, *prompts: str, **environ: str) -> Sharing:
    """Such a desk, with a storyboard of small shots that have these prompts, in this order."""
    desk = Sharing(folder / name, environ)
    desk.folder.mkdir(parents=True)
    film(desk, *prompts)
    return desk


def film(desk: Desk, *prompts: str) -> None:
    """Write the desk's storyboard anew: a shot for each prompt, named by its first word."""
    shots = "".join(f"  - {{ id: {prompt.split()[0]}, prompt: {prompt} }}\n" for prompt in prompts)
    desk.write("version: 1\ndefaults: { seconds: 1, size: 64x64 }\nshots:\n" + shots)
