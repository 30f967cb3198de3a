"""`sorapipe` and `python -m sorapipe`."""

from __future__ import annotations

import sys

from sorapipe import __version__


def main() -> int:
    """Run the command line and return its exit code."""
    if sys.argv[1:] == ["--version"]:  # asked by scripts, often: nothing else is imported
        print(f"sorapipe {__version__}")
        return 0
    from sorapipe.cli.main import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
