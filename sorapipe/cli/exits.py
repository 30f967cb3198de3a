"""What each error means as an exit code (design, section 7); scripts stand on these."""

from __future__ import annotations

from enum import IntEnum

from sorapipe.errors import (
    BudgetExceeded,
    HeldElsewhere,
    NotThere,
    SorapipeError,
    StorageError,
    StoryboardError,
    UsageError,
)


class Exit(IntEnum):
    """The exit codes."""

    OK = 0
    FAILED = 1
    WRONG = 2
    UNRESOLVED = 3
    STORAGE = 4
    HELD = 5
    BUDGET = 6
    REFUSED = 7
    NOT_THERE = 8
    INTERRUPTED = 130


_CODES: dict[type[SorapipeError], Exit] = {
    StoryboardError: Exit.WRONG,
    UsageError: Exit.WRONG,
    StorageError: Exit.STORAGE,
    HeldElsewhere: Exit.HELD,
    BudgetExceeded: Exit.BUDGET,
    NotThere: Exit.NOT_THERE,
}


def exit_code(error: SorapipeError) -> Exit:
    """The exit code of an error that ended a command."""
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), Exit.FAILED)
