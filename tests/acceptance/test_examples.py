"""Every example runs as it is: to videos of the asked size and length, and then to nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import pytest

from sorapipe.core.lock_text import parse
from sorapipe.core.storyboard import Shot
from sorapipe.load import load
from sorapipe.studio.animatic import engine

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "pipelines").glob("*.yaml"))
THOUSAND = ROOT / "examples" / "pipelines" / "08-thousand-prompts.yaml"
MATRIX = ROOT / "examples" / "pipelines" / "09-languages-and-ratios.yaml"
AS_IT_IS = [path for path in EXAMPLES if path not in (THOUSAND, MATRIX)]  # those two run small
LOCKED = ROOT / "examples" / "pipelines" / "03-remix-extend-edit.yaml"  # its lock is in git
FIRST_LINE = "# yaml-language-server: $schema=../../schemas/storyboard.schema.json"
FRAME = 1 / 24  # seconds


def _sorapipe(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sorapipe", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _probe(path: Path) -> dict[str, Any]:
    """What the file is, asked of a decoder and of nothing of ours."""
    with av.open(str(path)) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        assert video.duration is not None
        assert video.time_base is not None
        return {
            "size": f"{video.width}x{video.height}",
            "video": video.codec_context.name,
            "audio": audio.codec_context.name,
            "seconds": float(video.duration * video.time_base),
            "frames": sum(1 for _ in file.decode(video)),
        }


def _files(shot: Shot) -> list[str]:
    """Where the takes of a shot lie: take 1 is the pick, unless all are delivered."""
    if shot.delivers_all:
        return [shot.file_name(number) for number in range(1, shot.takes + 1)]
    return [
        shot.file_name(1),
        *(f"takes/{shot.id}@{number}.mp4" for number in range(2, shot.takes + 1)),
    ]


def test_the_examples_go_from_one_shot_to_a_film_of_twelve() -> None:
    """The first example has one shot, and one of them has twelve with every kind of source."""
    boards = {path.name: load(path, {}).storyboard for path in EXAMPLES}
    assert [len(boards[EXAMPLES[0].name].shots)] == [1]
    film = boards["05-lighthouse-film.yaml"]
    assert len(film.shots) == 12
    assert {shot.operation for shot in film.shots} == {"create", "remix", "edit", "extend"}
    assert {type(shot.reference).__name__ for shot in film.shots} == {
        "NoneType",
        "Picture",
        "Frame",
    }


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_begins_with_the_line_that_editors_read(path: Path) -> None:
    """Every example names its schema in the first line, and the schema is there."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first == FIRST_LINE
    assert (path.parent / first.partition("=")[2]).resolve().is_file()


def _beside_its_pictures(path: Path, folder: Path) -> Path:
    """A copy of the example in an empty environment: a run leaves a lock beside it."""
    shutil.copytree(path.parent / "stills", folder / "stills")
    if path == LOCKED:
        shutil.copy(path.with_suffix(".lock"), folder)
    return Path(shutil.copy(path, folder))


def _check_as_locked(path: Path, out: Path, said: str) -> None:
    """The files are the lock's, byte for byte, and the lock stays; or its other engine is named."""
    lock = parse(LOCKED.with_suffix(".lock").read_text(encoding="utf-8"))
    assert len(lock.takes) == 4
    if {take.engine for take in lock.takes.values()} != {engine()}:
        assert "other bytes are to be expected" in said
        return
    assert ".lock" not in said
    for take in lock.takes.values():
        assert sha256((out / f"{take.shot}.mp4").read_bytes()).hexdigest() == take.sha256
    assert path.with_suffix(".lock").read_bytes() == LOCKED.with_suffix(".lock").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("path", AS_IT_IS, ids=lambda path: path.stem)
def test_an_example_runs_to_its_videos_and_then_to_nothing(path: Path, tmp_path: Path) -> None:
    """An example ends with 0 and MP4s as asked; run again it creates nothing and says so."""
    homes = ("--out", tmp_path / "out", "--store", tmp_path / "store")
    path = _beside_its_pictures(path, tmp_path)
    first = _sorapipe("run", path, *homes)
    assert first.returncode == 0, first.stderr
    if path.name == LOCKED.name:
        _check_as_locked(path, tmp_path / "out", first.stderr)

    storyboard = load(path, {}).storyboard
    for shot in storyboard.shots:
        for name in _files(shot):
            found = _probe(tmp_path / "out" / name)
            assert found["size"] == shot.size, name
            assert (found["video"], found["audio"]) == ("h264", "aac"), name
            assert found["seconds"] == pytest.approx(shot.length, abs=FRAME), name
            assert found["frames"] == pytest.approx(shot.length * 24, abs=1), name
    made = sum(shot.takes for shot in storyboard.shots)
    assert f"{made} made, 0 reused of {made} take" in first.stderr
    before = (tmp_path / "out" / "ledger.jsonl").read_bytes()

    second = _sorapipe("run", path, *homes)
    assert second.returncode == 0, second.stderr
    assert "nothing to do" in second.stderr
    assert "nothing was created" in second.stderr
    assert (tmp_path / "out" / "ledger.jsonl").read_bytes() == before


