"""Each limit of the config and the environment, by what it changes; and a server that throttles.

The run, its ledger and its client are real, and so is the studio on its socket. Only the run's own
waiting is made short: whoever sleeps by its clock is later at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import sorapipe.studio.limits
from sorapipe.clock import Clock, SystemClock
from sorapipe.config import Provider, resolve
from sorapipe.config_file import Limits
from sorapipe.core.take import Event
from sorapipe.errors import UsageError
from sorapipe.ledger import Ledger, read
from sorapipe.load import load
from sorapipe.run.outcome import Outcome
from sorapipe.run.prepare import Options, fold_history, prepare
from sorapipe.run.start import Terms, carry_out
from sorapipe.store import Store
from sorapipe.studio.fault_acts import FaultyApp
from sorapipe.studio.faults import Faults, of_flag
from sorapipe.studio.limits import Limit
from sorapipe.studio.studio import Studio
from tests.faulty import faulty
from tests.served import in_thread
from tests.unit.clocks import Hand

ONE = "version: 1\ndefaults: { seconds: 1, size: 64x64 }\nshots:\n  - { id: a, prompt: a wave }\n"
THROTTLED = 429


def configured(folder: Path, url: str, profile: str, limits: str, **environ: str) -> Provider:
    """A server whose owner's config says these limits."""
    path = folder / "config.toml"
    path.write_text(
        f'[providers.p]\nprofile = "{profile}"\nbase-url = "{url}"\n[limits]\n{limits}\n'
    )
    return resolve(provider="p", config_path=path, environ=environ)


def ran(folder: Path, provider: Provider, clock: Clock, text: str = ONE) -> Outcome:
    """How a run of the storyboard ended."""
    (folder / "storyboard.yaml").write_text(text)
    out, ledger = folder / "out", folder / "out" / "ledger.jsonl"
    history = read(ledger)
    prepared = prepare(
        load(folder / "storyboard.yaml"),
        provider,
        out=out,
        store=Store(folder / "store"),
        tally=fold_history(ledger, history),
        options=Options(prices={}),
        now=clock.now(),
    )
    out.mkdir(exist_ok=True)
    opened, heard = Ledger.open(ledger, clock, history), list[Event]()
    try:
        return asyncio.run(carry_out(prepared, opened, clock, heard.append, Terms()))
    finally:
        opened.close()


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@contextmanager
def studio(folder: Path, *faults: str, limit: Limit | None = None) -> Iterator[str]:
    """The base URL of a studio that has these faults, or this limit, until the block ends."""
    served = Studio(folder / "studio", strict=False)
    app = FaultyApp(served.app, Faults(map(of_flag, faults), seed=0), limit)
    with in_thread(served, app) as origin:
        yield f"{origin}/v1"
        app.end()


@pytest.mark.parametrize("name", [limit.name for limit in fields(Limits)])
def test_a_limit_has_one_name_in_config_and_environment(tmp_path: Path, name: str) -> None:
    """The environment wins; what cannot be is one line that names the place and the value."""
    key, variable = name.replace("_", "-"), f"SORAPIPE_{name.upper()}"
    url = "http://127.0.0.1/v1"
    assert getattr(configured(tmp_path, url, "generic", f"{key} = 7").limits, name) == 7
    over = configured(tmp_path, url, "generic", f"{key} = 7", **{variable: "9"})
    assert getattr(over.limits, name) == 9
    with pytest.raises(UsageError, match=rf"config.toml: limits.{key}: '-1' is not possible"):
        configured(tmp_path, url, "generic", f"{key} = -1")
    with pytest.raises(UsageError, match=rf"^{variable}: 'much' is not possible; a number above 0"):
        configured(tmp_path, url, "generic", "", **{variable: "much"})


@pytest.mark.parametrize(("said", "least", "most"), [("5", 5, 60), ("0", 0, 5), ("", 120, 400)])
def test_settle_timeout_is_how_long_a_render_is_looked_for(
    tmp_path: Path, said: str, least: float, most: float
) -> None:
    """What a list never shows is held as unknown after that long, and after 120 s unless said."""
    clock = Hand()
    with faulty(tmp_path / "studio", script=["500-before"], hidden=True) as server:
        provider = configured(tmp_path, server.url, "generic", "", SORAPIPE_SETTLE_TIMEOUT=said)
        outcome = ran(tmp_path, provider, clock)
    assert [take.name for take in outcome.unknown] == ["a@1"]
    assert least <= clock.time - 1000 <= most


def test_poll_interval_is_fixed_whatever_the_profile_says(tmp_path: Path) -> None:
    """The profile's shortest is 10 s; the owner wants a look each 0.25 s, and gets it."""
    clock = Hand()
    with studio(tmp_path) as url:
        outcome = ran(tmp_path, configured(tmp_path, url, "openai", "poll-interval = 0.25"), clock)
    assert outcome.exit == 0, outcome
    assert set(clock.slept) == {0.25}


