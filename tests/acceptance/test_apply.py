"""A saved plan is carried out as it was agreed to, in part or not at all; never beyond it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from sorapipe.cli.main import main
from sorapipe.schema import text
from tests.swift import Swift, swift
from tests.untouched import untouched

FILM = """\
version: 1
defaults: { seconds: 1, size: 64x64 }
shots:
  - { id: dawn, prompt: dawn, takes: 2 }
  - { id: storm, prompt: storm, remix-of: dawn }
  - { id: card, prompt: card, reference: card.png }
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Swift]:
    """A server where a prompt's first word says how its video looks."""
    with swift(lambda prompt: prompt.split()[0]) as found:
        yield found


@dataclass(frozen=True)
class Told:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Film:
    """A folder with a storyboard in it, to be rendered at a server for ten cents a second."""

    folder: Path
    patch: pytest.MonkeyPatch

    def at(self, url: str, profile: str = "local") -> None:
        """Say which server is meant."""
        self.patch.setenv("SORAPIPE_BASE_URL", url)
        self.patch.setenv("SORAPIPE_PROFILE", profile)

    def edit(self, old: str, new: str) -> None:
        said = self.storyboard.read_text()
        assert old in said
        self.storyboard.write_text(said.replace(old, new))

    @property
    def storyboard(self) -> Path:
        return self.folder / "storyboard.yaml"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def saved(self) -> Path:
        return self.folder / "plan.json"

    def say(self, *words: str) -> Told:
        """One command, in this process."""
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            code = main(words)
        return Told(code, out.getvalue(), err.getvalue())

    def run(self, name: str, *options: str) -> Told:
        """A command about the storyboard."""
        places = ["--out", str(self.out), "--store", str(self.folder / "store")]
        return self.say(name, str(self.storyboard), *options, *places)

    def plan(self, *options: str) -> dict[str, Any]:
        """Save the plan; it as data."""
        priced = () if "--config" in options else ("--price", "sora-2=0.1")
        done = self.run("plan", "-o", str(self.saved), *priced, *options)
        assert done.returncode == 0, done.stderr
        data: dict[str, Any] = json.loads(self.saved.read_text())
        return data

    def apply(self, *options: str) -> Told:
        """Carry the saved plan out."""
        return self.say("apply", str(self.saved), *options)


@pytest.fixture
def film(tmp_path: Path, server: Swift, monkeypatch: pytest.MonkeyPatch) -> Film:
    """The film before anything was rendered."""
    found = Film(tmp_path, monkeypatch)
    found.at(server.url)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found.storyboard.write_text(FILM)
    Image.new("RGB", (64, 64), "white").save(tmp_path / "card.png")
    return found


def refused(film: Film, server: Swift, *options: str) -> str:
    """The one line that apply says as it refuses, with 2 and nothing sent."""
    before = server.created
    done = film.apply(*options)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert server.created == before
    assert done.stderr.count("\n") == 1
    return done.stderr.strip().removeprefix(f"{film.saved}: ")


def test_a_saved_plan_is_data_that_its_schema_describes(film: Film) -> None:
    """`-o` saves what `--json` prints, and still shows the table; it writes that file alone."""
    folders = [film.folder / name for name in ("out", "store", "state", "cache")]
    with untouched(film.folder / "storyboard.yaml", *folders):
        shown = film.run("plan", "-o", str(film.saved))
    assert "dawn@1" in shown.stdout
    assert f"saved; to carry it out: sorapipe apply {film.saved}\n" in shown.stderr
    told = json.loads(film.run("plan", "--json").stdout)
    assert json.loads(film.saved.read_text()) == told
    Draft202012Validator(json.loads(text("plan"))).validate(told)
    assert sorted(path.name for path in film.folder.iterdir()) == [
        "card.png",
        "plan.json",
        "storyboard.yaml",
    ]


