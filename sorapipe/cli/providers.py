"""`sorapipe providers`: which servers there are, what they can do and cost, and is one alive."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command, add_server
from sorapipe.errors import SorapipeError, UsageError

if TYPE_CHECKING:
    from sorapipe.config import Provider
    from sorapipe.videos.findings import Findings

_DESCRIPTION = """\
Show the configured providers and all profiles, or one of them: address, abilities, models, sizes,
seconds, prices with their dates. `sorapipe providers check [NAME]` asks the live server what it can
do, and never for a render: four GETs and one OPTIONS. Exits 1 where it is not reached, 7 where it
refuses the key.
"""
CHECK = "check"


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        commands, "providers", "which servers there are, and what they can do", _DESCRIPTION
    )
    parser.add_argument("what", nargs="?", metavar="NAME", help="a provider or a profile")
    parser.add_argument("of", nargs="?", metavar="NAME", help="after 'check': the one to ask")
    add_server(parser)
    parser.add_argument("--json", action="store_true", help="data for programs on stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0; for a check 1 where the server is not reached, 7 where it refuses the key."""
    if args.what == CHECK:
        return _check(args, args.of)
    if args.of is not None:
        what = f"'{args.of}' is one word too many"
        raise UsageError("providers", what, f"one name, or 'sorapipe providers {CHECK} NAME'")
    if args.what is None and not (args.provider or args.base_url or args.profile):
        return _overview(args)
    from sorapipe.report.providers import one_text, profile_data, provider_data

    provider = _named(args, args.what, to_talk=False)
    told = provider_data(provider) | {"profile": profile_data(provider.profile)}
    print(_json(told) if args.json else one_text(provider))
    return Exit.OK


def _overview(args: argparse.Namespace) -> int:
    from sorapipe import config, config_file
    from sorapipe.report.providers import overview_data, overview_text
    from sorapipe.videos.profile import load

    file = config_file.read(args.config, os.environ)
    providers = {name: _or_error(args, name) for name in file.providers}
    profiles = {name: file.profiles.get(name) or load(name) for name in config.profiles(file)}
    chosen = _or_error(args, None)
    if args.json:
        print(_json(overview_data(chosen, providers, profiles)))
    else:
        print(overview_text(chosen, providers, profiles))
    return Exit.OK


def _check(args: argparse.Namespace, name: str | None) -> int:
    import asyncio

    from sorapipe.report.findings import as_data, as_text
    from sorapipe.videos.findings import Findings

    provider = _named(args, name, to_talk=True)
    # Without an address it is the studio in process, which is there whenever it is asked.
    found = Findings() if provider.base_url is None else asyncio.run(_ask(args, provider))
    print(_json(as_data(provider, found)) if args.json else as_text(provider, found))
    if found.trouble or found.stranger:
        return Exit.FAILED
    return Exit.REFUSED if found.key == "refused" else Exit.OK


async def _ask(args: argparse.Namespace, provider: Provider) -> Findings:
    from urllib.parse import urlsplit

    from sorapipe import config, config_file
    from sorapipe.videos.check import check
    from sorapipe.videos.profile import load
    from sorapipe.videos.sender import HttpSender

    file = config_file.read(args.config, os.environ)
    known = [file.profiles.get(name) or load(name) for name in config.profiles(file)]
    address = provider.base_url or ""
    async with HttpSender(address, provider.api_key) as sender:
        return await check(sender, urlsplit(address).hostname or "", provider.profile, known)


def _named(args: argparse.Namespace, name: str | None, *, to_talk: bool) -> Provider:
    if name is not None and args.provider:
        what = f"'{name}' and --provider {args.provider} are two"
        raise UsageError("providers", what, "name one")
    return _resolve(args, name or args.provider, os.environ, to_talk=to_talk)


def _or_error(args: argparse.Namespace, name: str | None) -> Provider | SorapipeError:
    try:
        return _resolve(args, name, os.environ, to_talk=True)
    except UsageError as error:
        return error


def _resolve(
    args: argparse.Namespace, name: str | None, environ: Mapping[str, str], *, to_talk: bool
) -> Provider:
    from sorapipe.config import resolve

    return resolve(
        provider=name,
        base_url=args.base_url,
        profile=args.profile,
        config_path=args.config,
        environ=environ,
        to_talk=to_talk,
    )


def _json(told: dict[str, Any]) -> str:
    return json.dumps({"version": 1} | told, ensure_ascii=False)
