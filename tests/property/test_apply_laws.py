"""Whatever moves between a plan and its apply: it is refused, or no more than was agreed to."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from decimal import Decimal
from pathlib import Path

import pytest

from sorapipe.cli.main import main
from tests.swift import Swift, swift

Shots = list[dict[str, object]]


@pytest.fixture(scope="module")
def server() -> Iterator[Swift]:
    """A server where half of all prompts look alike, so that parents may come out the same."""
    with swift(lambda prompt: str(len(prompt) % 2)) as found:
        yield found


class Scene:
    """A random storyboard in a folder, and what may happen to it."""

    def __init__(self, chance: random.Random, folder: Path) -> None:
        self.chance, self.folder = chance, folder
        self.price = "0.1"
        self.shots: Shots = []
        for number in range(chance.randint(2, 5)):
            shot: dict[str, object] = {"id": f"s{number}", "prompt": "p" * (number + 1)}
            shot["takes"] = chance.choice((1, 1, 2))
            if number and chance.random() < 0.6:
                parent = f"s{chance.randrange(number)}"
                shot |= chance.choice(
                    (
                        {"remix-of": parent},
                        {"reference": {"shot": parent, "frame": "last"}},
                    )
                )
            self.shots.append(shot)
        self.write()

    def say(self, *words: str) -> tuple[int, str]:
        """One command with that folder's places; its code and what it says."""
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as told:
            code = main(words)
        return code, told.getvalue()

    def about(self, name: str, *options: str) -> tuple[int, str]:
        """A command about the storyboard."""
        places = ["--out", str(self.folder / "out"), "--store", str(self.folder / "store")]
        config = ["--config", str(self.folder / "config.toml")]
        return self.say(name, str(self.folder / "a.yaml"), *options, *places, *config)

    def write(self) -> None:
        """Storyboard and price as they are now."""
        board = {"defaults": {"seconds": 1, "size": "64x64"}, "shots": self.shots}
        (self.folder / "a.yaml").write_text(json.dumps(board))
        (self.folder / "config.toml").write_text(f"[prices]\nsora-2 = {self.price}\n")

    def a_prompt(self) -> None:
        shot = self.chance.choice(self.shots)
        shot["prompt"] = f"{shot['prompt']}{'x' * self.chance.randint(1, 2)}"

    def the_takes(self) -> None:
        self.chance.choice(self.shots)["takes"] = self.chance.randint(1, 3)

    def the_price(self) -> None:
        self.price = self.chance.choice(("0.05", "0.2"))

    def a_lost_file(self) -> None:
        found = list(self.folder.glob("store/objects/*/*"))
        for path in self.chance.sample(found, min(len(found), 2)):
            path.unlink()

    def lost_files(self) -> None:
        for path in [*self.folder.glob("store/objects/*/*"), *self.folder.glob("out/**/*.mp4")]:
            path.unlink()

    def a_run(self) -> None:
        self.about("run", "--select", self.chance.choice(("*", "s0", "s1", "+s1", "s1+")))

    def a_pick(self) -> None:
        self.about("pick", str(self.chance.choice(self.shots)["id"]), self.chance.choice("12"))

    def an_apply(self) -> None:
        self.say("apply", str(self.folder / "plan.json"))

    def nothing(self) -> None:
        """As in a quiet night."""


@pytest.mark.parametrize("seed", range(14))
def test_apply_does_what_was_planned_or_less_or_nothing(
    seed: int, server: Swift, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sends nothing and exits 2, or creates no other takes, for no more than was agreed."""
    monkeypatch.setenv("SORAPIPE_BASE_URL", server.url)
    monkeypatch.setenv("SORAPIPE_PROFILE", "local")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    chance = random.Random(seed)
    scene = Scene(chance, tmp_path)
    happens: list[Callable[[], None]] = [
        *(scene.a_prompt, scene.the_takes, scene.the_price, scene.a_lost_file, scene.lost_files),
        *(scene.a_run, scene.a_pick, scene.an_apply, scene.nothing),
    ]
    if chance.random() < 0.7:  # something is there before
        scene.a_run()
        chance.choice((scene.a_prompt, scene.the_takes, scene.a_pick, scene.nothing))()
        scene.write()
    options = chance.choice(((), (), ("--force",), ("--select", "s1+"), ("--keep-stale",)))
    plan = tmp_path / "plan.json"
    code, said = scene.about("plan", "-o", str(plan), *options)
    assert code == 0, said
    data = json.loads(plan.read_text())
    agreed = {row["take"] for row in data["takes"] if row["decision"] == "render"}
    most = sum((Decimal(str(row["price"])) for row in data["takes"]), Decimal(0))
    for _ in range(chance.randint(1, 3)):
        chance.choice(happens)()
        scene.write()
    before, since = server.created, len(_events(tmp_path))
    code, said = scene.say("apply", str(plan))
    bought = [one for one in _events(tmp_path)[since:] if one["event"] == "intent"]
    assert server.created - before == len(bought)
    if code == 2:
        assert not bought
        assert said.startswith(f"{plan}: ")
        assert said.count("\n") == 1
    else:
        assert code == (1 if "blocked" in said else 0), said
        names = [str(one["take"]) for one in bought]
        assert len(names) == len(set(names))
        assert set(names) <= agreed
        assert sum((Decimal(str(one["price"])) for one in bought), Decimal(0)) <= most
        assert scene.say("apply", str(plan))[0] == code
        assert server.created - before == len(bought)


def _events(folder: Path) -> list[dict[str, object]]:
    ledger = folder / "out" / "ledger.jsonl"
    return [json.loads(line) for line in ledger.read_text().splitlines()] if ledger.exists() else []
