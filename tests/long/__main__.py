"""`python -m tests.long NAME`: run it, and print its row for docs/evidence.md."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import tests.long

ROOT = Path(__file__).parents[2]


def main() -> int:
    """0 where the run held what it is there to hold."""
    options = argparse.ArgumentParser(prog="python -m tests.long", description=__doc__)
    names = options.add_subparsers(metavar="NAME", required=True)
    for module in iter_modules(tests.long.__path__):
        if module.name != "__main__":
            import_module(f"tests.long.{module.name}").add(names)
    args = options.parse_args()
    begun = time.monotonic()
    good, reach, result = args.run(args)
    minutes = (time.monotonic() - begun) / 60
    command = " ".join(["python -m tests.long", *sys.argv[1:]])
    cells = (
        f"{datetime.now(UTC):%Y-%m-%d}",
        _commit(),
        f"`{command}`",
        reach,
        f"{minutes:.1f}",
        result,
    )
    print("| " + " | ".join(cells) + " |")
    return 0 if good else 1


def _commit() -> str:
    """The commit that is tested, with a `+` where the checkout has more than that."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain") else "")


if __name__ == "__main__":
    sys.exit(main())
