"""`sorapipe ledger`: the ledger as a table, and whether it is whole. Reads only."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from sorapipe.cli.books import add_books, history_of, ledger_of
from sorapipe.cli.exits import Exit
from sorapipe.cli.options import add_command
from sorapipe.errors import printable

_DESCRIPTION = """\
The record of everything that happened in an output folder, and the only truth about its money.
"""
_EXPORT = """\
Write a table of all renders to stdout, one a line, those that were paid for twice or came to
nothing too: CSV in UTF-8, or with --json a JSON object a line. The sum of 'cost' is what is spent
or held, in USD; a render of unknown price has no 'price' and counts as nothing. A cell that a
spreadsheet would calculate begins with a '.
"""
_VERIFY = """\
Read every line: exits 4 and names the first that is damaged, missing or contradicts the others.
"""


def add(commands: Any) -> None:
    """Add the command and what it consists of to the command line."""
    parser = add_command(commands, "ledger", "the ledger as a table; is it whole", _DESCRIPTION)
    parts = parser.add_subparsers(metavar="COMMAND", required=True)
    export = add_command(parts, "export", "all renders as CSV", _EXPORT)
    add_books(export)
    export.set_defaults(run=_export)
    verify = add_command(parts, "verify", "whether every line is right", _VERIFY)
    add_books(verify)
    verify.set_defaults(run=_verify)


def _export(args: argparse.Namespace) -> int:
    from sorapipe.core.renders import renders
    from sorapipe.report.ledger import as_csv, as_json_lines, rows

    found = rows(renders(history_of(ledger_of(args))))
    text = as_json_lines(found) if args.json else as_csv(found)
    sys.stdout.flush()
    # As bytes: UTF-8 whatever the locale is, and no line end of this system's own.
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    return Exit.OK


def _verify(args: argparse.Namespace) -> int:
    path = ledger_of(args)
    count = len(history_of(path))
    if args.json:
        print(json.dumps({"version": 1, "ledger": str(path), "events": count}, ensure_ascii=False))
    else:
        print(printable(f"{path}: {count} events, all of them whole"))
    return Exit.OK