def test_however_a_plan_is_told_nothing_is_written(film: Film) -> None:
    """Over a film that is half there, out, store, state and storyboard stay as they are."""
    assert film.run("run", "--quiet", "--select", "dawn").returncode == 0
    with untouched(film.folder):
        for how in ("--json", "--markdown", "--expanded", "--quiet", "--force", "--keep-stale"):
            told = film.run("plan", how)
            assert told.returncode == 0, told.stderr


def test_a_plan_is_applied_once_and_a_second_time_does_nothing(film: Film, server: Swift) -> None:
    """All of it is rendered, and applying it again needs no server."""
    film.plan()
    before = server.created
    first = film.apply()
    assert first.returncode == 0, first.stderr
    assert server.created - before == 4
    again = film.apply()
    assert again.returncode == 0
    assert "nothing to do" in again.stderr
    assert server.created - before == 4


def test_what_is_there_meanwhile_is_less_to_do(film: Film, server: Swift) -> None:
    """A run in between that rendered a part leaves the rest to the plan."""
    film.plan()
    assert film.run("run", "--select", "dawn").returncode == 0
    before = server.created
    done = film.apply("--json")
    assert done.returncode == 0, done.stderr
    assert server.created - before == 2
    assert json.loads(done.stdout.splitlines()[-1])["reused"] == 2


def test_a_selection_stays_what_it_was(film: Film, server: Swift) -> None:
    """Options of planning are the plan's: only what was selected is rendered."""
    data = film.plan("--select", "card", "--budget", "0.5")
    assert data["selected"] == ["card"]
    before = server.created
    assert film.apply().returncode == 0
    assert server.created - before == 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("prompt: storm", "prompt: gale", "shot 'storm' is wanted otherwise now (prompt)"),
        ("prompt: dawn", "prompt: dusk", "shot 'dawn' is wanted otherwise now (prompt)"),
        (
            "prompt: card",
            "prompt: card, seconds: 2",
            "shot 'card' is wanted otherwise now (seconds)",
        ),
        ("takes: 2", "takes: 3", "take 'dawn@3' was not planned"),
        ("takes: 2", "takes: 1", "take 'dawn@2' is not wanted any more"),
        ("id: card", "id: post", "take 'post@1' was not planned"),
        ("prompt: card", "prompt: card, file: x", "shot 'card' is wanted otherwise now (file)"),
        ("version: 1", "version: 1 # one", "the storyboard was edited"),
    ],
)
def test_an_edited_storyboard_is_refused(
    film: Film, server: Swift, old: str, new: str, said: str
) -> None:
    """What was edited is named by shot and field where that can be said."""
    film.plan()
    film.edit(old, new)
    assert refused(film, server) == f"{said}; plan it again"


def test_other_things_that_moved_are_refused_by_name(film: Film, server: Swift) -> None:
    """A picture, a price, a server, a store, a lost file, a pick, a ledger: each in one line."""
    film.plan()
    Image.new("RGB", (64, 64), "navy").save(film.folder / "card.png")
    assert refused(film, server).startswith("shot 'card' is wanted otherwise now (reference)")
    film.plan()
    film.at(server.url.replace("127.0.0.1", "localhost"))
    assert refused(film, server).startswith("the server is 'local' (local) at http://localhost")
    film.at(server.url)
    assert film.apply().returncode == 0
    film.plan("--force", "--select", "storm")
    assert film.run("pick", "dawn", "2").returncode == 0
    assert refused(film, server).startswith("take 2 of 'dawn' is picked now, and take 1 was then")
    assert film.run("pick", "dawn", "1").returncode == 0
    (film.out / "ledger.jsonl").rename(film.folder / "aside")
    assert refused(film, server).startswith("its output folder has another ledger now")


