from __future__ import annotations

import shutil
from pathlib import Path

from sorapipe.claims import Claims
from sorapipe.clock import SystemClock
from sorapipe.ledger import Ledger
from sorapipe.run.others import Others
from tests.events import EXAMPLES

AT = "studio.example.com"


def entered(root: Path, *names: str) -> Path:
    """A folder that is entered, whose ledger has these events."""
    folder = root / "theirs"
    folder.mkdir()
    ledger = Ledger.open(folder / "ledger.jsonl", SystemClock())
    for name in names:
        ledger.append_sync(name, **{**EXAMPLES[name], "address": AT})
    ledger.close()
    Claims(root / "claims").enter(AT, folder)
    return folder


def others(root: Path) -> Others:
    """Those beside our own folder."""
    return Others(Claims(root / "claims"), AT, root / "ours")


def test_an_open_request_of_another_folder_is_seen(tmp_path: Path) -> None:
    """Its intent is told as long as no id is known of it."""
    folder = entered(tmp_path, "intent", "ambiguous")
    (other,) = others(tmp_path).now()
    assert (other.folder, len(other.open), other.videos) == (folder, 1, frozenset())


def test_what_another_folder_has_an_id_of_is_its_own(tmp_path: Path) -> None:
    """The id counts before it is claimed, and the request is open no more."""
    entered(tmp_path, "intent", "accepted")
    (other,) = others(tmp_path).now()
    assert (other.open, other.videos) == ((), frozenset({"video_1"}))


def test_what_changes_in_a_ledger_is_seen_at_once(tmp_path: Path) -> None:
    """The next look reads what was appended since."""
    folder, seen = entered(tmp_path, "intent"), others(tmp_path)
    assert seen.now()[0].open
    ledger = Ledger.open(folder / "ledger.jsonl", SystemClock())
    ledger.append_sync("not-sent", **EXAMPLES["not-sent"])
    ledger.close()
    assert not seen.now()[0].open


def test_a_folder_that_is_gone_blocks_nobody(tmp_path: Path) -> None:
    """Neither does one that was taken off."""
    folder = entered(tmp_path, "intent")
    shutil.rmtree(folder)
    assert others(tmp_path).now() == []
    folder.mkdir()
    (folder / "ledger.jsonl").write_bytes(b"")
    assert len(others(tmp_path).now()) == 1
    Claims(tmp_path / "claims").leave(AT, folder)
    assert others(tmp_path).now() == []


def test_a_ledger_that_cannot_be_read_may_have_anything_open(tmp_path: Path) -> None:
    """A damaged ledger is told as such."""
    folder = entered(tmp_path, "intent", "accepted")
    ledger = folder / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"intent", b"extent", 1))
    (other,) = others(tmp_path).now()
    assert not other.readable


def test_our_own_folder_is_no_other(tmp_path: Path) -> None:
    """A folder never stands in its own way."""
    folder = entered(tmp_path, "intent")
    assert Others(Claims(tmp_path / "claims"), AT, folder).now() == []
