"""Every example runs as it is: to videos of the asked size and length, and then to nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import pytest

from sorapipe.core.storyboard import Shot
from sorapipe.load import load

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "pipelines").glob("*.yaml"))
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


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_to_its_videos_and_then_to_nothing(path: Path, tmp_path: Path) -> None:
    """An example ends with 0 and MP4s as asked; run again it creates nothing and says so."""
    homes = ("--out", tmp_path / "out", "--store", tmp_path / "store")
    first = _sorapipe("run", path, *homes)
    assert first.returncode == 0, first.stderr

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