def _small(path: Path, folder: Path) -> Path:
    """A copy of the example beside its prompts, for the same shots at a tenth of the size."""
    shutil.copy(path.parent / "prompts.txt", folder)
    text = path.read_text(encoding="utf-8")
    for size, small in (
        ("1280x720", "128x72"),
        ("720x1280", "72x128"),
        ("seconds: 4", "seconds: 1"),
    ):
        text = text.replace(size, small)
    copy = folder / path.name
    copy.write_text(text, encoding="utf-8")
    return copy


def test_twenty_lines_are_planned_as_a_thousand_prompts_with_three_takes_each(
    tmp_path: Path,
) -> None:
    """The plan has 3,000 takes, and the files are named by prompt and take."""
    assert THOUSAND.read_text(encoding="utf-8").count("\n") <= 20
    prompts = (THOUSAND.parent / "prompts.txt").read_text(encoding="utf-8").splitlines()
    assert len(set(prompts)) == 1000
    shots = load(THOUSAND, {}).storyboard.shots
    assert [shot.prompt for shot in shots] == prompts
    assert [name for shot in shots for name in _files(shot)] == [
        f"{prompt}-{take}.mp4" for prompt in prompts for take in range(3)
    ]
    told = _sorapipe("plan", THOUSAND, "--out", tmp_path / "o", "--store", tmp_path / "s")
    assert "3000 to render, 0 to reuse" in told.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_five_of_the_thousand_are_rendered_when_they_are_selected(tmp_path: Path) -> None:
    """Three takes of each of the five are delivered under their names, and nothing else is."""
    path = _small(THOUSAND, tmp_path)
    five = ("set-1", "set-77", "set-500", "set-501", "set-1000")
    homes = ("--out", tmp_path / "out", "--store", tmp_path / "store")
    ran = _sorapipe("run", path, *homes, "--select", " ".join(five))
    assert ran.returncode == 0, ran.stderr
    shots = [shot for shot in load(path).storyboard.shots if shot.id in five]
    wanted = {name for shot in shots for name in _files(shot)}
    assert {file.name for file in (tmp_path / "out").glob("*.mp4")} == wanted
    assert len(wanted) == 15
    for name in wanted:
        assert _probe(tmp_path / "out" / name)["size"] == "128x72"


@pytest.mark.slow
def test_three_languages_in_two_shapes_make_a_film_of_four_shots_each(tmp_path: Path) -> None:
    """All 24 shots of the matrix render, each child from the parent of its own row."""
    path = _small(MATRIX, tmp_path)
    shots = load(path).storyboard.shots
    rows = [f"{lang}-{shape}" for lang in ("en", "es", "ja") for shape in ("wide", "tall")]
    assert [shot.id for shot in shots] == [
        f"{name}-{row}" for name in ("hello", "evening", "door", "street") for row in rows
    ]
    above = {"evening": "hello", "door": "evening", "street": "door"}
    for shot in shots:
        name, _, row = shot.id.partition("-")
        assert shot.parent == (f"{above[name]}-{row}" if name in above else None)
        assert shot.size == ("128x72" if row.endswith("wide") else "72x128")
    ran = _sorapipe("run", path, "--out", tmp_path / "out", "--store", tmp_path / "store")
    assert ran.returncode == 0, ran.stderr
    for shot in shots:
        found = _probe(tmp_path / "out" / shot.file_name(1))
        assert found["size"] == shot.size
        assert found["seconds"] == pytest.approx(shot.length, abs=FRAME)
    assert "24 made, 0 reused of 24 takes" in ran.stderr


@pytest.mark.slow
def test_a_word_of_ones_own_makes_another_film_beside_the_first(tmp_path: Path) -> None:
    """With --var the same example renders what is asked now, and leaves the earlier files alone."""
    path = ROOT / "examples" / "pipelines" / "06-one-prompt-many-films.yaml"
    homes = (
        "--out",
        tmp_path / "out",
        "--store",
        tmp_path / "store",
        "--var",
        "city=Lisbon",
        "--json",
    )
    ran = _sorapipe("run", path, *homes)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1])["made"] == 3
    assert sorted(file.name for file in (tmp_path / "out").glob("*.mp4")) == [
        "Lisbon, blue hour - coffee.mp4",
        "Lisbon, blue hour - rooftops.mp4",
        "Lisbon, blue hour - tram.mp4",
    ]


@pytest.mark.slow
def test_the_readme_shows_what_a_run_really_says(tmp_path: Path) -> None:
    """The README's session is that of its first command, but for ids and sizes."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("```text\n$ sorapipe run ")[2].partition("```")[0].splitlines()
    example = ROOT / shown[0]
    shutil.copy(example, tmp_path)
    ran = _sorapipe("run", tmp_path / example.name, "--store", tmp_path / "store")
    said = ran.stderr.replace(str(tmp_path), str(Path(shown[0]).parent))
    assert _without_chance(said.splitlines()) == _without_chance(shown[1:])


def _without_chance(lines: list[str]) -> list[str]:
    return [re.sub(r"video_[0-9a-f]+|[0-9]+ bytes", "...", line) for line in lines]
