"""The ledger holds for any events, any cut and any flipped byte."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sorapipe.clock import SystemClock
from sorapipe.ledger import Ledger, read
from sorapipe.ledger_lines import Event

OURS = {"v", "seq", "at", "event", "crc"}
anything = st.characters(codec=None)  # lone surrogates too
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(anything),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=3,
)
fields = st.dictionaries(
    st.text(anything).filter(lambda name: name not in OURS), values, max_size=3
)
events = st.lists(st.tuples(st.text(), fields), max_size=5)


@contextmanager
def written(rows: list[tuple[str, Event]]) -> Iterator[tuple[Path, list[Event]]]:
    """A ledger with those events, in a folder that goes away."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.jsonl"
        yield path, append(path, rows)


def append(path: Path, rows: list[tuple[str, Event]]) -> list[Event]:
    """Open the ledger, append the events, close it."""
    ledger = Ledger.open(path, SystemClock())
    try:
        return [ledger.append_sync(name, **row) for name, row in rows]
    finally:
        ledger.close()


@settings(deadline=None, max_examples=25)
@given(events)
def test_read_back(rows: list[tuple[str, Event]]) -> None:
    """Any sequence of events is read back equal, and with the values that were given."""
    with written(rows) as (path, appended):
        history = read(path)
        assert history.events == appended
        assert history.damage is None
        assert [event["event"] for event in appended] == [name for name, _ in rows]
        assert [event["seq"] for event in appended] == [*range(1, len(rows) + 1)]
        for event, (_, row) in zip(appended, rows, strict=True):
            given_ = {key: value for key, value in event.items() if key not in OURS}
            assert given_ == json.loads(json.dumps(row))  # two surrogates become one character


@settings(deadline=None, max_examples=25)
@given(events, st.data(), events)
def test_cut_anywhere(
    rows: list[tuple[str, Event]], data: st.DataObject, more: list[tuple[str, Event]]
) -> None:
    """A ledger cut at any byte reads as a prefix, and the next writer goes on without a gap."""
    with written(rows) as (path, appended):
        content = path.read_bytes()
        cut = data.draw(st.integers(0, len(content)))
        path.write_bytes(content[:cut])
        history = read(path)
        kept = len(history.events)
        assert history.damage is None
        assert history.events == appended[:kept]
        assert content[:cut].count(b"\n") <= kept <= content[: cut + 1].count(b"\n")
        assert history.good_bytes + len(history.torn) == cut
        late = append(path, more)
        assert read(path).events == appended[:kept] + late
        assert [event["seq"] for event in late] == [*range(kept + 1, kept + 1 + len(more))]


@settings(deadline=None, max_examples=60)
@given(events.filter(bool), st.data())
def test_flipped_byte(rows: list[tuple[str, Event]], data: st.DataObject) -> None:
    """A flipped byte is seen, and no event is ever read as another than was written."""
    with written(rows) as (path, appended):
        content = bytearray(path.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        history = read(path)
        line = path.read_bytes()[:at].count(b"\n")
        assert history.events == appended[:line]
        assert all(event in appended for event in history.after)
        last = len(rows) - 1
        assert history.damage is not None or (history.torn and line == last)
        if history.damage is not None:
            assert history.damage.where == f"{path}:{line + 1}"
