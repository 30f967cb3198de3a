"""`sorapipe` and `python -m sorapipe`."""

from __future__ import annotations

import os
import sys

from sorapipe import __version__


def main() -> int:
    """Run the command line and return its exit code."""
    if sys.argv[1:] == ["--version"]:  # asked by scripts, often: nothing else is imported
        print(f"sorapipe {__version__}")
        return 0
    _open_standard_streams()
    from sorapipe.cli.main import main as run

    return run(sys.argv[1:])


def _open_standard_streams() -> None:
    """Where the caller closed one, nothing goes there: no file of ours may get its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - pathlib costs `--version`; for good


if __name__ == "__main__":
    sys.exit(main())
