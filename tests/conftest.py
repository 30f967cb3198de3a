"""What holds for all tests: none reads or writes its user's own homes."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two a core: half of the tests wait for processes, servers and deadlines of their own."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(autouse=True, scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Config, cache and state in a folder that goes away, and no server from the environment."""
    root = tmp_path_factory.mktemp("homes")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CONFIG", "CACHE", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(root / name.lower()))
        for name in [*os.environ]:
            if name.startswith("SORAPIPE_"):
                patch.delenv(name)
        yield
