"""Which change of a storyboard renders what anew, and which must not: one row a change."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from sorapipe.config import Provider, resolve
from sorapipe.core.plan import Decision, Plan
from sorapipe.ledger import read
from sorapipe.load import load
from sorapipe.run.prepare import Options, fold_history, prepare
from sorapipe.store import Store
from tests.cli import Desk
from tests.kills import paid_creates

FILM = """\
version: 1
title: a film
vars: { light: dawn, who: a keeper }
defaults: { seconds: 1, size: 64x64, model: sora-2 }
shots:
  - { id: sea, prompt: "{who} at {light}", takes: 2, tags: [hero], file: "{id}-{take}" }
  - { id: storm, prompt: a storm, remix-of: sea }
  - { id: after, prompt: the clouds open, extend-of: storm }
  - { id: street, prompt: a wet street, edit-of: sea }
  - { id: boat, prompt: a boat, reference: { shot: sea, frame: last } }
  - { id: card, prompt: a card, reference: art/card.png, fit: cover }
  - { id: tree, prompt: a lone tree, seed: 7, extra: { mood: calm, level: 1 } }
  - { id: "ad-{lang}", prompt: "an ad in {lang}, the {index}.", each: { lang: [de, en] } }
  - { id: "row-{name}", prompt: "a {what}", each: rows.csv }
"""
ROWS = "name,what\nfox,fox in snow\nowl,owl at night\n"
NONE = ""
BELOW = "storm after street boat"  # what stands below sea
SEA = f"sea@1 sea@2 {BELOW}"
ADS, ROWED = "ad-de ad-en", "row-fox row-owl"
ALL = f"{SEA} card tree {ADS} {ROWED}"
CONFIG = """\
[prices]
sora-2 = 0.1
sora-2-pro = 0.3
[providers.preview]
profile = "local"
"""


@dataclass
class Film:
    """The storyboard as it was rendered, for a change to be made to it."""

    folder: Path
    text: str = FILM
    rows: str = ROWS
    variables: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    pick: tuple[str, int] | None = None
    server: dict[str, str] = field(default_factory=dict)

    def replace(self, old: str, new: str) -> None:
        """Edit the storyboard in one place."""
        assert self.text.count(old) == 1, old
        self.text = self.text.replace(old, new)

    @property
    def shots(self) -> list[str]:
        """The storyboard's last lines: a shot each."""
        return self.text.splitlines()[5:]

    def plan(self) -> Plan:
        """What would be done about it now."""
        (self.folder / "storyboard.yaml").write_text(self.text, encoding="utf-8")
        (self.folder / "rows.csv").write_text(self.rows, encoding="utf-8")
        out = self.folder / "out"
        loaded = load(self.folder / "storyboard.yaml", self.variables)
        ledger = out / "ledger.jsonl"
        tally = fold_history(ledger, read(ledger))
        if self.pick is not None:
            shot, number = self.pick
            (mark,) = (take.fingerprint for take in tally.takes.values()
                       if take.name == f"{shot}@{number}")  # fmt: skip
            tally.apply({"event": "picked", "shot": shot, "number": number, "fp": mark})
        prepared = prepare(
            loaded,
            self._provider(loaded.storyboard.provider),
            out=out,
            store=Store(self.folder / "store"),
            tally=tally,
            options=Options(**{"prices": {}, **self.options}),
            now=0.0,
        )
        return prepared.plan

    def _provider(self, named: str | None) -> Provider:
        config = self.folder / "config.toml"
        config.write_text(CONFIG, encoding="utf-8")
        return resolve(storyboard_provider=named, config_path=config, environ=self.server)


Change = Callable[[Film], None]


def edit(*pairs: str) -> Change:
    """Old and new, by turns."""

    def change(film: Film) -> None:
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            film.replace(old, new)

    return change


def setting(**values: Any) -> Change:
    """What is said beside the storyboard: variables, options, a pick, a server."""

    def change(film: Film) -> None:
        for name, value in values.items():
            setattr(film, name, value)

    return change


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(film: Film) -> None:
        for one in changes:
            one(film)

    return change


def repaint(film: Film) -> None:
    """Other bytes under the same path."""
    Image.new("RGB", (80, 80), "navy").save(film.folder / "art" / "card.png")


def move_picture(film: Film) -> None:
    """The same bytes under another path."""
    (film.folder / "art" / "card.png").rename(film.folder / "elsewhere.png")
    film.replace("art/card.png", "elsewhere.png")


