"""The parser, the errors and the exit codes. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from sorapipe import __version__
from sorapipe.cli import (
    apply,
    cancel,
    clean,
    init,
    ledger,
    pick,
    plan,
    providers,
    resolve,
    run,
    runs,
    schema,
    serve,
    status,
    store,
    takes,
    validate,
    videos,
    why,
)
from sorapipe.cli import list as list_
from sorapipe.cli.exits import Exit, exit_code
from sorapipe.errors import SorapipeError, one_line

_DESCRIPTION = """\
make for generated video: a storyboard in; videos and a durable ledger out. Nothing is paid for
twice, and nothing that was paid for is lost.
"""
_EPILOG = """\
exit codes: 0 everything is there; 1 a shot failed; 2 the storyboard or the usage is wrong, nothing
was sent; 3 a payment is unresolved; 4 local storage failed; 5 another run holds the folder; 6 the
budget, or a missing price, stopped it; 7 credentials or quota refused; 8 --locked or --offline, and
something would have to be rendered; 130, 143 interrupted.
"""


class _Parser(argparse.ArgumentParser):
    """An argparse that says what is wrong in one line, as everything here does."""

    def error(self, message: str) -> NoReturn:
        self._refuse(message, "")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """As argparse does it, but what a command does not know is the command's own error."""
        found, rest = super().parse_known_args(args, namespace)
        if rest and not any(word.startswith("-") for word in rest) and "expressions" in found:
            found.expressions += rest  # argparse takes them right behind the storyboard alone
            rest = []
        if rest:
            options = (name for name in self._option_string_actions if name.startswith("--"))
            near = _meant(rest[0].partition("=")[0], options) if rest[0].startswith("-") else ""
            self._refuse(f"unrecognized arguments: {' '.join(rest)}", near)
        return found, rest

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        wrong = action.choices is not None and value not in action.choices
        if wrong and (near := _meant(str(value), map(str, action.choices or ()))):
            self._refuse(f"there is no '{value}'", near)
        super()._check_value(action, value)

    def _refuse(self, what: str, near: str) -> NoReturn:
        sys.stderr.write(one_line(self.prog, what, near or f"see '{self.prog} --help'") + "\n")
        sys.exit(Exit.WRONG)


def _meant(word: str, known: Iterable[str]) -> str:
    """`did you mean 'x'?`, or nothing where no name is near."""
    from sorapipe.core.wording import Names

    return Names(known).advice(word)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = _Parser(
        prog="sorapipe",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"sorapipe {__version__}")
    top.add_argument(
        "--debug", action="store_true", help="show the traceback of an unexpected error"
    )
    commands = top.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    for command in (
        init,
        validate,
        plan,
        apply,
        list_,
        why,
        run,
        status,
        takes,
        pick,
        runs,
        ledger,
        resolve,
        cancel,
        clean,
        store,
        videos,
        providers,
        serve,
        schema,
    ):
        command.add(commands)
    return top


def main(argv: Sequence[str]) -> int:
    """Run one command; the only place where errors become text and codes."""
    args = parser().parse_args(argv)
    code = None
    try:
        code = int(args.run(args))
        sys.stdout.flush()  # here its failure can still be told
        return code
    except SorapipeError as error:
        print(error, file=sys.stderr)
        return exit_code(error)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; python would complain once more when it closes stdout.
        _silence()
        return code or Exit.OK
    except Exception as error:
        if args.debug:
            raise
        if _is_storage(error):
            return code or Exit.STORAGE
        print(
            one_line(
                "sorapipe",
                f"a fault of ours: {type(error).__name__}",
                "run it again with 'sorapipe --debug ...' and report it",
            ),
            file=sys.stderr,
        )
        return Exit.FAILED


def _is_storage(error: Exception) -> bool:
    """Tell it, if this machine refused something where nobody looked for it, such as stdout."""
    from sorapipe.files import refused, storage_error

    if isinstance(error, ImportError) and os.strerror(errno.EMFILE) in str(error):
        error = OSError(errno.EMFILE, "")  # the loader of libraries keeps the number to itself
    if not isinstance(error, OSError) or not refused(error):
        return False
    _silence()
    print(storage_error(error.filename or "output", error), file=sys.stderr)
    return True


def _silence() -> None:
    """Nothing more goes to stdout, where it cannot be written."""
    with suppress(OSError):  # too many open files: then python may complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
