"""The door: what is typed wrongly, and what programs may rely on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sorapipe.cli.main import main, parser


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["rnu", "film.yaml"], "sorapipe: there is no 'rnu'; did you mean 'run'?"),
        (["store", "verfy"], "sorapipe store: there is no 'verfy'; did you mean 'verify'?"),
        (
            ["run", "film.yaml", "--locekd"],
            "sorapipe run: unrecognized arguments: --locekd; did you mean '--locked'?",
        ),
        (
            ["plan", "film.yaml", "--slect=storm"],
            "sorapipe plan: unrecognized arguments: --slect=storm; did you mean '--select'?",
        ),
        (
            ["apply", "plan.json", "--dry-run"],
            "sorapipe apply: unrecognized arguments: --dry-run; see 'sorapipe apply --help'",
        ),
        (
            ["status", "film.yaml", "run"],
            "sorapipe status: unrecognized arguments: run; see 'sorapipe status --help'",
        ),
    ],
)
def test_a_slip_is_told_by_the_command_that_it_was_made_in(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line with the nearest command or option, or where its help is; exit 2."""
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert (stopped.value.code, capsys.readouterr().err) == (2, told + "\n")


def test_data_say_their_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also of the commands that have no ledger to tell of."""
    film, store = tmp_path / "film.yaml", str(tmp_path)
    film.write_text("shots: [{ id: dawn, prompt: Dawn }]\n")
    for words in (
        ["validate", str(film)],
        ["providers"],
        ["providers", "local"],
        ["store", "verify", "--store", store],
        ["store", "gc", "--dry-run", "--store", store],
    ):
        assert main([*words, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["version"] == 1, words


def test_expressions_may_stand_anywhere_behind_the_storyboard() -> None:
    """`list` takes them before and behind its options, and options are still told apart."""
    args = parser().parse_args(["list", "film.yaml", "a", "--out", "o", "tag:b", "+c"])
    assert args.expressions == ["a", "tag:b", "+c"]
    with pytest.raises(SystemExit):
        parser().parse_args(["list", "film.yaml", "--out", "o", "a", "--selcet", "b"])
