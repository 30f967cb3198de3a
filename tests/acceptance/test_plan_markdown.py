"""A plan as Markdown: what stands in it, and that nothing which others wrote is markup there."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from sorapipe.cli.main import main
from sorapipe.report.markdown import code
from tests.untouched import untouched

BITS = """@bob #123 http://x.yz bob@x.yz </code> <script> ![a](b) | \\| `` &amp; <!-- ~~a~~ $a$"""
ODD = ("\u2028", "\u202e", "\n", "\t", " ", "a", "é", "[x]: y")


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """A storyboard of two shots."""
    path = tmp_path / "film.yaml"
    path.write_text(
        "title: a <b>film</b>\n"
        "shots:\n"
        "  - { id: dawn, prompt: 'a `sea` | @bob\\u202E', takes: 2 }\n"
        "  - { id: storm, prompt: a storm, remix-of: dawn }\n"
    )
    return path


def shown(capsys: pytest.CaptureFixture[str], board: Path, *options: str) -> str:
    """What `plan --markdown` prints."""
    places = ["--out", str(board.parent / "out"), "--store", str(board.parent / "store")]
    assert main(["plan", str(board), "--markdown", *places, *options]) == 0
    return capsys.readouterr().out


def test_it_has_counts_rows_and_what_the_sum_is_made_of(
    board: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A heading, the sum, a row a take, and the price by model; it writes nothing."""
    with untouched(board.parent):
        told = shown(capsys, board, "--provider", "openai")
    assert told.startswith("## Plan of <code>a &#60;b&#62;film&#60;/b&#62;</code>\n")
    assert "**3 to render, 0 to reuse; at most 1.20 USD**" in told
    row = "| <code>storm&#64;1</code> | **render** | <code>parent</code> | 0.40 USD | "
    assert f"{row}<code>a storm</code> |" in told
    assert re.search(
        r"\| <code>sora-2</code> \| 1280x720 \| 3 \| 12 \| 0.10 USD \| 1.20 USD ", told
    )
    assert "There is no lock (<code>film&#46;lock</code>)" in told
    assert "<details>" not in told
    assert "$" not in told  # it begins a formula


def test_a_long_table_is_folded_up_and_a_very_long_one_is_counted(
    board: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """More than 50 rows are in `<details>`, and what is beyond 500 is a number."""
    board.write_text(board.read_text().replace("takes: 2", "takes: 700"))
    told = shown(capsys, board)
    assert "<details><summary>701 takes</summary>\n\n| take |" in told
    assert told.count("\n| <code>dawn") == 500
    assert "\nAnd 201 more.\n\n</details>\n" in told


def test_it_tells_the_difference_to_the_lock(
    board: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Takes that are new, changed, removed or unchanged, and what they come to."""
    board.write_text(
        "defaults: { seconds: 1, size: 64x64 }\n"
        "shots: [{ id: a, prompt: a }, { id: b, prompt: b }, { id: c, prompt: c }]\n"
    )
    places = ["--out", str(board.parent / "out"), "--store", str(board.parent / "store")]
    assert main(["run", str(board), "--quiet", "--price", "sora-2=0.5", *places]) == 0
    board.write_text(
        "defaults: { seconds: 1, size: 64x64 }\n"
        "shots: [{ id: a, prompt: a }, { id: b, prompt: B }, { id: d, prompt: d }, "
        "{ id: e, prompt: e }, { id: f, prompt: f }]\n"
    )
    told = shown(capsys, board, "--price", "sora-2=0.5")
    counts = "3 new, 1 changed, 1 removed, 1 unchanged"
    assert f"Against the lock (<code>film&#46;lock</code>): {counts}.\n" in told
    assert "All of it rendered anew: at most 2.50 USD.\n" in told
    assert "What is locked cost 1.50 USD (+1.00 USD).\n" in told


def test_nothing_that_others_wrote_is_markup(board: Path) -> None:
    """Between `<code>` and `</code>` there are but letters, digits, harmless signs and entities."""
    chance = random.Random(5)
    plain = re.compile(r"<code>(?:[A-Za-z0-9 ,/-]|[^\x00-\x7f]|&#\d+;|&#64;<!-- -->)*</code>")
    for _ in range(2_000):
        text = "".join(chance.choice((*BITS.split(), *ODD)) for _ in range(chance.randint(0, 9)))
        told = code(text)
        assert plain.fullmatch(told), (text, told)
        assert "\u202e" not in told
        if "." in text:  # no address may be whole, lest it become a link
            assert not re.search(r"&#64;(?!<!-- -->)", told)
    assert code("a|b`c") == "<code>a&#124;b&#96;c</code>"


def test_it_needs_no_key_and_no_network(
    board: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that the environment names, without its key and without an answer, is no matter."""
    monkeypatch.setenv("SORAPIPE_BASE_URL", "https://videos.example/v1")
    monkeypatch.setattr("socket.socket.connect", None)
    assert "https&#58;//videos&#46;example/v1" in shown(capsys, board)
