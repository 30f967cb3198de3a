"""Faults at the moment of paying, over a real socket: never a second purchase, nothing unnamed."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.cli import Desk
from tests.desks import ONE, TWO, desk_for
from tests.faulty import faulty


def test_a_lost_answer_is_settled_by_its_key_where_the_server_replays(tmp_path: Path) -> None:
    """The same request under the same key brings the one render back."""
    with faulty(tmp_path / "studio", script=["500-after"]) as server:
        desk = desk_for(tmp_path, server, ONE, profile="local")
        done = desk.run("run")
    assert done.returncode == 0, done.stderr
    assert len(server.keys) == 1
    assert [event["matched_on"] for event in desk.events("adopted")] == ["idempotency-key"]


@pytest.mark.parametrize("fault", ["500-after", "hang-after"])
def test_a_lost_answer_is_found_in_the_list(tmp_path: Path, fault: str) -> None:
    """Without a key the single matching video is adopted, and nothing is sent a second time."""
    with faulty(tmp_path / "studio", script=[fault]) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic", SORAPIPE_READ_TIMEOUT="1")
        done = desk.run("run", "--yes")
        assert done.returncode == 0, done.stderr
        assert server.creates == 1
        assert [event["matched_on"] for event in desk.events("adopted")] == ["list"]


def test_what_is_nowhere_to_be_found_is_held_until_its_owner_settles_it(tmp_path: Path) -> None:
    """It exits 3 with the command to type, every time, until `resolve` says what became of it."""
    with faulty(tmp_path / "studio", script=["500-before"]) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic")
        for _ in range(2):
            done = desk.run("run", "--price", "sora-2=0.10")
            assert done.returncode == 3, done.stderr
            assert server.creates == 1
        assert "sorapipe resolve" in desk.run("status").stdout
        assert desk.run("status").returncode == 3
        assert desk.run("resolve", "a", "--resubmit").returncode == 0
        assert desk.run("run", "--price", "sora-2=0.10").returncode == 0
        assert server.creates == 2


def test_an_adopted_id_is_fetched_without_paying(tmp_path: Path) -> None:
    """`resolve --adopt` brings home what was paid for, by the id that its owner found."""
    with faulty(tmp_path / "studio", script=["500-after"], hidden=True) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic")
        assert desk.run("run", "--yes").returncode == 3
        server.hidden = False
        import httpx

        listed = httpx.get(server.url + "/videos").json()["data"]
        assert desk.run("resolve", "a@1", "--adopt", listed[0]["id"]).returncode == 0
        assert desk.run("run", "--yes").returncode == 0
        assert (desk.out / "a.mp4").exists()
        assert server.creates == 1


def test_a_write_off_counts_as_spent_and_ends_it(tmp_path: Path) -> None:
    """`resolve --write-off` closes the payment; only --retry-failed buys it again."""
    with faulty(tmp_path / "studio", script=["500-before"]) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic")
        price = ("--price", "sora-2=0.10")
        assert desk.run("run", *price).returncode == 3
        assert desk.run("resolve", "a", "--write-off").returncode == 0
        assert desk.run("run", *price).returncode == 1
        assert server.creates == 1
        assert json.loads(desk.run("plan", "--json", *price).stdout)["held"] == 0.1
        assert desk.run("run", "--retry-failed", *price).returncode == 0
        assert server.creates == 2


def test_throttling_is_waited_out(tmp_path: Path) -> None:
    """A 429 took nothing on: it is sent again, each time as a new intent under a new key."""
    with faulty(tmp_path / "studio", script=["429", "429"]) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic")
        assert desk.run("run", "--yes").returncode == 0
        assert (server.creates, len(server.keys), server.accepted) == (3, 3, 1)
        assert len(desk.events("intent")) == 3


def test_a_rejected_shot_blocks_its_descendants_and_nothing_else(tmp_path: Path) -> None:
    """The rest is finished, the run exits 1, and the next one sends it again."""
    with faulty(tmp_path / "studio", script=["400"]) as server:
        desk = desk_for(tmp_path, server, TWO, profile="generic")
        done = desk.run("run", "--yes", "--concurrency", "1")
        assert done.returncode == 1
        assert "a@1: rejected: 400" in done.stderr.replace("POST /videos: ", "")
        assert [event["take"] for event in desk.events("blocked")] == ["b@1"]
        assert (desk.out / "c.mp4").exists()
        assert desk.run("run", "--yes").returncode == 0
        assert server.accepted == 3


@pytest.mark.parametrize("status", ["404", "405"])
def test_a_remix_that_a_server_does_not_have_is_told_with_what_would_help(
    tmp_path: Path, status: str
) -> None:
    """The profile promises it, the server has no such path: the line says where to look."""
    text = ONE + "  - { id: b, prompt: another, remix-of: a, fallback: reference }\n"
    with faulty(tmp_path / "studio", script=["well", status]) as server:
        desk = desk_for(tmp_path, server, text, profile="generic")
        done = desk.run("run", "--yes")
        assert done.returncode == 1
        assert (desk.out / "a.mp4").exists()
    (rejected,) = desk.events("rejected")
    assert rejected["why"].endswith(
        f"scripted {status}; does this server have remix? 'sorapipe providers check' tells: choose"
        " its --profile, and the shot's fallback is taken where the profile lacks it"
    )
    assert rejected["why"] in done.stderr


def test_a_create_that_is_not_found_is_told_as_it_came(tmp_path: Path) -> None:
    """Every server has creates: there the address is wrong, and not the profile."""
    with faulty(tmp_path / "studio", script=["404"]) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic")
        assert desk.run("run", "--yes").returncode == 1
    assert desk.events("rejected")[0]["why"].endswith("scripted 404")


@pytest.mark.parametrize("status", ["401", "402", "403"])
def test_refused_credentials_stop_all_creates(tmp_path: Path, status: str) -> None:
    """Nothing more is sent, and the exit code is 7."""
    with faulty(tmp_path / "studio", script=[status] * 5) as server:
        desk = desk_for(tmp_path, server, TWO, profile="generic", SORAPIPE_API_KEY="sk-CANARY")
        done = desk.run("run", "--yes", "--concurrency", "1")
        assert done.returncode == 7
        assert server.creates == 1
        assert "CANARY" not in done.stderr + (desk.out / "ledger.jsonl").read_text()


def test_a_plan_over_the_budget_sends_nothing(tmp_path: Path) -> None:
    """All or nothing: the sum of the plan is held against both caps, and the exit code is 6."""
    with faulty(tmp_path / "studio") as server:
        desk = desk_for(tmp_path, server, "budget: 0.25\n" + TWO, profile="generic")
        for more in ((), ("--price", "sora-2=0.10"), ("--price", "sora-2=0.05", "--budget", "0.1")):
            done = desk.run("run", "--yes", *more)
            assert done.returncode == 6, done.stderr
        assert server.creates == 0
        assert desk.run("run", "--price", "sora-2=0.05").returncode == 0


def test_a_price_of_a_model_that_nothing_has_is_refused(tmp_path: Path) -> None:
    """A slip in its name would leave another price standing."""
    desk = Desk(tmp_path, {})
    desk.write(ONE)
    done = desk.run("plan", "--price", "sora2=0.05")
    assert done.returncode == 2
    assert "--price: no shot has the model 'sora2'; did you mean 'sora-2'?" in done.stderr


def test_an_unknown_price_needs_a_word_from_its_owner(tmp_path: Path) -> None:
    """Without a budget `--yes` accepts it; without `--yes` nothing is sent."""
    with faulty(tmp_path / "studio") as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic")
        assert desk.run("run").returncode == 6
        assert server.creates == 0


def test_a_key_that_is_refused_while_settling_settles_nothing(tmp_path: Path) -> None:
    """With a wrong key the lost answer stays open; with the right one it is found."""
    with faulty(tmp_path / "studio", script=["500-after", "401"], hidden=True) as server:
        desk = desk_for(tmp_path, server, ONE, profile="local")
        done = desk.run("run")
        assert done.returncode == 7, done.stderr
        assert desk.events("rejected", "unknown", "absent") == []
        server.hidden = False
        assert desk.run("run").returncode == 0
        assert len(server.keys) == 1


def test_settling_waits_for_a_server_that_is_away(tmp_path: Path) -> None:
    """While the server cannot be asked, the payment stays open, and a later run finds it."""
    with faulty(tmp_path / "studio", script=["500-after", *["500-before"] * 999]) as server:
        desk = desk_for(tmp_path, server, ONE, profile="local")
        server.listless = True
        done = desk.run("run")
        assert done.returncode == 3, done.stderr
        assert desk.events("unknown") == []
        assert "the next run looks for it" in done.stderr
        server.listless, server.script = False, []
        assert desk.run("run").returncode == 0
        assert len(server.keys) == 1


def test_an_empty_id_adopts_nothing(tmp_path: Path) -> None:
    """`--adopt ''`, as from a variable that is not set, is refused and changes nothing."""
    with faulty(tmp_path / "studio", script=["500-before"]) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic")
        assert desk.run("run", "--yes").returncode == 3
        assert desk.run("resolve", "a", "--adopt", "").returncode == 2
        assert desk.run("status").returncode == 3


def test_a_key_in_a_prompt_is_sent_and_kept_nowhere(tmp_path: Path) -> None:
    """The request carries it; ledger, store and output do not; and there is a warning."""
    key = "sk-CANARY-0123456789"
    with faulty(tmp_path / "studio", script=["500-after"]) as server:
        text = ONE.replace("a wave", f"a wave {key}")
        desk = desk_for(tmp_path, server, text, profile="local", SORAPIPE_API_KEY=key)
        done = desk.run("run", "--json")
        assert done.returncode == 0, done.stderr
        assert "API key in it" in done.stderr
        written = [path for path in tmp_path.glob("**/*.json*") if "studio" not in path.parts]
        everything = "".join(path.read_text() for path in written)
        assert "CANARY" not in everything + done.stdout + done.stderr


@pytest.mark.parametrize("key", ["1", "video", "a"])
def test_a_key_that_is_a_common_word_damages_no_id(tmp_path: Path, key: str) -> None:
    """Ids, names and addresses come back from the ledger as they were, whatever the key is."""
    with faulty(tmp_path / "studio", script=["500-after"]) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic", SORAPIPE_API_KEY=key)
        done = desk.run("run", "--yes")
        assert done.returncode == 0, done.stderr
        assert "nothing to do" in desk.run("run").stderr
        assert desk.events("intent")[0]["address"] == server.url


def test_its_owner_can_settle_what_no_run_could_look_for(tmp_path: Path) -> None:
    """A payment whose server is gone for good is closed by `resolve`, like one that is unknown."""
    with faulty(tmp_path / "studio", script=["500-before"], listless=True) as server:
        desk = desk_for(tmp_path, server, ONE, profile="generic")
        assert desk.run("run", "--yes").returncode == 3
        assert desk.events("unknown") == []
        assert "resolve" in desk.run("status").stdout
        assert desk.run("resolve", "a", "--write-off").returncode == 0
        assert desk.run("status").returncode == 0


def test_a_stop_does_not_wait_for_settling(tmp_path: Path) -> None:
    """A lost answer is left for the next run: stopping takes no longer than the request itself."""
    with faulty(tmp_path / "studio", script=["hang-after"], listless=True) as server:
        long = {"SORAPIPE_READ_TIMEOUT": "2", "SORAPIPE_SETTLE_TIMEOUT": "600"}
        desk = desk_for(tmp_path, server, ONE, profile="generic", **long)
        with desk.start("run", "--yes", "--json") as process:
            assert process.stdout is not None
            for line in process.stdout:
                if json.loads(line)["event"] == "intent":
                    break
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
        assert process.returncode == 130
        assert [event["event"] for event in desk.events("ambiguous", "unknown")] == ["ambiguous"]
