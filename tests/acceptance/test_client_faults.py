"""The client against the real studio that goes wrong when it is asked to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sorapipe.videos.boxes import BoxWalk
from sorapipe.videos.errors import APIError, ModerationBlocked, NotFoundError
from sorapipe.videos.sync import Videos
from tests.cli import Desk
from tests.served import serving

SMALL = {"prompt": "a wave", "seconds": 1, "size": (64, 36)}


def _client(*faults: str) -> Iterator[Videos]:
    words = [word for fault in faults for word in ("--fault", fault)]
    with serving("--lenient", *words) as url, Videos(url, profile="local") as videos:
        yield videos


@pytest.fixture
def cutting() -> Iterator[Videos]:
    """A client of a studio that cuts four of five downloads in half."""
    yield from _client("truncated:0.8")


@pytest.fixture
def blocking() -> Iterator[Videos]:
    """A client of a studio that blocks every render."""
    yield from _client("moderation")


@pytest.fixture
def hiccuping() -> Iterator[Videos]:
    """A client of a studio where a look in three goes wrong, and every create is lost."""
    yield from _client("500-before:0.3@retrieve", "reset@create")


def test_what_is_cut_again_and_again_comes_home_whole(cutting: Videos, tmp_path: Path) -> None:
    """Ranges bring what is missing, and the file is the one that an iterator gives."""
    video = cutting.create_and_poll(**SMALL)
    content = cutting.download_content(video)
    received = content.write_to(tmp_path / "wave.mp4")
    data = (tmp_path / "wave.mp4").read_bytes()
    walk = BoxWalk()
    walk.feed(data)
    assert (walk.finish().seconds, received) == (1.0, len(data))
    assert content.read() == data


def test_a_blocked_render_is_moderation_blocked(blocking: Videos) -> None:
    """The studio's words, in an error that has the video."""
    with pytest.raises(ModerationBlocked) as caught:
        blocking.create_and_poll(**SMALL)
    assert caught.value.code == "moderation_blocked"
    assert blocking.retrieve(caught.value.video).status == "failed"


def test_a_lost_create_is_ambiguous_and_not_repeated(hiccuping: Videos) -> None:
    """Nobody knows what became of it, and the list shows that there is no second one."""
    with pytest.raises(APIError) as caught:
        hiccuping.create_and_poll(**SMALL)
    assert caught.value.spent == "ambiguous"
    assert list(hiccuping.list()) == []
    with pytest.raises(NotFoundError):
        hiccuping.wait("video_0")


def test_a_run_fetches_what_is_cut_again_and_again(tmp_path: Path) -> None:
    """A run's downloads are gone on with as well; nothing is rendered again for that."""
    with serving("--lenient", "--fault", "truncated:0.8") as url:
        said = {"SORAPIPE_BASE_URL": url, "SORAPIPE_PROFILE": "local"}
        desk = Desk(tmp_path, {**said, "SORAPIPE_BACKOFF_CAP": "0.1"})
        desk.write(
            "version: 1\ndefaults: { seconds: 1, size: 64x64 }\nshots:\n"
            "  - { id: a, prompt: a wave }\n  - { id: b, prompt: a dune }\n"
        )
        done = desk.run("run")
        assert done.returncode == 0, done.stderr
        assert len(desk.events("intent")) == 2
        assert len(desk.events("kept")) == 2
