"""`pick` and `why`: another take, what follows from it, and what changed."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli import Desk
from tests.kills import paid_creates

FILM = """
version: 1
defaults: { seconds: 1, size: 64x36 }
shots:
  - { id: dawn, prompt: a slow sunrise over the sea, takes: 3 }
  - { id: storm, prompt: the same in a storm, remix-of: dawn }
  - { id: after, prompt: the clouds open, remix-of: storm }
  - { id: alone, prompt: a street }
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a film that was rendered once, for all tests."""
    made = Desk(tmp_path_factory.mktemp("film"))
    made.write(FILM)
    assert made.run("run", "--quiet").returncode == 0
    return made.folder


@pytest.fixture
def desk(film: Path, tmp_path: Path) -> Desk:
    """A copy of it."""
    return Desk(Path(shutil.copytree(film, tmp_path / "film")))


def digests(desk: Desk) -> dict[str, str]:
    """Every film in the output folder by the digest of its bytes."""
    found = desk.out.glob("**/[!.]*.mp4")
    visible = (path for path in found if ".studio" not in path.parts)
    return {
        str(path.relative_to(desk.out)): sha256(path.read_bytes()).hexdigest() for path in visible
    }


def rows(desk: Desk, *options: str) -> dict[str, tuple[str, str]]:
    """Decision and reason by take, as `plan --json` has them."""
    told = json.loads(desk.run("plan", "--json", *options).stdout)
    return {row["take"]: (row["decision"], row["reason"]) for row in told["takes"]}


def test_picking_another_take_names_what_becomes_stale_and_moves_the_files(desk: Desk) -> None:
    """The deliverable has the bytes of the pick at once, and the chain below it is stale."""
    before = digests(desk)
    told = desk.run("pick", "dawn", "2", "--json")
    assert told.returncode == 0, told.stderr
    data = json.loads(told.stdout)
    assert (data["pick"], data["before"], data["price"]) == (2, 1, 0)
    assert [(row["take"], row["reason"]) for row in data["stale"]] == [
        ("storm@1", "stale: parent"),
        ("after@1", "parent"),
    ]
    after = digests(desk)
    assert after["dawn.mp4"] == before["takes/dawn@2.mp4"]
    assert after["takes/dawn@1.mp4"] == before["dawn.mp4"]
    assert desk.run("run", "--quiet").returncode == 0
    assert paid_creates(desk.out) == 6 + 2
    assert digests(desk)["storm.mp4"] != before["storm.mp4"]


def test_picking_back_costs_nothing(desk: Desk) -> None:
    """Earlier bytes stay in the store, so that the first choice is had again for nothing."""
    before = digests(desk)
    for number in ("2", "dawn@1"):
        assert desk.run("pick", "dawn", number, "--quiet").returncode == 0
        assert desk.run("run", "--quiet").returncode == 0
    assert paid_creates(desk.out) == 6 + 2
    assert digests(desk) == before | {"takes/dawn@1.mp4": before["dawn.mp4"]}


def test_a_dry_pick_changes_nothing(desk: Desk) -> None:
    """`--dry-run` says what would become stale, and leaves pick, ledger and files."""
    before = (desk.out / "ledger.jsonl").read_bytes(), digests(desk)
    told = desk.run("pick", "dawn", "3", "--dry-run")
    assert "dawn@3 would be the pick, instead of dawn@1" in told.stderr
    assert "storm@1" in told.stderr
    assert ((desk.out / "ledger.jsonl").read_bytes(), digests(desk)) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("dwan", "1"), "pick: there is no shot 'dwan'; did you mean 'dawn'?"),
        (("dawn", "4"), "pick: 'dawn' has no take '4' that is there; these are: 1, 2, 3"),
        (("dawn", "first"), "pick: 'dawn' has no take 'first' that is there; these are: 1, 2, 3"),
        (
            ("dawn", "9" * 5000),  # more digits than Python reads as a number
            f"pick: 'dawn' has no take '{'9' * 59}…' that is there; these are: 1, 2, 3",
        ),
    ],
)
def test_a_pick_of_what_is_not_there_is_one_line(
    desk: Desk, words: tuple[str, ...], told: str
) -> None:
    """It names what can be picked, and exits 2."""
    done = desk.run("pick", *words)
    assert (done.returncode, done.stderr.strip()) == (2, told)


def test_why_tells_what_changed_field_by_field(desk: Desk) -> None:
    """The prompt word by word, the parent by its take, or that nothing changed."""
    assert desk.run("pick", "dawn", "2", "--quiet").returncode == 0
    desk.write(FILM.replace("the clouds open", "the clouds close").replace("a street", "a road"))
    storm = desk.run("why", "storm").stdout
    assert "storm@1: stale; planned: render (stale: parent)" in storm
    assert "parent  dawn@1 (" in storm
    assert "-> dawn@2 (" in storm
    after = desk.run("why", "after@1").stdout
    assert "prompt  the clouds [-open-]{+close+}" in after
    assert "after@1: stale; planned: render (changed: prompt)" in after
    assert after.endswith("its parent is rendered first\n")
    assert "it is what is wanted: nothing changed" in desk.run("why", "dawn@2").stdout
    data = json.loads(desk.run("why", "alone", "--json").stdout)["takes"][0]
    assert (data["take"], data["state"]) == ("alone@1", "stale")
    assert data["changes"] == [{"field": "prompt", "before": "a street", "after": "a road"}]
    assert data["there"]["files"] == ["alone.mp4"]
    assert desk.run("why", "alnoe").stderr.strip().endswith("did you mean 'alone'?")


def test_why_knows_the_name_under_which_the_same_was_kept(desk: Desk) -> None:
    """A renamed shot has no take of its own, and needs none."""
    desk.write(FILM.replace("id: alone", "id: street"))
    told = desk.run("why", "street").stdout
    assert "street@1: kept; planned: reuse (kept)" in told
    assert "the same was kept as alone@1" in told


def test_what_is_stale_stays_where_its_owner_says_so(desk: Desk) -> None:
    """Editing the first of a chain renders that one alone with --keep-stale; later the rest."""
    before = digests(desk)
    desk.write(FILM.replace("a slow sunrise", "a quick sunset"))
    assert desk.run("run", "--keep-stale", "--quiet").returncode == 0
    assert paid_creates(desk.out) == 6 + 3
    after = digests(desk)
    assert after["storm.mp4"] == before["storm.mp4"]
    assert after["dawn.mp4"] != before["dawn.mp4"]
    assert "nothing to do" in desk.run("run", "--keep-stale").stderr
    assert rows(desk)["storm@1"] == ("render", "stale: parent")
    assert desk.run("run", "--quiet").returncode == 0
    assert paid_creates(desk.out) == 6 + 3 + 2


def test_a_run_of_a_selection_renders_nothing_else(desk: Desk) -> None:
    """What was not selected keeps its files, and is rendered when it is selected."""
    desk.write(FILM.replace("a street", "a road").replace("a slow", "a fast"))
    done = desk.run("run", "--select", "alone", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[-1])["wanted"] == 1
    assert paid_creates(desk.out) == 6 + 1
    blocked = desk.run("run", "--select", "storm")
    assert blocked.returncode == 1
    assert "its parent 'dawn' is not selected, and not there" in blocked.stderr
    assert desk.run("run", "--select", "+storm", "--quiet").returncode == 0
    assert paid_creates(desk.out) == 6 + 1 + 3 + 1
    typo = desk.run("run", "--select", "strom")
    assert typo.returncode == 2
    assert typo.stderr.strip() == "--select: there is no shot 'strom'; did you mean 'storm'?"


def test_offline_takes_what_is_there_or_exits_with_8(desk: Desk) -> None:
    """Lost files come back from the store without a server; what is new is named, and left."""
    before = digests(desk)
    for path in desk.out.glob("*.mp4"):
        path.unlink()
    assert desk.run("run", "--offline", "--quiet").returncode == 0
    assert digests(desk) == before
    desk.write(FILM.replace("a street", "a road"))
    done = desk.run("run", "--offline")
    assert done.returncode == 8
    assert "1 of 6 takes are not there: alone@1 (changed: prompt)" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_was_lost_is_fetched_again_and_nothing_is_bought(desk: Desk) -> None:
    """`--refetch` brings files back from the server, and leaves what is new alone."""
    before = digests(desk)
    for path in (*desk.out.glob("alone.mp4"), *(desk.folder / "store").glob("objects/*/*")):
        path.unlink()
    desk.write(FILM + "  - { id: more, prompt: more }\n")
    done = desk.run("run", "--refetch")
    assert done.returncode == 1
    assert "--refetch buys nothing" in done.stderr
    assert digests(desk) == before
    assert paid_creates(desk.out) == 6


def test_bringing_back_and_rendering_anew_are_not_said_together(desk: Desk) -> None:
    """`--refetch --force` is refused, where the one buys nothing and the other everything."""
    done = desk.run("run", "--refetch", "--force", "--yes")
    assert (done.returncode, done.stderr) == (
        2,
        "--force: --refetch buys nothing; say one of them\n",
    )


def test_a_run_of_nothing_says_so(desk: Desk) -> None:
    """A selection by state may mean no shot; nobody is told that all of these are there."""
    done = desk.run("run", "--select", "state:failed")
    assert done.returncode == 0
    assert done.stderr.startswith("nothing to do: nothing is selected; nothing was created")


def test_what_may_never_have_been_taken_on_is_not_asked_for_by_its_key(tmp_path: Path) -> None:
    """Where nothing is to be bought, a request that was cut off stays open and is named."""
    desk = Desk(tmp_path)
    desk.write(FILM[: FILM.index("  - { id: storm")].replace(", takes: 3", ""))
    assert desk.run("run", "--quiet").returncode == 0
    ledger = desk.out / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    intent = next(n for n, line in enumerate(lines) if b'"event":"intent"' in line)
    ledger.write_bytes(b"".join(lines[: intent + 1]))
    shutil.rmtree(desk.out / ".studio")
    shutil.rmtree(desk.folder / "store")
    done = desk.run("run", "--refetch")
    assert done.returncode == 3
    assert "--refetch buys nothing" in done.stderr
    assert not list((desk.out / ".studio").glob("**/*.mp4"))
    assert desk.run("run", "--quiet").returncode == 0