def test_what_is_gone_since_it_was_planned_is_not_bought_again(film: Film, server: Swift) -> None:
    """A take that was to be reused, and whose bytes are lost everywhere, stops the plan."""
    film.plan()
    assert film.apply().returncode == 0
    film.out.rename(film.folder / "aside")
    data = film.plan()
    assert {row["reason"] for row in data["takes"]} == {"in the store"}
    for path in (film.folder / "store").glob("objects/*/*"):
        path.unlink()
    said = refused(film, server)
    assert said == "take 'dawn@1' was not to be rendered, and has to be now (new); plan it again"


def test_a_higher_price_is_refused_and_a_lower_one_is_not(film: Film, server: Swift) -> None:
    """Prices come from the config here: what was agreed to is the most that is paid."""
    config = film.folder / "config.toml"
    config.write_text("[prices]\nsora-2 = 0.1\n")
    film.plan("--config", str(config))
    config.write_text("[prices]\nsora-2 = 0.2\n")
    said = "take 'dawn@1' may cost $0.20 now, and $0.10 was planned; plan it again"
    assert refused(film, server) == said
    config.write_text("[prices]\nsora-2 = 0.05\n")
    assert film.apply().returncode == 0


def test_a_forced_plan_buys_once_however_often_it_is_applied(film: Film, server: Swift) -> None:
    """`--force` holds for one render of each take: what was rendered since is there."""
    film.plan()
    assert film.apply().returncode == 0
    film.plan("--force")
    before = server.created
    assert film.apply().returncode == 0
    assert server.created - before == 4
    assert "nothing to do" in film.apply().stderr
    assert server.created - before == 4


def test_a_plan_is_of_one_ledger_however_long_another_has_grown(film: Film, server: Swift) -> None:
    """What a new ledger does not know of was bought all the same: a forced plan stops there."""
    film.plan()
    assert film.apply().returncode == 0
    film.plan("--force")
    assert film.apply().returncode == 0
    (film.out / "ledger.jsonl").rename(film.folder / "aside")
    for _ in range(2):
        assert film.run("run", "--force", "--price", "sora-2=0.1").returncode == 0
    said = "its output folder has another ledger now, or an older one; plan it again"
    assert refused(film, server) == said


def test_a_parent_that_comes_out_the_same_leaves_its_children(film: Film, server: Swift) -> None:
    """The plan says `render`, reason `parent`; the run then finds that nothing changed."""
    assert film.run("run", "--quiet").returncode == 0
    film.edit("prompt: dawn", "prompt: dawn again")  # it looks the same: see `server`
    rows = {row["take"]: (row["decision"], row["reason"]) for row in film.plan()["takes"]}
    assert rows["storm@1"] == ("render", "parent")
    before = server.created
    done = film.apply()
    assert done.returncode == 0, done.stderr
    assert server.created - before == 2  # both takes of dawn
    film.edit("prompt: dawn again", "prompt: dawn once more")
    assert film.run("run", "--quiet").returncode == 0
    assert server.created - before == 4
    film.edit("prompt: dawn once more", "prompt: noon")
    assert film.run("run", "--quiet").returncode == 0
    assert server.created - before == 7  # and storm with them: this parent looks different


