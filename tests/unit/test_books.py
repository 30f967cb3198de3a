"""The books of a run as it begins: the ledger's tally, and no events beside it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from sorapipe.clock import SystemClock
from sorapipe.core.tally import Tally
from sorapipe.errors import LedgerDamaged
from sorapipe.ledger import Ledger
from sorapipe.run.prepare import read_books

INTENT = {"fp": "f1", "take": "a@1", "render": "r1", "price": 0.1}
ACCEPTED = {"fp": "f1", "take": "a@1", "render": "r1", "video": "v1"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger with a render under way."""
    path = tmp_path / "ledger.jsonl"
    with closing(Ledger.open(path, SystemClock())) as ledger:
        ledger.append_sync("intent", **INTENT)
        ledger.append_sync("accepted", **ACCEPTED)
    return path


def test_whole(path: Path) -> None:
    """Its events are folded as they are read; none is kept but in the tally."""
    history, tally = read_books(path)
    assert (history.events, history.last) == ([], 2)
    assert tally.take("f1").video == "v1"


def test_damaged(path: Path) -> None:
    """Then all that can be read is there, to fetch by, and nothing adds up."""
    good = path.read_bytes()
    path.write_bytes(good + b"{}\n" + good.splitlines(keepends=True)[1])
    history, tally = read_books(path)
    assert history.damage is not None
    assert [event["event"] for event in history.events] == ["intent", "accepted"]
    assert len(history.after) == 1
    assert tally == Tally()


def test_impossible(path: Path) -> None:
    """An event that cannot have happened stops all; damage behind it is told instead of it."""
    with closing(Ledger.open(path, SystemClock())) as ledger:
        ledger.append_sync("accepted", **ACCEPTED)
    with pytest.raises(LedgerDamaged, match="contradict each other"):
        read_books(path)
    path.write_bytes(path.read_bytes() + b"{}\n")
    assert read_books(path)[0].damage is not None
