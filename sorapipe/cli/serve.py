"""`sorapipe serve`: the studio on a port, for any client of the Videos API."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from sorapipe.errors import UsageError

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
    parser.add_argument(
        "--profile",
        default="openai",
        metavar="NAME",
        help="speak as servers of that kind do: azure, litellm, new-api, openrouter, sglang or "
        "vllm-omni (default %(default)s; the last three are lenient)",
    )
    faults = parser.add_argument_group(
        "faults, for testing clients",
        "Nothing goes wrong unless it is asked for. KIND is one of 429, 500-before, 500-after, "
        "hang, reset, lost-reply, stuck, failed, moderation, moderation-at-submit, slow, "
        "truncated, endless, expired, duplicate-pages, list-lag; SHARE is 0 to 1, OPERATION one of "
        "create, character, delete, retrieve, list, content. A request that has the header "
        "X-Sorapipe-Fault: KIND meets that fault for certain. See docs/studio.md.",
    )
    faults.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="KIND[:SHARE][@OPERATION]",
        help="let this happen to all, or a share, of what it can happen to (repeatable)",
    )
    faults.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="what the shares are drawn by: the same N and requests give the same faults "
        "(default %(default)s)",
    )
    faults.add_argument(
        "--rpm",
        type=int,
        metavar="N",
        help="take on at most N requests for renders a minute, and answer the others with 429",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until a signal: 0 after SIGTERM, 130 after SIGINT.

    Raises UsageError, HeldElsewhere or StorageError where it cannot begin.
    """
    import asyncio
    import signal

    from sorapipe.studio.dialects.known import dialect_of
    from sorapipe.studio.faults import Faults, of_flag
    from sorapipe.studio.guard import is_loopback
    from sorapipe.studio.limits import Limit
    from sorapipe.studio.serve import serve
    from sorapipe.studio.studio import Studio

    if args.rpm is not None and args.rpm < 1:
        raise UsageError("--rpm", "no render could ever be asked for", "give 1 or more")
    dialect = dialect_of(args.profile)
    faults = Faults(map(of_flag, args.fault), seed=args.seed)
    # Beyond loopback a stranger with the token could make it ask this machine's own servers.
    loopback = is_loopback(args.host)
    studio = Studio(
        args.state,
        strict=dialect.strict and not args.lenient,
        deletes=dialect.deletes,
        retention=RETENTION,
        loopback=loopback,
    )
    ended_by = asyncio.run(
        serve(
            studio,
            host=args.host,
            port=args.port,
            token=os.environ.get(TOKEN) or None,
            announce=_announce,
            faults=faults,
            limit=Limit(args.rpm) if args.rpm else None,
            dialect=dialect,
        )
    )
    return 130 if ended_by is signal.SIGINT else 0


def _announce(base_url: str) -> None:
    print(base_url, flush=True)
    print("sorapipe serve: Ctrl-C ends it", file=sys.stderr)
