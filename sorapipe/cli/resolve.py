"""`sorapipe resolve`: the owner settles a payment that nobody else can."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sorapipe.cli.books import named, opened
from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command, add_common, again
from sorapipe.errors import UsageError, one_line

if TYPE_CHECKING:
    from sorapipe.core.take import Event, Take
    from sorapipe.core.tally import Tally
    from sorapipe.ledger import Ledger


_DESCRIPTION = """\
A request went out and no answer came: look at the server's own list or bill, then say what
became of it. No server is asked; the options that name one go on into the next command.
"""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "resolve", "settle a payment that is unknown", _DESCRIPTION)
    parser.add_argument("storyboard", type=Path, metavar="STORYBOARD", help="the YAML file")
    parser.add_argument("shot", metavar="SHOT", help="the shot, or one take of it (SHOT@N)")
    add_common(parser)
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument(
        "--adopt", metavar="ID", help="it was accepted as this video; the next run fetches it"
    )
    how.add_argument(
        "--resubmit",
        action="store_true",
        help="it was not accepted, or buy it again; the next run sends it",
    )
    how.add_argument(
        "--write-off",
        action="store_true",
        help="count it as spent and give it up, also one that is stuck in flight",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit 0."""
    with opened(args) as (out, ledger, tally):
        take = _find(tally.unsettled + (tally.in_flight if args.write_off else []), args.shot)
        for event in _settle(args, ledger, tally, take, out):
            tally.apply(event)
    _tell(args, tally, tally.take(take.fingerprint))
    return Exit.OK


def _settle(
    args: argparse.Namespace, ledger: Ledger, tally: Tally, take: Take, out: Path
) -> list[Event]:
    """Record what its owner says, durably; the events."""
    from sorapipe.core.take import State

    if args.adopt is not None:
        _check(args.adopt, tally)
        _claim(take, args.adopt, out)
    name = {"fp": take.fingerprint, "take": take.name}
    events: list[Event] = []
    if take.state in (State.INTENDED, State.AMBIGUOUS):  # nobody will look for it any more
        why = "its owner settles it"
        events.append(ledger.append_sync("unknown", **name, render=take.render, why=why))
    if args.adopt is not None:
        adopted = {"render": take.render, "video": args.adopt, "matched_on": "owner"}
        events.append(ledger.append_sync("adopted", **name, **adopted))
    else:
        word = "resubmitted" if args.resubmit else "written-off"
        events.append(ledger.append_sync(word, **name, why="its owner said so"))
    return events


def _tell(args: argparse.Namespace, tally: Tally, take: Take) -> None:
    from sorapipe.core.price import as_number

    go_on = again(args, "run")
    if args.json:
        told = {
            "version": 1,
            "take": take.name,
            "state": take.state.value,
            "video": take.video,
            "committed": as_number(tally.committed),
            "next": [go_on],
        }
        print(json.dumps(told, ensure_ascii=False))
    elif not args.quiet:
        print(one_line(take.name, "settled", f"go on with: {go_on}"), file=sys.stderr)


def _find(unknown: list[Take], wanted: str) -> Take:
    found = named(unknown, wanted)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            wanted,
            "several of its payments are unknown",
            f"name one: {', '.join(take.name for take in found)}",
        )
    names = ", ".join(take.name for take in unknown)
    raise UsageError(
        wanted,
        "its payment is not unknown",
        f"these are: {names}" if names else "no payment is; nothing is to settle",
    )


def _check(video: str, tally: Tally) -> None:
    if video.strip() in ("", "ID"):  # a variable that is not set, or our own line as it stands
        raise UsageError("--adopt", "no id was given", "give the id that the server's list shows")
    if video in tally.videos:
        raise UsageError("--adopt", f"'{video}' is another render of this ledger", "look again")


def _claim(take: Take, video: str, out: Path) -> None:
    from sorapipe.claims import Claims
    from sorapipe.run.prepare import state_root

    if not Claims(state_root() / "claims").claim(take.intent["address"], video, out):
        raise UsageError(
            "--adopt", f"'{video}' belongs to another output folder", "look for another id"
        )
