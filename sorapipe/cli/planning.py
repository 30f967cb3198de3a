"""The options of the commands that plan, and what they turn into."""

from __future__ import annotations

import argparse
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from sorapipe.cli.options import pair
from sorapipe.errors import UsageError

if TYPE_CHECKING:  # this room loads what a command may not need
    from sorapipe.run.prepare import Options

MOST = 1_000_000_000  # USD; what is more than that is a slip of the finger
FLAGS = ("retry_failed", "force", "keep_stale", "refetch", "offline")


def add_planning(parser: argparse.ArgumentParser) -> None:
    """What plan and run take."""
    parser.add_argument(
        "--select",
        metavar="EXPR",
        action="append",
        default=[],
        help="only these shots, such as 'hero* tag:ad,state:new +storm' (see 'sorapipe list')",
    )
    parser.add_argument(
        "--exclude", metavar="EXPR", action="append", default=[], help="all but these shots"
    )
    parser.add_argument(
        "--budget", metavar="USD", type=amount, help="the most that this run may add"
    )
    parser.add_argument(
        "--price", metavar="MODEL=USD", action="append", default=[], help="USD a second for a model"
    )
    parser.add_argument(
        "--keep-stale",
        action="store_true",
        help="leave takes whose source alone has changed: the parent's take, the picture",
    )
    parser.add_argument(
        "--retry-failed",
        action="store_true",
        help="buy again what was accepted and then failed or was lost",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="render everything again; earlier bytes stay in the store",
    )
    parser.add_argument(
        "--refetch",
        action="store_true",
        help="bring back what was lost here and is still on the server; buy nothing",
    )
    parser.add_argument(
        "--offline",
        action="store_true",
        help="use no server: take what is there, or exit with 8",
    )
    parser.add_argument(
        "--concurrency", metavar="N", type=count, help="renders in flight (default: the profile's)"
    )
    parser.add_argument(
        "--yes", action="store_true", help="don't ask before spending, and accept unknown prices"
    )


def amount(text: str) -> Decimal:
    """An amount of USD for argparse."""
    try:
        value = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not an amount; say one such as 12.50"
        ) from None
    if not value.is_finite() or not 0 <= value <= MOST:
        raise argparse.ArgumentTypeError(f"'{text}' is not an amount; say one such as 12.50")
    return value


def count(text: str) -> int:
    """A number from 1 for argparse."""
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a count; say a number from 1 to 10000")
    return int(text)


def options(args: argparse.Namespace) -> Options:
    """What the command line says about planning."""
    from sorapipe.run.prepare import Options

    prices: dict[str, Decimal] = {}
    for text in args.price:
        model, value = pair("--price", text, "MODEL=USD")
        try:
            prices[model] = amount(value)
        except argparse.ArgumentTypeError as error:
            raise UsageError("--price", *str(error).split("; ")) from None
    return Options(
        prices=prices,
        select=tuple(args.select),
        exclude=tuple(args.exclude),
        **{name: getattr(args, name) for name in FLAGS},
    )
