"""From an open payment to the command that settles it: what is printed can be pasted."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sorapipe.cli.main import main
from tests.faulty import Faulty, faulty

ONE = "version: 1\nshots:\n  - { id: a, prompt: '{what}', seconds: 1, size: 64x36 }\n"
CONFIG = """\
[profiles.hints]
like = "generic"
list = "hint"
[profiles.silent]
like = "generic"
list = "none"
"""
PRICE = ("--price", "sora-2=0.10")
Sora = Callable[..., int]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Faulty]:
    """A server that takes a create on, answers 500, and lists nothing."""
    with faulty(tmp_path / "studio", script=["500-after"], hidden=True) as there:
        yield there


@pytest.fixture
def sora(tmp_path: Path, server: Faulty, monkeypatch: pytest.MonkeyPatch) -> Sora:
    """`sora("run", ...)`: the command, with every option that a storyboard command takes."""
    for name in ("STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    for name in ("POLL_INTERVAL", "BACKOFF_CAP", "SETTLE_TIMEOUT"):
        monkeypatch.setenv(f"SORAPIPE_{name}", "0.1")
    (tmp_path / "my films").mkdir()
    (tmp_path / "my films" / "it's one.yaml").write_text("vars: { what: a }\n" + ONE)
    (tmp_path / "config.toml").write_text(CONFIG)
    options = [
        *("--out", str(tmp_path / "my films" / "the out")),
        *("--store", str(tmp_path / "my store")),
        *("--config", str(tmp_path / "config.toml")),
        *("--base-url", server.url),
        *("--var", "what=a wave; & a 'dune'"),
    ]
    monkeypatch.chdir(tmp_path / "my films")
    return lambda name, *words: main([name, "it's one.yaml", *words, *options])


def printed(text: str) -> list[list[str]]:
    """The command lines in what was printed, as a shell would split them."""
    found = re.findall(r": (sorapipe .*)$", text, re.MULTILINE)
    return [shlex.split(line)[1:] for line in found]


@pytest.mark.parametrize("profile", ["hints", "silent"])
@pytest.mark.parametrize("way", ["--adopt", "--resubmit", "--write-off"])
def test_each_command_that_status_prints_settles_it(
    sora: Sora, server: Faulty, capsys: pytest.CaptureFixture[str], profile: str, way: str
) -> None:
    """Pasted as they are, with quotes where paths need them; and so is the run that goes on."""
    assert sora("run", "--profile", profile, *PRICE, "--yes") == 3
    capsys.readouterr()
    assert sora("status", "--profile", profile) == 3
    told = capsys.readouterr().out
    assert re.search(r"open: a@1 is of unknown fate at \S+ \(\S+\), up to \$0.10: ", told)
    lines = printed(told)
    assert [line[-1] for line in lines] == ["ID", "--resubmit", "--write-off"]
    (line,) = [line for line in lines if way in line]
    if way == "--adopt":
        assert main(line) == 2  # pasted without an id it adopts nothing
        server.hidden = False
        line[-1] = video_of(server)
    capsys.readouterr()
    assert main(line) == 0
    (go_on,) = re.findall(r"go on with: (sorapipe .*)$", capsys.readouterr().err, re.MULTILINE)
    code = main([*shlex.split(go_on)[1:], *PRICE])
    assert code == (1 if way == "--write-off" else 0)
    assert server.creates == (2 if way == "--resubmit" else 1)
    assert sora("status", "--profile", profile) == 0


def video_of(server: Faulty) -> str:
    """The id of the one video that the server has."""
    import httpx

    (video,) = httpx.get(server.url + "/videos").json()["data"]
    return str(video["id"])


def test_the_summary_of_a_run_prints_the_same_commands(
    sora: Sora, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a run says at its end is what status says later."""
    assert sora("run", "--profile", "hints", *PRICE, "--yes") == 3
    ended = printed(capsys.readouterr().err)
    assert sora("status", "--profile", "hints") == 3
    assert printed(capsys.readouterr().out) == ended


def test_settling_as_data(sora: Sora, capsys: pytest.CaptureFixture[str]) -> None:
    """`status --json` and `resolve --json` have the state, the sum and the next command lines."""
    assert sora("run", "--profile", "hints", *PRICE, "--yes") == 3
    capsys.readouterr()
    assert sora("status", "--profile", "hints", "--json") == 3
    (row,) = json.loads(capsys.readouterr().out)["open"]
    assert (row["take"], row["state"], row["at_most"]) == ("a@1", "unknown", 0.1)
    last = shlex.split(row["next"][-1])[1:]
    assert main([*last, "--json"]) == 0
    told = capsys.readouterr()
    data = json.loads(told.out)
    assert (data["take"], data["state"], data["committed"]) == ("a@1", "written-off", 0.1)
    assert data["next"][0].startswith("sorapipe run")
    assert told.err == ""


def test_a_bad_id_changes_nothing(sora: Sora, tmp_path: Path) -> None:
    """An id that cannot be is refused before anything is recorded."""
    assert sora("run", "--profile", "hints", *PRICE, "--yes") == 3
    ledger = tmp_path / "my films" / "the out" / "ledger.jsonl"
    before = ledger.read_bytes()
    assert sora("resolve", "a", "--adopt", " ") == 2
    assert ledger.read_bytes() == before


def test_what_is_in_flight_elsewhere_has_the_command_for_there(
    sora: Sora, server: Faulty, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Looked at with another server, a render names the one that it is at, and how to go on."""
    server.script, server.broken = [], 6
    assert sora("run", "--profile", "hints", *PRICE, "--yes") == 1
    capsys.readouterr()
    assert sora("status", "--provider", "local", "--base-url", "http://127.0.0.1:9/v1") == 0
    told = capsys.readouterr().out
    assert f"a@1 is rendered as {video_of_hidden(server)} at hints ({server.url})" in told
    (line,) = printed(told)
    assert main([*line, *PRICE]) == 0
    assert (tmp_path / "my films" / "the out" / "a.mp4").exists()


def video_of_hidden(server: Faulty) -> str:
    """The id of its one video, where its list hides it."""
    server.hidden = False
    return video_of(server)
