"""`sorapipe videos`: the operations of the Videos API, one by one, against any server."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from sorapipe.cli.options import add_server
from sorapipe.errors import UsageError

_DESCRIPTION = """\
The operations of the Videos API, one by one, without a storyboard. stdout is data: an id, a table,
or with --json one JSON document a line; stderr is talk. What asks for a render is sent once and
never repeated by itself: exit code 3 means that nobody knows whether it was accepted.

Without a server this is the built-in studio, in this very process and at no cost; it keeps its
videos in the user's state folder for a week, and renders only while a command waits.
"""
_EPILOG = """\
examples:
  sorapipe videos create "A lighthouse at dusk" --seconds 8 -o lighthouse.mp4
  sorapipe videos create "Pan across it" --reference landscape.jpg --model sora-2-pro --wait
  sorapipe videos remix video_123 "The same in a thunderstorm" -o storm.mp4
  sorapipe videos list --json | jq -r 'select(.status == "failed") | .id'
  sorapipe videos download video_123 --variant thumbnail

`sorapipe videos COMMAND --help` shows the options of a command.
"""
_RENDER = """\
stderr says which server is asked and what it costs there, where that is known. Interrupted while it
waits, it says how to go on: the render does not end with us.
"""
VARIANTS = ("video", "thumbnail", "spritesheet")


def add(commands: Any) -> None:
    """Add the command and what it consists of to the command line."""
    parser = commands.add_parser(
        "videos",
        help="the Videos API, call by call",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parts = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_create(parts)
    _add_revisions(parts)
    _add_looks(parts)
    _add_characters(parts)


def _add_create(parts: Any) -> None:
    parser = _part(parts, "create", "ask for a new video", "PROMPT", _RENDER)
    parser.add_argument("--model", default="sora-2", help="(default %(default)s)")
    parser.add_argument("--seconds", default="4", metavar="N", help="(default %(default)s)")
    parser.add_argument(
        "--size", default="1280x720", metavar="WxH", help="in pixels (default %(default)s)"
    )
    parser.add_argument(
        "--reference",
        metavar="PATH|URL|FILE-ID",
        help="the picture that it begins with, of that size",
    )
    parser.add_argument(
        "--character",
        metavar="ID",
        action="append",
        default=[],
        help="who is seen in it (repeatable; see create-character)",
    )
    _add_render(parser)


def _add_revisions(parts: Any) -> None:
    for name, text in (
        ("remix", "ask for a completed video under another prompt"),
        ("edit", "ask for a change to a completed video"),
        ("extend", "ask for more seconds of a completed video"),
    ):
        parser = _part(parts, name, text, "ID", _RENDER)
        _add_prompt(parser)
        if name == "extend":
            parser.add_argument(
                "--seconds", required=True, metavar="N", help="how many are added to its end"
            )
        _add_render(parser)


def _add_looks(parts: Any) -> None:
    parser = _part(parts, "wait", "wait for a render to end, and with -o fetch it", "ID")
    _add_waiting(parser)
    _part(parts, "retrieve", "how a video is doing", "ID")
    parser = _part(parts, "list", "the videos that the server has, one page or all")
    parser.add_argument("--limit", type=int, metavar="N", help="on a page, 1 to 100 (default 20)")
    parser.add_argument("--order", choices=("asc", "desc"), default="desc", help="by time")
    parser.add_argument("--after", metavar="ID", help="begin behind this one")
    parser.add_argument("--all", action="store_true", help="this page and all that follow")
    parser = _part(parts, "download", "fetch a completed video, or a picture of it", "ID")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="where to (default: named by the id, here)"
    )
    parser.add_argument("--variant", choices=VARIANTS, default=VARIANTS[0], help="what of it")
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    parser = _part(parts, "delete", "remove videos from the server, for good")
    parser.add_argument("ids", nargs="+", metavar="ID")


def _add_characters(parts: Any) -> None:
    parser = _part(parts, "create-character", "make a character out of a short film", "NAME")
    parser.add_argument("film", metavar="FILE", help="an MP4")
    _part(parts, "retrieve-character", "what the server knows of a character", "ID")


def _part(
    parts: Any, name: str, text: str, about: str | None = None, description: str = ""
) -> argparse.ArgumentParser:
    """The parser of one operation; `about` is the first thing that it is told."""
    parser: argparse.ArgumentParser = parts.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}. {description}".strip(),
        allow_abbrev=False,
    )
    if about == "PROMPT":
        _add_prompt(parser)
    elif about:
        parser.add_argument(about.lower(), metavar=about)
    add_server(parser)
    parser.add_argument("--json", action="store_true", help="data for programs on stdout")
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")
    parser.set_defaults(run=run, operation=name)
    return parser


def _add_prompt(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "prompt", metavar="PROMPT", help="what is to be seen; - reads it from stdin"
    )


def _add_render(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, metavar="N", help="where the server takes one")
    parser.add_argument(
        "--extra",
        metavar="KEY=JSON",
        action="append",
        default=[],
        help="a parameter of the server's own (repeatable)",
    )
    parser.add_argument(
        "--idempotency-key",
        metavar="KEY",
        help="the Idempotency-Key to send, where you keep your own (default: a new one)",
    )
    parser.add_argument("--wait", action="store_true", help="until the render has ended")
    _add_waiting(parser)


def _add_waiting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="wait, and then write the video to this file"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    parser.add_argument(
        "--timeout",
        type=_seconds,
        metavar="SECONDS",
        help="wait no longer than this (default: the config's render-timeout, else an hour)",
    )


def _seconds(text: str) -> float:
    if not text.replace(".", "", 1).isdecimal() or not text.isascii():
        raise argparse.ArgumentTypeError(f"'{text}' is no number of seconds; say one such as 600")
    return float(text)


def run(args: argparse.Namespace) -> int:
    """Carry out one operation; its exit code."""
    from sorapipe.cli import videos_look, videos_render
    from sorapipe.cli.videos_session import carry_out

    _check_text(args)
    if getattr(args, "prompt", None) == "-":
        args.prompt = _stdin()  # now: once we listen for signals, a read could not be interrupted
    return carry_out(args, {**videos_look.OPERATIONS, **videos_render.OPERATIONS}[args.operation])


def _stdin() -> str:
    try:
        return sys.stdin.buffer.read().decode().strip()
    except UnicodeDecodeError as error:
        raise UsageError("stdin", "it is no text in UTF-8", "a prompt as text") from error


def _check_text(args: argparse.Namespace) -> None:
    """Raise UsageError for words that are no text: neither a URL nor JSON could carry them."""
    for name, said in vars(args).items():
        for word in said if isinstance(said, list) else [said]:
            if isinstance(word, str) and not word.isascii():
                try:
                    word.encode()
                except UnicodeEncodeError as error:
                    raise UsageError(name, "it is no text in UTF-8", "text") from error
