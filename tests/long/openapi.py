"""schemathesis over the studio's OpenAPI document: strict, lenient, and behind a token."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.conformance import schemathesis, studio

CASES = 1000  # at least, in every run


def add(names: Any) -> None:
    """Add the run to the command line."""
    parser = names.add_parser("openapi", help=__doc__)
    parser.add_argument(
        "--examples", type=int, default=60, help="an operation (default %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the first run (default 1)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> tuple[bool, str, str]:
    """(whether nothing was found, what was covered, what came of it)."""
    good, told = True, []
    studios = {"strict": (True, None), "lenient": (False, None), "token": (True, "secret")}
    for number, (name, (strict, token)) in enumerate(studios.items()):
        with tempfile.TemporaryDirectory(prefix="sorapipe-openapi-") as place:
            folder, begun = Path(place), time.monotonic()
            with studio(folder, strict=strict, token=token) as origin:
                report = schemathesis(
                    origin, folder, examples=args.examples, seed=args.seed + number, token=token
                )
        seconds = time.monotonic() - begun
        told.append(f"{name} {report.cases} cases in {seconds:.0f} s, {len(report.found)} found")
        if not report.good or report.cases < CASES:
            good = False
            print(report.told, file=sys.stderr)
    reach = f"all phases, {args.examples} examples an operation, seeds from {args.seed}"
    return good, reach, "; ".join(told)