@pytest.mark.parametrize("asked", ["1000", "1000000000", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_backoff_cap_bounds_what_a_server_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """Seconds or a date: it waits as long as its owner allows, and no longer."""
    outcome, clock = _throttled(tmp_path, monkeypatch, asked, SORAPIPE_BACKOFF_CAP="17")
    assert outcome.exit == 0, outcome
    assert max(clock.slept) == pytest.approx(17, abs=1e-6)


@pytest.mark.parametrize("asked", ["-5", "nan", "1e9", ""])
def test_what_no_server_can_mean_is_a_pause_of_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """It neither comes back at once nor waits for ever; the cap bounds our own pauses too."""
    outcome, clock = _throttled(tmp_path, monkeypatch, asked, SORAPIPE_BACKOFF_CAP="0.3")
    assert outcome.exit == 0, outcome
    pauses = [seconds for seconds in clock.slept if seconds != 0.01]
    assert 0.15 <= pauses[0] <= 0.3


def _throttled(
    folder: Path, monkeypatch: pytest.MonkeyPatch, asked: str, **environ: str
) -> tuple[Outcome, Hand]:
    """A run whose first create is answered with 429 and that Retry-After, and its clock."""
    clock, left = Hand(), [asked]
    served = Studio(folder / "studio", strict=False)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "POST" and left:
            headers = [(b"retry-after", left.pop().encode())]
            start = {"type": "http.response.start", "status": THROTTLED, "headers": headers}
            await send(start)
            await send({"type": "http.response.body", "body": b"{}"})
        else:
            await served.app(scope, receive, send)

    environ["SORAPIPE_POLL_INTERVAL"] = "0.01"
    with in_thread(served, app) as origin:
        return ran(
            folder, configured(folder, f"{origin}/v1", "generic", "", **environ), clock
        ), clock


def test_a_server_that_is_away_is_tried_for_a_minute_of_the_runs_own_time(tmp_path: Path) -> None:
    """Then the run ends with nothing sent, and a later one goes on."""
    clock = Hand()
    with studio(tmp_path) as url:
        provider = configured(tmp_path, url, "generic", "")
    outcome = ran(tmp_path, provider, clock)
    assert "a@1" in outcome.failed
    assert (outcome.exit, outcome.creates, outcome.unknown) == (1, 0, [])
    assert 60 <= clock.time - 1000 <= 120


def test_render_timeout_is_how_long_nothing_may_change(tmp_path: Path) -> None:
    """A stuck render is left to a later run after that long, by its id, and never bought again."""
    clock = Hand()
    with studio(tmp_path, "stuck") as url:
        limits = "render-timeout = 40\npoll-interval = 3"
        outcome = ran(tmp_path, configured(tmp_path, url, "generic", limits), clock)
    assert "no change in" in outcome.failed["a@1"]
    assert [take.name for take in outcome.in_flight] == ["a@1"]
    assert outcome.creates == 1
    assert 40 <= clock.time - 1000 < 3600


def test_read_timeout_is_how_long_an_answer_is_waited_for(tmp_path: Path) -> None:
    """After it the request counts as sent without an answer: it is looked for, not sent again."""
    with faulty(tmp_path / "studio", script=["hang-after"]) as server:
        limits = "read-timeout = 0.5\npoll-interval = 0.05"
        outcome = ran(tmp_path, configured(tmp_path, server.url, "generic", limits), Hand())
        assert (outcome.exit, server.creates) == (0, 1)


def test_download_timeout_is_for_the_whole_of_a_transfer(tmp_path: Path) -> None:
    """A download that drips for ever is given up in this run; the render is not bought again."""
    with studio(tmp_path, "endless") as url:
        limits = "download-timeout = 0.2\npoll-interval = 0.05"
        outcome = ran(tmp_path, configured(tmp_path, url, "generic", limits), Hand())
    assert "in time" in outcome.failed["a@1"]
    assert (outcome.exit, outcome.creates) == (1, 1)


def test_max_video_bytes_is_the_most_that_is_taken(tmp_path: Path) -> None:
    """A video beyond it is not kept, and stays on the server for a run that allows more."""
    with studio(tmp_path) as url:
        few = configured(tmp_path, url, "generic", "max-video-bytes = 500\npoll-interval = 0.05")
        assert "500" in ran(tmp_path, few, Hand()).failed["a@1"]
        more = configured(tmp_path, url, "generic", "poll-interval = 0.05")
        outcome = ran(tmp_path, more, Hand())
    assert (outcome.exit, outcome.creates) == (0, 0)


def test_a_server_with_a_limit_sees_few_refusals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine shots where three a minute are taken: one burst of refusals, then hardly any."""
    monkeypatch.setattr(sorapipe.studio.limits, "WINDOW", 1.5)  # a minute is a second and a half
    text = ONE + "".join(f"  - {{ id: s{n}, prompt: wave {n} }}\n" for n in range(8))
    with studio(tmp_path, limit=Limit(3)) as url:
        provider = configured(tmp_path, url, "local", "", SORAPIPE_POLL_INTERVAL="0.05")
        outcome = ran(tmp_path, provider, SystemClock(), text)
    assert outcome.exit == 0, outcome
    events = read(tmp_path / "out" / "ledger.jsonl").events
    names = [event["event"] for event in events]
    assert names.count("accepted") == 9
    assert 1 <= names.count("throttled") <= 12
    assert most_in_flight(events) <= provider.concurrency


def most_in_flight(events: Any) -> int:
    """The most renders that were open at one moment."""
    most, flying = 0, set()
    for event in events:
        if event["event"] == "intent":
            flying.add(event["fp"])
        elif event["event"] in ("throttled", "not-sent", "rendered", "failed"):
            flying.discard(event["fp"])
        most = max(most, len(flying))
    return most
