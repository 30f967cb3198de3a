"""Plans, statuses and summaries: what people read, and what programs get."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from sorapipe.cli.main import main, parser
from sorapipe.cli.options import look
from sorapipe.cli.planning import options
from sorapipe.clock import stamp
from sorapipe.core.plan import Decision, PlannedTake
from sorapipe.core.take import State, Take
from sorapipe.report.live import watcher
from sorapipe.report.plan import as_data, as_text
from sorapipe.report.plan import table as columns
from sorapipe.report.status import as_text as status_text
from sorapipe.report.status import standing
from sorapipe.report.summary import as_text as summary
from sorapipe.run.outcome import Outcome
from sorapipe.run.prepare import Prepared
from sorapipe.schema import text

BOARD = """\
budget: 3
shots:
  - { id: dawn, prompt: a lighthouse at dawn, takes: 2, seconds: 8 }
  - { id: storm, prompt: the same in a storm, remix-of: dawn }
"""


def prepared(folder: Path, *more: str) -> Prepared:
    """The plan of the storyboard above, with what the command line says."""
    path = folder / "board.yaml"
    path.write_text(BOARD)
    args = parser().parse_args(
        ["plan", str(path), "--out", str(folder / "out"), "--store", str(folder / "store"), *more]
    )
    return look(args, options(args))


def test_a_plan_as_data_is_what_its_schema_says(tmp_path: Path) -> None:
    """`plan --json` validates, and its sum is that of its rows."""
    data = as_data(prepared(tmp_path, "--provider", "openai"), ["board.yaml"])
    Draft202012Validator(json.loads(text("plan"))).validate(data)
    assert [row["price"] for row in data["takes"]] == [0.8, 0.8, 0.8]
    assert data["price"] == 2.4
    assert data["takes"][2]["reason"] == "parent"
    assert [row["level"] for row in data["takes"]] == [0, 0, 1]


def test_a_plan_as_text_names_price_server_and_budget(tmp_path: Path) -> None:
    """People see a row a take, the sum, where it would go and why, and the budget."""
    shown = as_text(prepared(tmp_path, "--provider", "openai"))
    assert "storm@1  render    $0.80    parent" in shown
    assert "3 to render, 0 to reuse; at most $2.40" in shown
    assert "chosen by --provider" in shown
    assert "budget: $0.00 of $3.00" in shown


def test_planning_writes_nothing(tmp_path: Path) -> None:
    """`plan` leaves no trace: no folder, no ledger, no store."""
    prepared(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["board.yaml"]


def test_a_plan_over_its_budget_exits_6(tmp_path: Path) -> None:
    """The plan is shown, and the exit code says that no run would begin."""
    path = tmp_path / "board.yaml"
    path.write_text(BOARD)
    places = ["--out", str(tmp_path / "out"), "--store", str(tmp_path / "store"), "--quiet"]
    command = ["plan", str(path), "--provider", "openai", *places]
    assert main([*command, "--budget", "2.39"]) == 6
    assert main([*command, "--budget", "2.40"]) == 0


def test_a_summary_says_what_to_do_next() -> None:
    """Unknown payments come with their price and command, renders in flight with theirs."""
    lost = Take(
        fingerprint="f", name="a@1", state=State.UNKNOWN, held=Decimal("0.8"), why="no answer"
    )
    flying = Take(fingerprint="g", name="b@1", state=State.RENDERING, video="video_1")
    shown = summary(
        Outcome(wanted=2, unknown=[lost], in_flight=[flying], out="out"),
        "sorapipe run 'my board.yaml'",
        "sorapipe resolve 'my board.yaml'",
    )
    assert "a@1: may have been paid, up to $0.80: no answer" in shown
    for how in ("--adopt ID", "--resubmit", "--write-off"):
        assert f": sorapipe resolve 'my board.yaml' a@1 {how}\n" in shown
    assert "still rendering; go on with: sorapipe run 'my board.yaml'" in shown
    assert "b@1 is video_1" in shown


def test_a_summary_counts_what_is_still_open() -> None:
    """What may yet turn out to cost less is counted apart, and the cost is called the most."""
    unknown = Take(fingerprint="f", name="a@1", state=State.UNKNOWN, held=Decimal("0.8"))
    flying = Take(fingerprint="g", name="b@1", state=State.RENDERING, video="video_1")
    still = Outcome(wanted=2, unknown=[unknown], in_flight=[flying], cost=Decimal("1.6"))
    shown = summary(still, "run", "resolve")
    counts = "0 made, 0 reused of 2 takes; 1 in flight, 1 of unknown fate"
    assert f"{counts}; this run cost up to $1.60" in shown
    ended = Outcome(wanted=1, made=["a@1"], cost=Decimal("0.8"))
    assert "1 made, 0 reused of 1 take; this run cost $0.80" in summary(ended, "run", "resolve")


def test_a_status_says_a_thing_once(tmp_path: Path) -> None:
    """A reason that is the standing itself is not repeated, and what is blocked is called so."""
    shown = status_text(prepared(tmp_path), lambda command, take: command, "clean")
    assert "  dawn@1   new\n" in shown
    blocked = PlannedTake(
        shot="storm",
        number=1,
        fingerprint=None,
        operation="remix",
        decision=Decision.BLOCKED,
        price=None,
        reason="the remote video of 'dawn' is gone; --force renders all again",
        file="storm.mp4",
    )
    assert standing(blocked) == "blocked"


def test_a_server_that_asks_to_wait_is_told_once_until_it_asks_for_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not for every take and try: the first time, a longer wait, and after a minute of the same."""
    plan = prepared(tmp_path).plan
    capsys.readouterr()
    waits = [(0, 1.0), (1, 1.0), (2, 0.5), (3, None), (4, 2.5), (5, 1.0), (64, 1.0), (65, 1.0)]
    with watcher(plan, json_lines=False, quiet=False) as tell:
        for second, wait in waits:
            at = stamp(1_800_000_000 + second)
            tell({"event": "throttled", "at": at, "take": f"a@{second}", "retry_after": wait})
    assert capsys.readouterr().err.splitlines() == [
        "a@0: the server asks to wait 1 s",
        "a@4: the server asks to wait 2.5 s",
        "a@64: the server asks to wait 1 s",
    ]


def test_a_server_that_does_not_say_how_long_is_told_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No number is made up for it, and programs get every event as it was."""
    plan = prepared(tmp_path).plan
    event = {"event": "throttled", "at": stamp(0), "take": "a@1", "retry_after": None}
    capsys.readouterr()
    for json_lines in (False, True):
        with watcher(plan, json_lines=json_lines, quiet=False) as tell:
            tell(event)
            tell(event)
    shown = capsys.readouterr()
    assert shown.err == "a@1: the server asks to wait\n"
    assert list(map(json.loads, shown.out.splitlines())) == [event, event]


def test_a_prompt_cannot_move_the_cursor() -> None:
    """Control characters in what a server says are not printed as they are."""
    shown = summary(Outcome(failed={"a@1": "\x1b[2Jgone\u202e"}), "run", "resolve")
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_columns_stand_under_each_other() -> None:
    """Every column but the last is as wide as its widest cell."""
    assert columns(("a", "b"), [("xxx", "y"), ("z", "")]) == ["a    b", "xxx  y", "z"]
