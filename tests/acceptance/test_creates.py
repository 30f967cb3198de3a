"""The benchmark of docs/money.md, a few rows of it: what it says is still so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_sdk_makes_three_creates_of_one_and_we_make_one() -> None:
    """The row of a create that is taken on and answered with 500 is as the page has it."""
    command = [sys.executable, "-m", "benchmarks.creates", "--only", "500-after"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    (row,) = ran.stdout.splitlines()[2:]
    assert row.startswith("| 500 | yes | 3 sent, 3 paid: no id | 9 sent, 9 paid: no id | 1 sent, ")
    assert row in (ROOT / "docs" / "money.md").read_text(encoding="utf-8").splitlines()
