"""The ledger: durable before it is acknowledged, and honest about what it lost."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zlib import crc32

import pytest

from sorapipe import ledger as ledger_module
from sorapipe.clock import SystemClock
from sorapipe.errors import LedgerDamaged, StorageError
from sorapipe.ledger import Ledger, read
from sorapipe.ledger_lines import Event, decode, encode


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger of the test is."""
    return tmp_path / "ledger.jsonl"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    """An open ledger, empty at first."""
    ledger = Ledger.open(path, SystemClock())
    yield ledger
    ledger.close()


def filled(path: Path, events: int = 5) -> list[bytes]:
    """A ledger with that many events; its lines."""
    ledger = Ledger.open(path, SystemClock())
    for number in range(events):
        ledger.append_sync("polled", progress=number)
    ledger.close()
    return path.read_bytes().splitlines(keepends=True)


def test_a_line(ledger: Ledger, path: Path) -> None:
    """A line has the fields of the format in their order, and the check over all before it."""
    event = ledger.append_sync("accepted", shot="dawn", id="video_灯台", price=0.4)
    line = path.read_bytes()
    assert list(event) == ["v", "seq", "at", "event", "shot", "id", "price", "crc"]
    assert json.loads(line) == event
    assert (event["v"], event["seq"], event["event"]) == (1, 1, "accepted")
    assert event["at"].endswith("+00:00")
    assert "video_灯台".encode() in line
    assert b" " not in line
    body = line[: line.rindex(b',"crc":')]
    assert event["crc"] == f"{crc32(body):08x}"


def test_read_back(ledger: Ledger, path: Path) -> None:
    """What append returned is what every reader sees, while the writer is at work."""
    events = [ledger.append_sync("polled", name="x", progress=number) for number in range(3)]
    history = read(path)
    assert history.events == events
    assert (history.after, history.damage, history.torn) == ([], None, b"")
    assert history.good_bytes == path.stat().st_size


def test_handed_over(ledger: Ledger, path: Path) -> None:
    """Events that are handed over one by one are not kept besides, and the next goes on behind."""
    events = [ledger.append_sync("polled", number=number) for number in range(3)]
    ledger.close()
    seen: list[Event] = []
    history = read(path, seen.append)
    assert (seen, history.events, history.last) == (events, [], 3)
    with closing(Ledger.open(path, SystemClock(), history)) as again:
        assert again.append_sync("polled")["seq"] == 4


def test_texts_are_kept_once(ledger: Ledger) -> None:
    """What is recorded shares its texts with whoever told it, and no list or mapping with them."""
    name, request = "".join(("sh", "ot@1")), {"prompt": "".join(("a wa", "ve")), "sizes": ["64x64"]}
    event = ledger.append_sync("intent", take=name, request=request)
    assert event["take"] is name
    assert event["request"] == request
    assert event["request"]["prompt"] is request["prompt"]
    assert event["request"] is not request
    assert event["request"]["sizes"] is not request["sizes"]


def test_missing(path: Path) -> None:
    """A ledger that is not there is empty, and reading does not create it."""
    assert read(path).events == []
    assert list(path.parent.iterdir()) == []


def test_own_fields_and_no_json(ledger: Ledger, path: Path) -> None:
    """What cannot be recorded raises, and takes no number."""
    for fields, error in (
        ({"seq": 7}, ValueError),
        ({"crc": "0"}, ValueError),
        ({"price": float("nan")}, ValueError),
        ({"path": path}, TypeError),
    ):
        with pytest.raises(error):
            ledger.append_sync("accepted", **fields)
    assert ledger.append_sync("accepted")["seq"] == 1
    assert len(read(path).events) == 1


def test_lone_surrogate(ledger: Ledger, path: Path) -> None:
    """A name from the file system that is no Unicode comes back as it was."""
    event = ledger.append_sync("reused", file="dawn-\udcff", pair="\ud83d\ude00")
    assert read(path).events == [event]
    assert event["file"] == "dawn-\udcff"


def test_group_commit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events that arrive together share a sync, keep the order of the calls, and wait for it."""
    synced: list[int] = []

    def sync(fd: int) -> None:
        os.fsync(fd)
        synced.append(os.fstat(fd).st_size)

    def durable_lines() -> int:
        return path.read_bytes()[: synced[-1]].count(b"\n")

    async def one(ledger: Ledger, number: int) -> None:
        event = await ledger.append("polled", number=number)
        assert durable_lines() >= event["seq"]

    async def main() -> None:
        ledger = Ledger.open(path, SystemClock())
        monkeypatch.setattr(ledger_module, "sync", sync)
        for _ in range(3):
            await asyncio.gather(*(one(ledger, number) for number in range(64)))
        await ledger.aclose()

    asyncio.run(main())
    assert len(synced) == 3
    assert [event["number"] for event in read(path).events] == [*range(64)] * 3


def test_cancelled_waiter(path: Path) -> None:
    """A caller that is cancelled while it waits neither loses its event nor harms another's."""

    async def main() -> None:
        ledger = Ledger.open(path, SystemClock())
        waiting = [asyncio.create_task(ledger.append("polled", number=n)) for n in range(10)]
        await asyncio.sleep(0)
        for task in waiting[::2]:
            task.cancel()
        done = await asyncio.gather(*waiting, return_exceptions=True)
        assert [isinstance(each, asyncio.CancelledError) for each in done] == [True, False] * 5
        assert (await ledger.append("polled", number=10))["seq"] == 11
        late = asyncio.create_task(ledger.append("polled", number=11))
        await asyncio.sleep(0)
        await ledger.aclose()
        assert (await late)["seq"] == 12

    asyncio.run(main())
    assert [event["number"] for event in read(path).events] == [*range(12)]


