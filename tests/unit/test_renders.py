"""What became of each render, as the export and the history tell it."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import pytest

from sorapipe.core.kept import kept_takes
from sorapipe.core.renders import renders
from sorapipe.core.runs import runs
from sorapipe.report.ledger import COLUMNS, as_csv, as_json_lines, rows
from sorapipe.report.runs import seconds
from tests.events import MARK, RENDER, event

OTHER = hashlib.sha256(b"another take").hexdigest()
SECOND = "f" * 32
SENT = [event("run-started"), event("intent")]
KEPT = [*SENT, event("accepted"), event("rendered", told_cost=0.4), event("kept")]
UNKNOWN = [*SENT, event("ambiguous"), event("unknown")]
AGAIN = [
    event("resubmitted"),
    event("intent", render=SECOND, price=0.7),
    event("accepted", render=SECOND, video="video_3"),
]


@pytest.mark.parametrize(
    ("events", "told"),
    [
        (SENT, [("intended", 0.4, False)]),
        ([*SENT, event("not-sent")], [("not-sent", 0, True)]),
        ([*SENT, event("throttled")], [("throttled", 0, True)]),
        ([*SENT, event("rejected")], [("rejected", 0, True)]),
        ([*SENT, event("ambiguous")], [("ambiguous", 0.4, False)]),
        (UNKNOWN, [("unknown", 0.4, False)]),
        ([*UNKNOWN, event("written-off")], [("written-off", 0.4, True)]),
        ([*UNKNOWN, event("absent")], [("absent", 0, True)]),
        ([*SENT, event("accepted")], [("rendering", 0.4, False)]),
        ([*SENT, event("accepted"), event("rendered")], [("rendered", 0.3, False)]),
        ([*SENT, event("accepted"), event("failed")], [("failed", 0.4, True)]),
        ([*SENT, event("accepted"), event("failed", cost=0)], [("failed", 0, True)]),
        ([*SENT, event("accepted"), event("lost")], [("lost", 0.4, True)]),
        (KEPT, [("kept", 0.4, True)]),
        ([*KEPT, event("missing")], [("rendered", 0.4, False)]),
        ([*KEPT, event("missing"), event("kept", cost=0)], [("kept", 0.4, True)]),
        ([*KEPT, event("missing"), event("lost")], [("lost", 0.4, True)]),
        ([*KEPT, event("again")], [("kept", 0.4, True)]),
        ([*UNKNOWN, *AGAIN], [("resubmitted", 0.4, True), ("rendering", 0.7, False)]),
        (
            [*UNKNOWN, *AGAIN, event("duplicate")],
            [("duplicate", 0.4, False), ("rendering", 0.7, False)],
        ),
        (
            [*UNKNOWN, *AGAIN, event("duplicate"), event("duplicate-kept")],
            [("duplicate-kept", 0.4, True), ("rendering", 0.7, False)],
        ),
        (
            [*UNKNOWN, *AGAIN, event("duplicate"), event("duplicate-lost", cost=0.1)],
            [("duplicate-lost", 0.1, True), ("rendering", 0.7, False)],
        ),
        (
            [*UNKNOWN, event("resubmitted"), event("adopted")],
            [("rendering", 0.4, False)],
        ),
        (
            [
                *UNKNOWN,
                event("absent"),
                event("intent", render=SECOND),
                event("rejected", render=SECOND),
                event("adopted"),
            ],
            [("rendering", 0.4, False), ("rejected", 0, True)],
        ),
    ],
    ids=lambda value: value[-1]["event"] if value and isinstance(value[-1], dict) else "",
)
def test_a_render_stands_as_its_last_event_says(
    events: list[dict[str, Any]], told: list[tuple[str, float, bool]]
) -> None:
    """Each has its outcome, what it counts as, and whether it has ended; the sum is the tally's."""
    found = renders(events)
    one_by_one = [
        (one.outcome, float(one.cost), one.ended is not None) for one in found.by_id.values()
    ]
    assert one_by_one == told
    assert sum(one.cost for one in found.by_id.values()) == found.tally.committed