def test_a_plan_of_unknown_prices_asks_for_consent(film: Film, server: Swift) -> None:
    """It exits 6 without `--yes`, as a run does, and goes ahead with it."""
    film.at(server.url, "generic")
    assert film.run("plan", "-o", str(film.saved), "--select", "dawn").returncode == 0
    assert json.loads(film.saved.read_text())["unpriced"] == 2
    before = server.created
    assert film.apply().returncode == 6
    assert server.created == before
    done = film.apply("--yes")
    assert done.returncode == 0, done.stderr
    assert server.created - before == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file or directory; name a saved plan"),
        ("", "is no saved plan, or a damaged one"),
        ("{", "is no saved plan, or a damaged one"),
        ("[" * 100_000, "is no saved plan, or a damaged one"),
        ('{"takes": [], "price": NaN}', "is no saved plan, or a damaged one"),
        ("[]", "is no saved plan; 'sorapipe plan STORYBOARD -o FILE' makes one"),
        ('{"version": 1, "takes": []}', "is no saved plan; "),
        ('{"version": 2, "takes": [], "apply": {}}', "is a plan of version 2, "),
        ('{"version": 1, "takes": [], "apply": {}}', "the plan is damaged at "),
    ],
)
def test_a_file_that_is_no_plan_is_told_in_a_line(
    tmp_path: Path, content: str | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Damaged, foreign and future files exit 2."""
    path = tmp_path / "plan.json"
    if content is not None:
        path.write_text(content)
    assert main(["apply", str(path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"{path}: {said}")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("part", "value"),
    [("source", {}), ("source", {"kind": "x", "sha256": "x"}), ("request", {"extra": 5})],
    ids=str,
)
def test_a_take_that_somebody_broke_is_told_in_a_line(
    tmp_path: Path, part: str, value: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a take is made of is checked before it is held against anything."""
    board, plan = tmp_path / "a.yaml", tmp_path / "plan.json"
    board.write_text("shots: [{ id: a, prompt: a }]\n")
    assert main(["plan", str(board), "-o", str(plan), "--quiet"]) == 0
    data = json.loads(plan.read_text())
    data["takes"][0][part] = {**(data["takes"][0][part] or {}), **value}
    plan.write_text(json.dumps(data))
    assert main(["apply", str(plan)]) == 2
    assert capsys.readouterr().err.startswith(f"{plan}: the plan is damaged at takes/0/{part}")


def test_a_plan_whose_storyboard_is_not_here_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Paths are as they were typed; a command line that is damaged is told of the plan too."""
    (tmp_path / "a.yaml").write_text("shots: [{ id: a, prompt: a }]\n")
    plan = tmp_path / "plan.json"
    assert main(["plan", str(tmp_path / "a.yaml"), "-o", str(plan), "--quiet"]) == 0
    (tmp_path / "a.yaml").rename(tmp_path / "b.yaml")
    assert main(["apply", str(plan)]) == 2
    assert capsys.readouterr().err.startswith(f"{plan}: its storyboard '{tmp_path / 'a.yaml'}'")
    data = json.loads(plan.read_text())
    data["apply"]["arguments"] = ["--budget=dear", "a.yaml"]
    plan.write_text(json.dumps(data))
    assert main(["apply", str(plan)]) == 2
    assert capsys.readouterr().err.startswith(f"{plan}: its command line is wrong: ")


def test_no_file_but_a_plan_is_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`plan -o` never takes the place of a storyboard, and `-` is no file."""
    board = tmp_path / "a.yaml"
    board.write_text("shots: [{ id: a, prompt: a }]\n")
    with untouched(tmp_path):
        assert main(["plan", str(board), "-o", str(board)]) == 2
        assert main(["plan", str(board), "-o", "-"]) == 2
    assert "is there, and is no saved plan" in capsys.readouterr().err
    plan = tmp_path / "plan.json"
    plan.touch()
    assert main(["plan", str(board), "-o", str(plan), "--quiet"]) == 0
    assert main(["plan", str(board), "-o", str(plan), "--quiet"]) == 0


def test_the_key_stands_in_no_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prompts and the title are saved without it, and a variable that has it is refused."""
    key = "sk-0123456789abcdef"
    board, plan = tmp_path / "a.yaml", tmp_path / "plan.json"
    board.write_text(
        f"title: '{key}'\nvars: {{ x: y }}\nshots: [{{ id: a, prompt: 'say {key} {{x}}' }}]\n"
    )
    monkeypatch.setenv("SORAPIPE_API_KEY", key)
    command = ["plan", str(board), "-o", str(plan), "--provider", "openai"]
    assert main(command) == 0
    assert main([*command, "--markdown"]) == 0
    assert main([*command, "--json"]) == 0
    assert main([*command, "--var", f"x={key}"]) == 2
    shown = capsys.readouterr()
    assert key not in shown.out + shown.err + plan.read_text()