def reverse(film: Film) -> None:
    """The shots in the opposite order."""
    film.text = "\n".join([*film.text.splitlines()[:5], *reversed(film.shots), ""])


def as_json(film: Film) -> None:
    """The same data in another spelling."""
    film.text = json.dumps(yaml.safe_load(film.text))


def rename_sea(film: Film) -> None:
    """Another id, wherever it stands."""
    film.text = re.sub(r"\bsea\b", "ocean", film.text)


def add(line: str) -> Change:
    """One shot more."""

    def change(film: Film) -> None:
        film.text += f"  - {line}\n"

    return change


def remove(shot: str) -> Change:
    """One shot less."""

    def change(film: Film) -> None:
        kept = [line for line in film.text.splitlines() if f"id: {shot}," not in line]
        film.text = "\n".join([*kept, ""])

    return change


def spell_out(film: Film) -> None:
    """What stands in `defaults` is said by every shot that has no parent to have it from."""
    film.replace("defaults: { seconds: 1, size: 64x64, model: sora-2 }\n", "")
    whole = ", seconds: 1, size: 64x64, model: sora-2 }"
    inherits = {"storm": " }", "street": " }", "after": ", seconds: 1 }"}
    for line in film.text.splitlines()[4:]:
        own = next((own for shot, own in inherits.items() if f"id: {shot}," in line), whole)
        film.replace(line, line.removesuffix(" }") + own)


def lose(*folders: str) -> Change:
    """Files that somebody deleted; the server in process keeps its own."""

    def change(film: Film) -> None:
        for folder in folders:
            for path in (film.folder / folder).rglob("*.mp4" if folder == "out" else "*"):
                if path.is_file() and ".studio" not in path.parts:
                    path.unlink()

    return change


STALE = {"keep_stale": True}

