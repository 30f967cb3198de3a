from __future__ import annotations

import pytest

from sorapipe import errors
from sorapipe.cli.exits import Exit, exit_code
from sorapipe.errors import (
    LedgerDamaged,
    Problem,
    SorapipeError,
    StoryboardError,
    one_line,
    printable,
)
from sorapipe.videos.errors import APIError

CODES = {
    "UsageError": Exit.WRONG,
    "StorageError": Exit.STORAGE,
    "HeldElsewhere": Exit.HELD,
    "BudgetExceeded": Exit.BUDGET,
}


def test_an_error_is_one_line() -> None:
    """Where, what is wrong, what would be right; without advice there is no trailing sign."""
    assert str(SorapipeError("a.yaml:3:1", "is wrong", "say so")) == "a.yaml:3:1: is wrong; say so"
    assert str(SorapipeError("a.yaml", "is wrong")) == "a.yaml: is wrong"


@pytest.mark.parametrize(
    "sign", ["\x1b", "\x00", "\x7f", "\x9b", "\u202e", "\u2066", "\u061c", "\u200f"]
)
def test_nothing_that_a_terminal_obeys_is_printed(sign: str) -> None:
    """Controls and bidirectional overrides become a visible mark."""
    assert printable(f"a{sign}b") == "a\ufffdb"


@pytest.mark.parametrize("sign", ["\n", "\r", "\t", "\u2028", "\u2029"])
def test_no_message_fakes_a_second_line(sign: str) -> None:
    """Whatever breaks a line becomes a space."""
    assert one_line("x", f"a{sign}b") == "x: a b"


def test_text_of_any_script_is_left_alone() -> None:
    """Letters, accents, joiners and emoji pass as they are."""
    text = "灯台 é नमस्ते שלום 👩\u200d🚀"
    assert printable(text) == text


def test_a_problem_has_its_place() -> None:
    """A fault of the file as a whole has no line; a warning says that it is one."""
    assert Problem("a.yaml", 0, 0, "is empty").where == "a.yaml"
    warning = Problem("a.yaml", 3, 5, "is odd", "drop it", warning=True)
    assert str(warning) == "a.yaml:3:5: warning: is odd; drop it"


def test_a_storyboards_problems_are_told_in_the_order_of_the_file() -> None:
    """All of them, a line each, wherever they were found first."""
    late, early = Problem("a.yaml", 10, 1, "late"), Problem("a.yaml", 9, 1, "early")
    error = StoryboardError([late, early])
    assert str(error) == "a.yaml:9:1: early\na.yaml:10:1: late"
    assert exit_code(error) is Exit.WRONG


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_every_kind_has_its_exit_code(name: str, code: Exit) -> None:
    """Scripts tell the kinds apart by the code."""
    assert exit_code(getattr(errors, name)("x", "y")) is code


def test_kinds_below_a_kind_share_its_code() -> None:
    """A damaged ledger is a storage error; what a server does to us is a failure."""
    assert exit_code(LedgerDamaged("x", "y")) is Exit.STORAGE
    assert exit_code(APIError("x", "y")) is Exit.FAILED


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """Every error of the module stands in its drawing."""
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, SorapipeError):
            assert name in (errors.__doc__ or "")
