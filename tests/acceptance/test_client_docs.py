"""What docs/client.md shows runs as it stands there, against the real studio on a socket."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sorapipe.studio.studio import Studio
from sorapipe.videos import errors
from sorapipe.videos.boxes import BoxWalk
from tests.served import in_thread
from tests.unit.films import film

PAGE = Path(__file__).parents[2] / "docs" / "client.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
TOKEN = "key-of-the-tests"


@pytest.fixture
def base_url(tmp_path: Path) -> Iterator[str]:
    """A strict studio with a token, whose renders are all one small film."""
    ready = film(tmp_path / "film.mp4")

    def render(animatic: Any, target: Path, **_: Any) -> None:
        shutil.copyfile(ready, target)

    with in_thread(Studio(None, strict=True, render=render), token=TOKEN) as origin:
        yield f"{origin}/v1"


def test_every_snippet_runs_in_its_order(
    base_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The server comes from the environment, the picture and the results are in the folder."""
    monkeypatch.setenv("SORAPIPE_BASE_URL", base_url)
    monkeypatch.setenv("SORAPIPE_API_KEY", TOKEN)
    monkeypatch.setenv("SORAPIPE_PROFILE", "local")
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (1280, 720)).save("landscape.jpg")
    real = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: real(min(seconds, 0.02)))
    known: dict[str, Any] = {}
    for number, snippet in enumerate(SNIPPETS):
        if re.search(r"^with Videos\(\)", snippet, re.MULTILINE) and "videos" in known:
            known.pop("videos").close()
        exec(compile(snippet, f"client.md, snippet {number + 1}", "exec"), known)
    told = capsys.readouterr().out
    for words in ("Video completed!", "Video saved to robot_planet.mp4", "Invalid request: POST"):
        assert words in told
    for name in ("generated_video", "robot_planet", "dawn", "dusk"):
        walk = BoxWalk(name)
        walk.feed(Path(f"{name}.mp4").read_bytes())
        assert walk.finish().seconds > 0
    with Image.open("generated_video.webp") as thumbnail:
        assert thumbnail.format == "WEBP"
    assert len(known["everything"]) == 2
    assert known["result"].deleted


@pytest.mark.parametrize(
    "asked",
    [
        "create",
        "input_reference",
        "retrieve",
        "list",
        "next_page",
        "download_content",
        "remix",
        "delete",
        "BadRequestError",
        "RateLimitError",
    ],
)
def test_the_page_shows_all_that_was_asked_for(asked: str) -> None:
    """Everything that the user's own document does in its snippets is done in one here."""
    assert any(re.search(rf"\b{asked}\b", snippet) for snippet in SNIPPETS)


def test_the_page_shows_the_whole_tree_of_errors() -> None:
    """The tree is the one of `sorapipe.videos.errors`, line by line."""
    tree = str(errors.__doc__).split("\n\n")[1]
    assert tree in PAGE.read_text("utf-8")