def test_torn_end(path: Path) -> None:
    """A torn end is ignored by readers; the next writer keeps it aside and goes on from there."""
    lines = filled(path)
    for tears, at in enumerate((1, len(lines[-1]) - 2), 1):
        path.write_bytes(b"".join(lines[:-1]) + lines[-1][:at])
        history = read(path)
        assert (len(history.events), history.torn) == (4, lines[-1][:at])
        assert history.good_bytes == len(b"".join(lines[:-1]))
        ledger = Ledger.open(path, SystemClock())
        assert ledger.append_sync("polled")["seq"] == 5
        ledger.close()
        assert (path.parent / f"ledger.torn-{tears}").read_bytes() == lines[-1][:at]
        assert len(read(path).events) == 5


def test_zeros_at_the_end(path: Path) -> None:
    """Zeros that a power cut left behind the last line are a torn end."""
    lines = filled(path)
    path.write_bytes(b"".join(lines) + bytes(4096))
    assert (len(read(path).events), read(path).damage) == (5, None)


def test_last_line_without_newline(path: Path) -> None:
    """A whole last line that lacks only its newline counts, and the next writer gives it one."""
    lines = filled(path)
    path.write_bytes(b"".join(lines)[:-1])
    assert (len(read(path).events), read(path).torn) == (5, b"")
    ledger = Ledger.open(path, SystemClock())
    ledger.append_sync("polled")
    ledger.close()
    assert [event["seq"] for event in read(path).events] == [1, 2, 3, 4, 5, 6]
    assert path.read_bytes().startswith(b"".join(lines))


@pytest.mark.parametrize(
    ("change", "words", "before", "after"),
    [
        (lambda rows: [*rows[:4], rows[4][:-1] + b"?"], ":5: this line of the ledger is", 4, 0),
        (lambda rows: [*rows[:2], b"?" + rows[2], *rows[3:]], ":3: this line of the ledger", 2, 2),
        (
            lambda rows: [*rows[:2], *rows[3:]],
            ":3: event 3 is missing; this line holds event 4",
            2,
            2,
        ),
        (
            lambda rows: [*rows[:2], b"\n", *rows[2:]],
            ":3: this line of the ledger is damaged",
            2,
            3,
        ),
        (lambda rows: [*rows, rows[4]], ":6: event 6 is missing; this line holds event 5", 5, 1),
        (lambda rows: [*rows[:4], rows[4].replace(b"4", b"7")], ":5: this line of", 4, 0),
        (lambda rows: [row.replace(b"\n", b"\r\n") for row in rows], ":1: this line of", 0, 0),
        (lambda rows: [b"[]\n"], ":1: this line of the ledger is damaged", 0, 0),
    ],
)
def test_damage(path: Path, change: object, words: str, before: int, after: int) -> None:
    """A gap or a bad line is told with file and line; readable events on both sides are given."""
    assert callable(change)
    path.write_bytes(b"".join(change(filled(path))))
    content = path.read_bytes()
    history = read(path)
    assert isinstance(history.damage, LedgerDamaged)
    assert f"{path}{words}" in str(history.damage)
    assert (len(history.events), len(history.after)) == (before, after)
    with pytest.raises(LedgerDamaged):
        Ledger.open(path, SystemClock())
    assert path.read_bytes() == content


def test_another_version(path: Path) -> None:
    """A ledger of another version is not written to."""
    path.write_bytes(encode({"v": 2, "seq": 1, "at": "", "event": "polled"})[0])
    with pytest.raises(LedgerDamaged, match="ledger version 2, not 1"):
        Ledger.open(path, SystemClock())


def test_sealed_by_somebody_else() -> None:
    """A line whose check is right but that is no JSON object is no event."""
    for body in (b'{"a":', b"1", b"[" * 100_000):
        assert decode(body + b',"crc":"%08x"}\n' % crc32(body)) is None


def test_loop_ends_first(path: Path) -> None:
    """What was appended when the loop ended is written when the ledger is closed."""

    async def main() -> Ledger:
        ledger = Ledger.open(path, SystemClock())
        for number in range(3):
            asyncio.get_running_loop().create_task(ledger.append("accepted", number=number))
        return ledger

    loop = asyncio.new_event_loop()
    ledger = loop.run_until_complete(main())
    waiting = asyncio.all_tasks(loop)
    for task in waiting:
        task.get_loop().call_soon(task.cancel)
    loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
    loop.close()
    ledger.close()
    assert [event["number"] for event in read(path).events] == [0, 1, 2]


def test_closed(path: Path) -> None:
    """A closed ledger leaves no thread behind and refuses events."""

    async def main() -> None:
        ledger = Ledger.open(path, SystemClock())
        await ledger.append("first")
        await ledger.aclose()
        await ledger.aclose()
        with pytest.raises(StorageError, match="is closed"):
            await ledger.append("second")

    asyncio.run(main())
    assert [each.name for each in threading.enumerate() if each.name.startswith("ledger")] == []
