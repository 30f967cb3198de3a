"""The error tree. Every error that a user may meet is one of these, told in one line.

    SorapipeError            where: what is wrong; what would be right
    ├── UsageError           the command line, the configuration or the environment is wrong
    ├── StoryboardError      a storyboard has problems (all of them, each with its place)
    ├── StorageError         this machine's disk refused, or a file of ours is damaged
    │   └── LedgerDamaged    a bad line in the ledger that is not its torn end
    ├── HeldElsewhere        another run holds the output folder
    ├── BudgetExceeded       the budget, or a missing price, stops the run
    ├── NotThere             something would have to be rendered, and must not be
    └── APIError             in `sorapipe.videos.errors`: all that a server can do to us

Exit codes are the door's business: `sorapipe/cli/exits.py` maps these classes to them.
"""

from __future__ import annotations

from typing import NamedTuple


class SorapipeError(Exception):
    """Base of all errors that are told to a user.

    `where` is a place (`file:line:col`, a path, an option), `what` the fault, and `fix` what would
    be right; `fix` may be empty where nothing can be advised.
    """

    def __init__(self, where: str, what: str, fix: str = "") -> None:
        super().__init__(where, what, fix)
        self.where = where
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return one_line(self.where, self.what, self.fix)


class UsageError(SorapipeError):
    """The command line, the configuration or the environment is wrong."""


class StorageError(SorapipeError):
    """This machine's disk refused, or a file of ours is damaged."""


class LedgerDamaged(StorageError):
    """A line of the ledger that is not its torn end is missing or bad."""


class HeldElsewhere(SorapipeError):
    """Another run holds the output folder."""


class BudgetExceeded(SorapipeError):
    """The budget, or a price that nobody knows, stops the run."""


class NotThere(SorapipeError):
    """Something would have to be rendered, where only what is there may be taken."""


class Problem(NamedTuple):  # a dataclass would cost every `--help` the import of inspect
    """One fault of a document, with its place.

    `line` and `col` count from 1; 0 means that the fault belongs to the file as a whole.
    """

    file: str
    line: int
    col: int
    what: str
    fix: str = ""
    warning: bool = False

    @property
    def where(self) -> str:
        """`file:line:col`, or only the file where the fault has no place in it."""
        return f"{self.file}:{self.line}:{self.col}" if self.line else self.file

    def __str__(self) -> str:
        return one_line(self.where, ("warning: " if self.warning else "") + self.what, self.fix)


class StoryboardError(SorapipeError):
    """A storyboard has problems; `problems` has all of them, in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        super().__init__(first.where, first.what, first.fix)
        self.problems = sorted(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def one_line(where: str, what: str, fix: str = "") -> str:
    """`where: what; fix` on a single line, safe to print on a terminal."""
    return printable(f"{where}: {what}; {fix}" if fix else f"{where}: {what}")


# Controls (C0, DEL, C1), bidirectional overrides and line separators: a prompt or a server's
# message must not be able to move the cursor, hide text, or fake a second line.
_UNPRINTABLE = {
    **dict.fromkeys((*range(32), *range(127, 160)), "�"),
    **{ord(sign): " " for sign in "\t\n\r"},
    **dict.fromkeys((1564, 8206, 8207, *range(8234, 8239), *range(8294, 8298)), "�"),
    **dict.fromkeys((8232, 8233), " "),
}


def printable(text: str) -> str:
    """The text without anything that a terminal would obey."""
    return text.translate(_UNPRINTABLE)
