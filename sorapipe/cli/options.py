"""The options that commands share, and what they turn into."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sorapipe.errors import UsageError

if TYPE_CHECKING:  # these rooms load what a command may not need
    from sorapipe.config import Provider
    from sorapipe.load import Loaded
    from sorapipe.run.prepare import Options, Prepared


def add_command(
    commands: Any, name: str, help_text: str, description: str
) -> argparse.ArgumentParser:
    """A parser for one command that takes a storyboard."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help_text, description=description, allow_abbrev=False
    )
    return parser


def add_storyboard(parser: argparse.ArgumentParser) -> None:
    """The storyboard, and what every command that takes one takes."""
    parser.add_argument("storyboard", type=Path, metavar="STORYBOARD", help="the YAML file")
    add_common(parser)


def add_common(parser: argparse.ArgumentParser) -> None:
    """What every command that takes a storyboard takes beside it."""
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="where videos and ledger go (default: renders/NAME beside the storyboard)",
    )
    add_server(parser)
    parser.add_argument(
        "--store",
        metavar="DIR",
        help="where bytes are kept by digest (default: in the user's cache folder)",
    )
    parser.add_argument(
        "--var",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="override a var of the storyboard",
    )
    parser.add_argument("--json", action="store_true", help="data for programs on stdout")
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")


def add_server(parser: argparse.ArgumentParser) -> None:
    """Which server is meant."""
    parser.add_argument(
        "--provider",
        metavar="NAME",
        help="which server: a name from the config, or of a profile",
    )
    parser.add_argument("--base-url", metavar="URL", help="the server's address, with its /v1")
    parser.add_argument(
        "--profile", metavar="NAME", help="the dialect it speaks (see 'sorapipe providers')"
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="instead of config.toml in the user's config folder",
    )


def variables(args: argparse.Namespace) -> dict[str, str]:
    """The `--var` options."""
    return dict(pair("--var", text, "NAME=VALUE") for text in args.var)


def pair(option: str, text: str, shape: str) -> tuple[str, str]:
    """The two sides of an option such as `--var NAME=VALUE`. Raises UsageError."""
    name, equals, value = text.partition("=")
    if not (equals and name):
        raise UsageError(option, f"'{text}' has no name and value", f"say {option} {shape}")
    return name, value


_RUNS = ("var", "price", "select", "exclude")  # said as often as one likes
_KEPT = ("out", "store", "config", "provider", "base_url", "profile")


def again(args: argparse.Namespace, command: str, *words: str) -> str:
    """The command line of that command for the same storyboard, folders, vars and server.

    `words` stand right behind the storyboard. A run goes on with the same shots, and buys nothing
    anew that it need not. A saved plan that is applied is applied again.
    """
    if command == "run" and (plan := getattr(args, "plan", None)) is not None:
        return shlex.join(["sorapipe", "apply", "./" * str(plan).startswith("-") + str(plan)])
    storyboard = str(args.storyboard)
    line = ["sorapipe", command, "./" * storyboard.startswith("-") + storyboard, *words]
    for name in _KEPT:
        if (said := getattr(args, name, None)) is not None:
            line += ["--" + name.replace("_", "-"), str(said)]
    for name in _RUNS if command == "run" else ("var",):
        for said in getattr(args, name, None) or ():
            line += ["--" + name, said]
    if command == "run" and getattr(args, "keep_stale", False):
        line.append("--keep-stale")
    return shlex.join(line)


def confirmed() -> bool:
    """Ask on a terminal whether to go ahead; where nobody sits at one, nobody is asked."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    sys.stderr.write("go ahead? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def open_storyboard(args: argparse.Namespace) -> tuple[Loaded, Provider]:
    """The storyboard, fully checked, and the server that it would be rendered by.

    Raises:
        StoryboardError: with all problems of the file.
        UsageError: no such provider.
    """
    from sorapipe.folder import ignores_case
    from sorapipe.load import load
    from sorapipe.run.prepare import check_needs, out_folder

    blind = ignores_case(out_folder(args.storyboard, args.out))
    loaded = load(args.storyboard, variables(args), case_insensitive=blind)
    if not args.quiet and not args.json:
        for problem in loaded.problems:
            print(problem, file=sys.stderr)
    talks = not (getattr(args, "offline", False) or getattr(args, "locked", False))
    provider = server(args, loaded.storyboard.provider, to_talk=talks)
    check_needs(loaded, provider)
    return loaded, provider


def look(args: argparse.Namespace, planning: Options) -> Prepared:
    """Storyboard, server, ledger and plan as they stand now, read without waiting for anybody.

    Raises:
        StoryboardError: with all problems of the file.
        UsageError: no such provider.
        LedgerDamaged: the ledger cannot be trusted.
    """
    from sorapipe.clock import SystemClock
    from sorapipe.ledger import read
    from sorapipe.run.prepare import fold_history, out_folder, prepare, store_root
    from sorapipe.store import Store

    loaded, provider = open_storyboard(args)
    out = out_folder(args.storyboard, args.out)
    if out.exists() and not out.is_dir():
        raise UsageError(str(out), "is a file, not a folder", "name a folder with --out")
    ledger = out / "ledger.jsonl"
    return prepare(
        loaded,
        provider,
        out=out,
        store=Store(store_root(args.store)),
        tally=fold_history(ledger, read(ledger)),
        options=planning,
        now=SystemClock().now(),
    )


def server(
    args: argparse.Namespace,
    named: str | None,
    environ: Mapping[str, str] = os.environ,
    *,
    to_talk: bool = True,
) -> Provider:
    """The provider that flags, environment, storyboard and config choose, in this order.

    With `to_talk=False` nobody needs to say where it is.
    """
    from sorapipe.config import resolve

    return resolve(
        provider=args.provider,
        base_url=args.base_url,
        profile=args.profile,
        storyboard_provider=named,
        config_path=args.config,
        environ=environ,
        to_talk=to_talk,
    )