def test_bytes_from_the_store_are_no_doing_of_a_render_that_failed() -> None:
    """A failed render stays failed when its take is reused, lost here and fetched again."""
    failed = [*SENT, event("accepted"), event("failed")]
    reused = event("reused", video="video_9", address="studio")
    fetched = [reused, event("missing"), event("kept", video="video_9", cost=0)]
    (one,) = renders([*failed, *fetched]).by_id.values()
    assert (one.outcome, one.sha256) == ("failed", None)
    assert [take.render for take in kept_takes([*failed, *fetched])] == [None]


def test_a_take_is_listed_under_every_name_that_it_was_delivered_by() -> None:
    """It cost something under the name that bought it, and nothing under another."""
    takes = kept_takes([*KEPT, event("delivered"), event("delivered", take="dusk@2", file="d.mp4")])
    assert [(take.name, take.shot, take.number, take.cost) for take in takes] == [
        ("dawn@1", "dawn", 1, Decimal("0.4")),
        ("dusk@2", "dusk", 2, 0),
    ]


def test_what_a_take_of_unknown_price_cost_is_unknown() -> None:
    """Nobody knows, and no zero is told, unless the server told what it took."""
    begun = [event("run-started"), event("intent", price=None), event("accepted")]
    (unknown,) = kept_takes([*begun, event("rendered", told_cost=0), event("kept", cost=0)])
    assert unknown.cost is None
    (known,) = kept_takes([*begun, event("rendered", told_cost=0.2), event("kept", cost=0.2)])
    assert known.cost == Decimal("0.2")


def test_a_removed_video_is_known_to_be_gone() -> None:
    """The render keeps its bytes and its price; the take has no video to start from or to fetch."""
    found = renders([*KEPT, event("removed")])
    assert found.by_id[RENDER].removed
    assert found.by_id[RENDER].outcome == "kept"
    take = found.tally.take(MARK)
    assert (take.video, take.kept["video"], take.sha256) == (None, None, event("kept")["sha256"])
    other = renders([*KEPT, event("removed", video="video_of_an_earlier_render")])
    assert other.tally.take(MARK).video == "video_1"


def test_a_cleaned_file_is_delivered_no_more() -> None:
    """Only that one; delivered again it is there again."""
    tally = renders([event("delivered"), event("delivered", file="b.mp4"), event("cleaned")]).tally
    assert list(tally.delivered) == ["b.mp4"]
    tally.apply(event("delivered"))
    assert list(tally.delivered) == ["b.mp4", "dawn.mp4"]


def test_a_run_that_was_killed_is_counted_by_what_happened() -> None:
    """What it made, asked for and spent is known without its end; an end has the last word."""
    killed, ended = runs([*KEPT, event("run-started"), event("run-ended", cost=0.25, made=7)])
    assert (killed.ended, killed.made, killed.creates) == (None, 1, 1)
    assert (killed.cost, seconds(killed)) == (Decimal("0.4"), None)
    assert (ended.number, ended.cost, seconds(ended)) == (2, Decimal("0.25"), 0)


def test_a_run_over_which_the_clock_was_set_back_took_nobody_knows_how_long() -> None:
    """A time below nothing is told by none."""
    start, end = (f"2026-01-01T00:00:{second}.000Z" for second in ("10", "05"))
    (run,) = runs([event("run-started", at=start), event("run-ended", at=end)])
    assert seconds(run) is None


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_a_spreadsheet_gets_no_formula(sign: str) -> None:
    """What it would calculate begins with a quote; programs get the prompt as it is."""
    prompt = sign + 'cmd|"/c calc"!A0'
    request = {**event("intent")["request"], "prompt": prompt}
    found = rows(renders([event("run-started"), event("intent", request=request)]))
    text = as_csv(found)
    assert '"' + "'" + prompt.replace('"', '""') + '"' in text
    assert text.startswith(",".join(COLUMNS) + "\r\n")
    assert found[0]["prompt"] == prompt
    assert list(found[0]) == list(COLUMNS)
    assert as_json_lines(found).count("\n") == 1


def test_a_row_says_all_of_its_render() -> None:
    """Its names, its request, its server, its money and its file stand in one line."""
    (row,) = rows(renders([*KEPT, event("delivered")]))
    told = {key: row[key] for key in ("shot", "number", "run", "video", "render", "file")}
    assert told == {
        "shot": "dawn",
        "number": 1,
        "run": 1,
        "video": "video_1",
        "render": RENDER,
        "file": "dawn.mp4",
    }
    assert as_csv([row]).splitlines()[1].split(",")[-5:-3] == ["0.4", "0.4"]