# what changes, how, and the takes that are rendered anew (`@1` where no number stands)
CHANGES: list[tuple[str, Change, str]] = [
    ("nothing", edit(), NONE),
    # the prompt
    ("the prompt of a shot that stands alone", edit("a lone tree", "a lone oak"), "tree"),
    ("the prompt of a parent", edit("{who} at", "{who}, tired, at"), SEA),
    ("the prompt of a child with a child", edit("a storm", "a gale"), "storm after"),
    ("the prompt of the last child", edit("a wet street", "a dry street"), "street"),
    ("a space within a prompt", edit("a lone tree", "a  lone tree"), "tree"),
    ("quotes around a prompt", edit("a lone tree", '"a lone tree"'), NONE),
    ("the value of a variable", edit("light: dawn", "light: dusk"), SEA),
    ("a variable on the command line", setting(variables={"light": "dusk"}), SEA),
    ("the same value on the command line", setting(variables={"light": "dawn"}), NONE),
    ("a variable's name", edit("light: dawn", "hour: dawn", "{light}", "{hour}"), NONE),
    ("a value instead of its variable", edit("{who} at {light}", "a keeper at dawn"), NONE),
    ("a variable that nothing uses", edit("light: dawn", "light: dawn, other: x"), NONE),
    # model, length, size
    ("the model of a shot", edit("seed: 7", "seed: 7, model: sora-2-pro"), "tree"),
    ("the model of a parent", edit("tags: [hero]", "model: sora-2-pro"), SEA),
    ("the model by default", edit("model: sora-2 ", "model: sora-2-pro "), ALL),
    ("the length of a shot", edit("seed: 7", "seed: 7, seconds: 2"), "tree"),
    ("the length of an extension", edit("extend-of: storm", "extend-of: storm, seconds: 2"),
     "after"),
    ("1 spelled as 1.0", edit("seconds: 1,", "seconds: 1.0,"), NONE),
    ("1 spelled as '1'", edit("seconds: 1,", 'seconds: "1",'), NONE),
    ("1 spelled as 1s", edit("seconds: 1,", "seconds: 1s,"), NONE),
    ("the size of a shot", edit("seed: 7", "seed: 7, size: 64x36"), "tree"),
    ("the size of the shot with a picture", edit("fit: cover", "fit: cover, size: 64x36"), "card"),
    ("a default that is said by each shot instead", spell_out, NONE),
    # what it starts from
    ("the bytes of a picture", repaint, "card"),
    ("the path of a picture", move_picture, NONE),
    ("fit, of a picture", edit("fit: cover", "fit: contain"), "card"),
    ("fit, of a frame", edit("frame: last }", "frame: last }, fit: cover"), "boat"),
    ("the frame's name", edit("frame: last", "frame: first"), "boat"),
    ("the shot that a frame is of", edit("shot: sea, frame", "shot: storm, frame"), "boat"),
    ("the picture for a frame", edit("art/card.png", "{ shot: tree, frame: last }"), "card"),
    ("no picture any more", edit("reference: art/card.png, fit: cover", "seconds: 1"), "card"),
    ("what a remix is of", edit("remix-of: sea", "remix-of: tree"), "storm after"),
    ("what an extension is of", edit("extend-of: storm", "extend-of: sea"), "after"),
    ("what an edit is of", edit("edit-of: sea", "edit-of: tree"), "street"),
    ("an edit for a remix", edit("edit-of: sea", "remix-of: sea"), "street"),
    ("a fallback that is not needed", edit("remix-of: sea", "remix-of: sea, fallback: edit"), NONE),
    # takes and picks
    ("one take more", edit("takes: 2", "takes: 3"), "sea@3"),
    ("one take more of one", edit("seed: 7", "seed: 7, takes: 2"), "tree@2"),
    ("one take less", edit("takes: 2", "takes: 1"), NONE),
    ("the pick of a parent", setting(pick=("sea", 2)), BELOW),
    ("the pick of a parent, and back", setting(pick=("sea", 1)), NONE),
    ("the picked take is wanted no more", both(setting(pick=("sea", 2)),
                                               edit("takes: 2", "takes: 1")), NONE),
    # seed, extra
    ("the seed", edit("seed: 7", "seed: 8"), "tree"),
    ("no seed any more", edit("seed: 7, ", ""), "tree"),
    ("a parameter of the provider's", edit("mood: calm", "mood: wild"), "tree"),
    ("one such parameter less", edit("mood: calm, ", ""), "tree"),
    ("their order", edit("mood: calm, level: 1", "level: 1, mood: calm"), NONE),
    ("1 for 1.0 in one of them", edit("level: 1", "level: 1.0"), NONE),
    # what a shot is called, and where it stands
    ("the id of a parent", rename_sea, NONE),
    ("the id of a shot that stands alone", edit("id: tree", "id: oak"), NONE),
    ("the tags", edit("tags: [hero]", "tags: [villain, night]"), NONE),
    ("the file's name", edit("{id}-{take}", "{take} {id}"), NONE),
    ("the order of the shots", reverse, NONE),
    ("the order of the keys",
     edit("prompt: a storm, remix-of: sea", "remix-of: sea, prompt: a storm"), NONE),
    ("a shot more", add("{ id: more, prompt: more }"), "more"),
    ("a shot more that asks for the same", add("{ id: twin, prompt: a storm, remix-of: sea }"),
     NONE),
    ("a shot less", remove("tree"), NONE),
    # what belongs to no shot
    ("a comment", edit("title:", "# for later\ntitle:"), NONE),
    ("the title", edit("a film", "another film"), NONE),
    ("a budget", edit("title:", "budget: 100\ntitle:"), NONE),
    ("what is done about a lost answer", edit("title:", "on-ambiguous: hold\ntitle:"), NONE),
    ("JSON instead of YAML", as_json, NONE),
    # rows
    ("a row more, at the end", edit("[de, en]", "[de, en, fr]"), "ad-fr"),
    ("rows that change places, and their {index}", edit("[de, en]", "[en, de]"), ADS),
    ("a row less, and the {index} of the next", edit("[de, en]", "[en]"), "ad-en"),
    ("a row more in a file", setting(rows=ROWS.replace("fox,", "elk,elk\nfox,")), "row-elk"),
    ("a row less in a file", setting(rows="name,what\nowl,owl at night\n"), NONE),
    ("rows of a file that change places",
     setting(rows="name,what\nowl,owl at night\nfox,fox in snow\n"), NONE),
    ("one cell", setting(rows=ROWS.replace("in snow", "in rain")), "row-fox"),
    ("a column that nothing uses",
     setting(rows="n,name,what\n1,fox,fox in snow\n2,owl,owl at night\n"), NONE),
    ("the same rows in the storyboard", edit("rows.csv", "[{ name: fox, what: fox in snow }, "
                                             "{ name: owl, what: owl at night }]"), NONE),
    # the server
    ("the provider's name", edit("title:", "provider: preview\ntitle:"), ALL),
    ("the same provider, named", edit("title:", "provider: local\ntitle:"), NONE),
    ("the server's address",
     setting(server={"SORAPIPE_BASE_URL": "http://127.0.0.1:9/v1", "SORAPIPE_PROFILE": "local"}),
     NONE),
    ("a price", setting(options={"prices": {"sora-2": Decimal(9)}}), NONE),
    # what is there
    ("no files any more", lose("out"), NONE),
    ("no store any more", lose("store"), NONE),
    # what the command line wants
    ("--force", setting(options={"force": True}), ALL),
    ("--force of one", setting(options={"force": True, "select": ("tree",)}), "tree"),
    ("a selection without what changed",
     both(edit("a lone tree", "a lone oak"), setting(options={"select": ("sea+",)})), NONE),
    ("the pick of a parent, with --keep-stale", setting(pick=("sea", 2), options=STALE), NONE),
    ("a picture, with --keep-stale", both(repaint, setting(options=STALE)), NONE),
    ("a parent's prompt, with --keep-stale",
     both(edit("light: dawn", "light: dusk"), setting(options=STALE)), "sea@1 sea@2"),
]  # fmt: skip


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the film after it was rendered once, for real."""
    desk = Desk(tmp_path_factory.mktemp("film"))
    desk.write(FILM)
    (desk.folder / "rows.csv").write_text(ROWS, encoding="utf-8")
    (desk.folder / "art").mkdir()
    Image.new("RGB", (80, 80), "white").save(desk.folder / "art" / "card.png")
    done = desk.run("run")
    assert done.returncode == 0, done.stderr
    return desk.folder


def named(takes: str) -> set[str]:
    """The names of takes, with `@1` where no number stands."""
    return {name if "@" in name else f"{name}@1" for name in takes.split()}


@pytest.mark.parametrize(
    ("change", "renders"),
    [pytest.param(change, renders, id=name) for name, change, renders in CHANGES],
)
def test_a_change_renders_what_it_has_to_and_nothing_else(
    change: Change, renders: str, rendered: Path, tmp_path: Path
) -> None:
    """Of the film that is there, the plan renders what that change asks for; nothing is blocked."""
    shutil.copytree(rendered, tmp_path / "film")
    film = Film(tmp_path / "film")
    change(film)
    plan = film.plan()
    assert {row.name for row in plan.takes if row.decision is Decision.RENDER} == named(renders)
    assert plan.count(Decision.BLOCKED) == 0


@pytest.mark.parametrize(
    "name",
    ["the prompt of a child with a child", "the id of a parent", "one take more", "one cell"],
)
def test_what_the_table_says_is_what_a_run_creates(
    name: str, rendered: Path, tmp_path: Path
) -> None:
    """A real run after that change pays for the takes that its row names."""
    shutil.copytree(rendered, tmp_path / "film")
    desk, film = Desk(tmp_path / "film"), Film(tmp_path / "film")
    change, renders = next((change, renders) for one, change, renders in CHANGES if one == name)
    change(film)
    film.plan()  # writes what changed
    before = paid_creates(desk.out)
    done = desk.run("run")
    assert done.returncode == 0, done.stderr
    assert paid_creates(desk.out) - before == len(named(renders))


def test_there_is_a_row_for_every_field_of_a_shot() -> None:
    """No field of the schema goes without a row: a new one fails here until it has its own."""
    schema = json.loads((Path(__file__).parents[2] / "schemas/storyboard.schema.json").read_text())
    words = {
        **{name: name for name in ("id", "prompt", "model", "seed", "fit", "tags", "takes")},
        "each": "a row more, at the end",
        "seconds": "the length of a shot",
        "size": "the size of a shot",
        "reference": "the bytes of a picture",
        "remix-of": "what a remix is of",
        "extend-of": "what an extension is of",
        "edit-of": "what an edit is of",
        "takes": "one take more",
        "file": "the file's name",
        "extra": "a parameter of the provider's",
        "fallback": "a fallback that is not needed",
    }
    assert set(words) == set(schema["$defs"]["shot"]["properties"])
    names = [name for name, _, _ in CHANGES]
    assert len(names) == len(set(names)) >= 40
    for word in words.values():
        assert any(word in name for name in names), word
