"""The official openai SDK, unchanged, as a client of the studio on a real socket.

The scenario is what every version of it goes through (tests/sdk/run.py has the old ones and those
for Node); the other tests look closer, at what the lenient studio has and at the files themselves.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import openai
import pytest
from openai.types import Video
from PIL import Image

from sorapipe.studio.renders import Render, real_render
from sorapipe.studio.studio import Studio
from tests.served import in_thread, serving

# The SDK announces since 3.1 that its own server has been shut down. Ours has not.
pytestmark = pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")

SIZE = "128x72"
SCENARIO = Path(__file__).parents[1] / "sdk" / "scenario.py"


@contextmanager
def served(
    *, strict: bool = False, token: str | None = None, render: Render = real_render
) -> Iterator[str]:
    """The base URL of a studio that listens in a thread of its own."""
    studio = Studio(None, strict=strict, retention=3600, render=render)
    with in_thread(studio, token=token) as origin:
        yield f"{origin}/v1"


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A lenient studio that the tests of this file share, because small videos are quick."""
    with served() as url:
        yield url


@pytest.fixture
def client(base_url: str) -> Iterator[openai.OpenAI]:
    """The SDK as its users have it, without retries that would hide a fault of ours."""
    with openai.OpenAI(api_key="any key", base_url=base_url, max_retries=0) as sdk:
        yield sdk


def finished(client: openai.OpenAI, video: Video) -> Video:
    """That video by the SDK's own polling."""
    ended = client.videos.poll(video.id, poll_interval_ms=20)
    assert (ended.status, ended.progress, ended.error) == ("completed", 100, None)
    return ended


def small(client: openai.OpenAI, prompt: str = "a lighthouse at dawn") -> Video:
    """A finished video of one second."""
    return finished(client, client.videos.create(prompt=prompt, size=SIZE, seconds="1"))


@pytest.mark.slow
def test_the_scenario_of_all_sdks() -> None:
    """The installed version goes through every step against a strict `sorapipe serve`."""
    token = "token-of-the-tests"
    with serving(token=token) as url:
        ran = subprocess.run(
            [sys.executable, str(SCENARIO), url],
            env={**os.environ, "OPENAI_API_KEY": token},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_create_poll_and_download(client: openai.OpenAI, tmp_path: Path) -> None:
    """A video is created, polled to its end and downloaded; the file is what was asked for."""
    video = client.videos.create(model="sora-2", prompt="a storm", size=SIZE, seconds="2")
    assert (video.object, video.status, video.progress) == ("video", "queued", 0)
    assert (video.size, video.seconds, video.prompt) == (SIZE, "2", "a storm")
    video = finished(client, video)
    assert video.completed_at is not None
    assert video.expires_at == video.completed_at + 3600
    client.videos.download_content(video.id).write_to_file(tmp_path / "a.mp4")
    with av.open(str(tmp_path / "a.mp4")) as film:
        picture = film.streams.video[0]
        assert (picture.width, picture.height) == (128, 72)
        assert picture.codec_context.name == "h264"
        assert abs(film.duration / av.time_base - 2) < 0.1
        assert film.streams.audio[0].codec_context.name == "aac"


def test_the_other_variants(client: openai.OpenAI) -> None:
    """A thumbnail is a WebP picture, a spritesheet a JPEG."""
    video = small(client)
    for variant, kind in (("thumbnail", "WEBP"), ("spritesheet", "JPEG")):
        answer = client.videos.download_content(video.id, variant=variant)
        assert answer.response.headers["content-type"] == f"image/{kind.lower()}"
        with Image.open(io.BytesIO(answer.content)) as image:
            assert image.format == kind


def test_edit_and_extension(client: openai.OpenAI) -> None:
    """The SDK cannot send `video: {id}` itself, but by its raw JSON both work."""
    parent = small(client)
    body = {"prompt": "the clouds open", "video": {"id": parent.id}}
    edit = client.post("/videos/edits", body=body, cast_to=Video)
    longer = client.post("/videos/extensions", body={**body, "seconds": "1"}, cast_to=Video)
    assert (finished(client, edit).seconds, finished(client, longer).seconds) == ("1", "2")
    film = io.BytesIO(client.videos.download_content(longer.id).content)
    with av.open(film) as stitched:
        assert abs(stitched.duration / av.time_base - 2) < 0.1


def blank(animatic: Any, target: Path, **_: Any) -> None:
    """A renderer that takes no time, for where the videos themselves do not matter."""
    target.write_bytes(animatic.prompt.encode())


def test_listing_more_than_a_hundred() -> None:
    """Auto-paging visits every video once, in both orders."""
    with (
        served(render=blank) as url,
        openai.OpenAI(api_key="any", base_url=url, max_retries=0) as client,
    ):
        made = [client.videos.create(prompt=f"number {n}", size=SIZE).id for n in range(105)]
        assert [video.id for video in client.videos.list()] == made[::-1]
        assert [video.id for video in client.videos.list(limit=100, order="asc")] == made
        first = client.videos.list(limit=100)
        assert (len(first.data), first.has_next_page()) == (100, True)
        assert len(first.get_next_page().data) == 5


def test_bad_requests(client: openai.OpenAI) -> None:
    """What the real API refuses raises BadRequestError with the field's name."""
    bad = ({"prompt": ""}, {"size": "1x1"}, {"seconds": "0"}, {"prompt": "x" * 32_001})
    for fields in bad:
        with pytest.raises(openai.BadRequestError) as caught:
            client.videos.create(**{"prompt": "a", **fields})
        assert caught.value.param in fields
        assert caught.value.type == "invalid_request_error"


def test_not_found(client: openai.OpenAI) -> None:
    """An unknown id raises NotFoundError, and so does content that is not ready."""
    for operation in (client.videos.retrieve, client.videos.download_content):
        with pytest.raises(openai.NotFoundError):
            operation("video_0")
    with pytest.raises(openai.NotFoundError):
        client.videos.remix("video_0", prompt="b")
    long = client.videos.create(prompt="a", size="640x360", seconds="60")
    with pytest.raises(openai.NotFoundError, match="not ready"):
        client.videos.download_content(long.id)
    with pytest.raises(openai.ConflictError, match="still being rendered"):
        client.videos.delete(long.id)


def test_a_strict_studio() -> None:
    """Strictly, with a token: the defaults of the design, the real sizes and lengths, and 401."""
    with (
        served(strict=True, token="secret") as url,
        openai.OpenAI(api_key="wrong", base_url=url, max_retries=0) as stranger,
        openai.OpenAI(api_key="secret", base_url=url, max_retries=0) as client,
    ):
        with pytest.raises(openai.AuthenticationError):
            stranger.videos.list()
        video = client.videos.create(prompt="a bay")
        assert (video.model, video.size, video.seconds) == ("sora-2", "1280x720", "4")
        for bad in ({"seconds": "5"}, {"size": "1920x1080"}, {"model": "sora-3"}):
            with pytest.raises(openai.BadRequestError, match="Supported values"):
                client.videos.create(prompt="a", **bad)
        larger = client.videos.create(prompt="a", model="sora-2-pro", size="1920x1080")
        assert larger.model == "sora-2-pro"
