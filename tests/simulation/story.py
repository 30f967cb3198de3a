"""What a seed leaves behind: all that an auditor may know."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.simulation.scenario import Scenario
from tests.simulation.server import Post, Render


@dataclass(slots=True)
class End:
    """How one command ended: its exit code (None where it was killed) and all that it said."""

    project: int
    command: str
    begun: float
    ended: float
    exit: int | None
    text: str
    disturbed: bool
    retry_failed: bool = False


@dataclass(slots=True)
class Story:
    """All that an auditor may know of a seed: the server's books, the files, what we said."""

    scenario: Scenario
    posts: list[Post]
    renders: dict[str, Render]
    looks: list[tuple[int, float]]
    ends: list[End] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    consents: list[tuple[int, str, float]] = field(default_factory=list)  # project, take, time
    trace: str = ""
    said: list[str] = field(default_factory=list)
