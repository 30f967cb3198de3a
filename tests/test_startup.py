"""Asking for help loads nothing that only work needs: the command line should feel light."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sorapipe.cli.main import parser

HEAVY = (
    "httpx",
    "jsonschema",
    "tenacity",
    "tqdm",
    "asyncio",
    "yaml",
    "av",
    "PIL",
    "starlette",
    "uvicorn",
    "sqlite3",
    "ssl",
)
ASK = """
import sys
from sorapipe.cli.main import main
try:
    main({words!r})
except SystemExit as ended:
    assert not ended.code, ended.code
print("loaded:", *sorted(set({heavy!r}) & set(sys.modules)))
"""


def _commands() -> list[str]:
    actions = [action for action in parser()._actions if action.choices]
    return list(actions[0].choices or ())


@pytest.mark.parametrize(
    "words", [["--version"], ["--help"], *([name, "--help"] for name in _commands())], ids=" ".join
)
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    """--version, --help and the help of every command load no library and no event loop."""
    script = ASK.format(words=words, heavy=HEAVY)
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "loaded:"
    assert len(ran.stdout.splitlines()) > 1  # it did print what was asked for


INTERRUPTED = """
import sys

class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == "sorapipe.cli.main":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupted())
sys.argv[1:] = ["run", "board.yaml"]
from sorapipe.__main__ import main
sys.exit(main())
"""


def test_an_interrupt_while_it_is_loaded_is_no_fault() -> None:
    """Ctrl-C before a command has begun ends with 130 and without a traceback."""
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (130, "")
