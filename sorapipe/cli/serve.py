"""`sorapipe serve`: the studio on a port, for any client of the Videos API."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

PORT = 8765
RETENTION = 24 * 3600.0  # seconds that content stays, as the real API's batches had it
TOKEN = "SORAPIPE_STUDIO_TOKEN"  # noqa: S105 - the name of a variable


def add(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "serve",
        help="the studio: a Videos API server on this machine",
        description=(
            "Serve the studio in the foreground until SIGTERM or Ctrl-C. The first line on stdout "
            f"is the base URL, printed once it answers. With {TOKEN} set, clients must send it as "
            "their API key; else any key does."
        ),
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help=f"address to listen on (default %(default)s; others than loopback need {TOKEN})",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=PORT,
        help="port to listen on (default %(default)s; 0 takes any free one)",
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="keep videos in DIR and go on with them later (default: forget them at the end)",
    )
    parser.add_argument(
        "--lenient",
        action="store_true",
        help="take any model, any even size and any length up to 60 s",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until a signal: 0 after SIGTERM, 130 after SIGINT.

    Raises UsageError, HeldElsewhere or StorageError where it cannot begin.
    """
    import asyncio
    import signal

    from sorapipe.studio.serve import serve
    from sorapipe.studio.studio import Studio

    studio = Studio(args.state, strict=not args.lenient, retention=RETENTION)
    ended_by = asyncio.run(
        serve(
            studio,
            host=args.host,
            port=args.port,
            token=os.environ.get(TOKEN) or None,
            announce=_announce,
        )
    )
    return 130 if ended_by is signal.SIGINT else 0


def _announce(base_url: str) -> None:
    print(base_url, flush=True)
    print("sorapipe serve: Ctrl-C ends it", file=sys.stderr)
