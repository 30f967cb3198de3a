"""What the steps of `scenario.py` stand on: the client, what was made, checks that speak."""

from __future__ import annotations

import functools
import http.server
import os
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openai
from openai.types import Video

STILLS = Path(__file__).parents[2] / "examples" / "pipelines" / "stills"
PICTURE = STILLS / "lighthouse.jpg"  # 1280x720
OTHER_SIZE = STILLS / "harbour.jpg"  # 1200x900
POLL = 100  # milliseconds


@dataclass
class Scene:
    """What the steps share: the client, a folder to write to, and what has been made so far."""

    sdk: openai.OpenAI
    base_url: str
    folder: Path
    made: list[str] = field(default_factory=list)  # ids, in order

    @property
    def first(self) -> str:
        """The id of a video that is finished, of the first prompt and all defaults."""
        return self.made[0]

    def noted(self, video: Video) -> Video:
        """A video just asked for, kept in mind."""
        same("status of a new video", video.status, "queued")
        assert video.id not in self.made, f"the id {video.id} was given twice"
        self.made.append(video.id)
        return video

    def finished(self, video: Video) -> Video:
        """That video by the SDK's own polling."""
        ended = self.sdk.videos.poll(video.id, poll_interval_ms=POLL)
        same("end of the render", (ended.status, ended.progress), ("completed", 100))
        return ended

    def bytes_of(self, video_id: str, **options: Any) -> bytes:
        """The video's content, or another variant of it."""
        return self.sdk.videos.download_content(video_id, **options).content

    def has(self, method: str) -> bool:
        """Whether this SDK has that method."""
        return hasattr(self.sdk.videos, method)

    def send(self, method: str, path: str, **fields: Any) -> tuple[Video, str]:
        """By the SDK's method; by its raw JSON where it has none, or refuses to send an object."""
        if self.has(method):
            try:
                return self.noted(getattr(self.sdk.videos, method)(**fields)), "by its method"
            except RuntimeError as error:  # raised before anything is sent
                if "Expected entry at" not in str(error):
                    raise
        return self.noted(self.sdk.post(path, body=fields, cast_to=Video)), "as raw JSON"

    def upload(self, method: str, path: str, video: bytes, **fields: Any) -> tuple[Video, str]:
        """As `send`, with a file; raw multipart where the SDK has no method."""
        part = ("parent.mp4", video, "video/mp4")
        if self.has(method):
            return self.noted(getattr(self.sdk.videos, method)(video=part, **fields)), "its method"
        asked = self.sdk.post(
            path,
            body=fields,
            files=[("video", part)],
            options={"headers": {"Content-Type": "multipart/form-data"}},
            cast_to=Video,
        )
        return self.noted(asked), "raw multipart"


def same(what: str, found: object, wanted: object) -> None:
    """Raise AssertionError where they differ."""
    assert found == wanted, f"{what}: {found!r}, and not {wanted!r}"


def refused(error: type[Exception], words: str, call: Callable[[], object]) -> Any:
    """The error that the call raises, which must be exactly of that class and have those words."""
    raised: Exception | None = None
    try:
        answer = call()
    except openai.OpenAIError as caught:
        raised = caught
    assert raised, f"{error.__name__} was not raised; the answer was {answer!r}"
    same("the error's class", type(raised).__name__, error.__name__)
    assert words in str(raised), f"'{words}' is not in: {raised}"
    return raised


@contextmanager
def pictures_served() -> Iterator[str]:
    """The address of a loopback server that has the stills."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(STILLS))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def main(steps: Sequence[Callable[[Scene], str]]) -> int:
    """Run the steps in order against the server that the command line names; the exit code."""
    warnings.simplefilter("ignore", DeprecationWarning)  # OpenAI's server is shut down, not ours
    base_url = sys.argv[1]
    key = os.environ.get("OPENAI_API_KEY", "any")
    print(f"openai {openai.__version__} on Python {sys.version.split()[0]}, against {base_url}")
    with (
        openai.OpenAI(base_url=base_url, api_key=key, max_retries=0, timeout=120) as sdk,
        tempfile.TemporaryDirectory() as folder,
    ):
        scene = Scene(sdk, base_url, Path(folder))
        for number, run in enumerate(steps, 1):
            began = time.monotonic()
            try:
                seen = run(scene)
            except (AssertionError, openai.OpenAIError) as error:
                print(f"FAILED {run.__name__}: {run.__doc__}\n  {type(error).__name__}: {error}")
                return 1
            print(f"  {number:2} {run.__name__}: {seen} ({time.monotonic() - began:.1f} s)")
    return 0
