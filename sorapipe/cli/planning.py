"""The options of the commands that plan, and what they turn into."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NoReturn

from sorapipe.cli.options import add_storyboard, pair
from sorapipe.errors import UsageError

if TYPE_CHECKING:  # this room loads what a command may not need
    from sorapipe.run.prepare import Options

MOST = 1_000_000_000  # USD; what is more than that is a slip of the finger
ANEW = frozenset({"json", "quiet", "yes", "concurrency"})  # each command says these for itself
FLAGS = ("retry_failed", "force", "keep_stale", "refetch", "locked")


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
        "--locked",
        action="store_true",
        help="take what the storyboard's lock names, from what is here, or exit with 8; no server",
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


class _Heard(argparse.ArgumentParser):
    """The command line of a saved plan; what is wrong with it is told of that file."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(self.prog, f"its command line is wrong: {message}", "plan it again")


def _planner(where: str) -> argparse.ArgumentParser:
    parser = _Heard(prog=where, add_help=False, allow_abbrev=False)
    add_storyboard(parser)
    add_planning(parser)
    return parser


def words(args: argparse.Namespace) -> list[str]:
    """The command line that plans the same, as `said_by` reads it; without what is said anew."""
    found = []
    for action in _planner("")._actions:  # argparse has no other list of what it takes
        value = getattr(args, action.dest)
        if not action.option_strings or action.dest in ANEW or value in (None, False):
            continue
        name = action.option_strings[0]
        listed = value if isinstance(value, list) else [value]
        found += [name] if value is True else [f"{name}={one}" for one in listed]
    return [*found, "--", str(args.storyboard)]


def said_by(line: Sequence[str], where: str) -> argparse.Namespace:
    """What the command line of the plan saved at `where` says. Raises UsageError."""
    return _planner(where).parse_args(line)


def options(args: argparse.Namespace) -> Options:
    """What the command line says about planning."""
    from sorapipe.run.prepare import Options

    if args.locked:
        for name in ("force", "retry_failed", "refetch"):
            if getattr(args, name):
                option = f"--{name.replace('_', '-')}"
                raise UsageError(option, "--locked renders and fetches nothing", "say one of them")
    if args.refetch and args.force:
        raise UsageError("--force", "--refetch buys nothing", "say one of them")
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
        offline=args.offline or args.locked,
        **{name: getattr(args, name) for name in FLAGS},
    )
