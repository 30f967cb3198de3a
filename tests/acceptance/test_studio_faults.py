"""The faults of `sorapipe serve` as a client meets them: on a socket, byte by byte."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sorapipe.studio.faults import Faults, of_flag
from sorapipe.videos.patience import THROTTLES, TRIES
from tests.acceptance.test_serve import SMALL, command, ended, failed, serving
from tests.cli import Desk

HEADER = "X-Sorapipe-Fault"


@pytest.fixture(scope="module")
def studio() -> Iterator[httpx.Client]:
    """A client of one server that has no faults but those of headers."""
    with serving() as (_, client):
        yield client


@pytest.fixture(scope="module")
def video(studio: httpx.Client) -> str:
    """The id of a completed video."""
    video_id = str(studio.post("/videos", json=SMALL).json()["id"])
    assert ended(studio, video_id) == "completed"
    return video_id


def ids(client: httpx.Client) -> list[str]:
    """All videos that the server has."""
    return [video["id"] for video in client.get("/videos?limit=100").json()["data"]]


def connected(client: httpx.Client, line: str, kind: str, body: bytes = b"") -> socket.socket:
    """A connection on which that request was sent, with that fault in its header."""
    url = client.base_url
    assert url.port
    head = f"{line} HTTP/1.1\r\nHost: {url.host}\r\n{HEADER}: {kind}\r\nConnection: close\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    connection = socket.create_connection((url.host, url.port), timeout=20)
    connection.sendall(head.encode() + body)
    return connection


def received(connection: socket.socket) -> bytes:
    """Everything that comes until the connection is closed in order."""
    with connection:
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


CREATE = b'{"prompt":"a wave","size":"64x36","seconds":"1"}'


@pytest.mark.parametrize("size", [0, 1 << 20])
def test_a_reset_is_a_real_one(studio: httpx.Client, size: int) -> None:
    """The whole request is read, the connection is reset, and nothing is taken on."""
    before = ids(studio)
    body = CREATE.replace(b"a wave", b"a wave" + b" " * size)
    with pytest.raises(ConnectionResetError):
        received(connected(studio, "POST /v1/videos", "reset", body))
    assert ids(studio) == before


def test_a_reply_can_be_lost(studio: httpx.Client) -> None:
    """The connection is closed in order without a byte, and the render was taken on."""
    before = ids(studio)
    assert received(connected(studio, "POST /v1/videos", "lost-reply", CREATE)) == b""
    assert len(ids(studio)) == len(before) + 1


def test_a_request_can_hang_while_others_are_answered(studio: httpx.Client) -> None:
    """Nothing comes back and nothing is taken on; the studio answers everybody else."""
    before = ids(studio)
    with connected(studio, "POST /v1/videos", "hang", CREATE) as connection:
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert ids(studio) == before


def test_content_can_end_too_soon(studio: httpx.Client, video: str) -> None:
    """Half of the promised bytes come; a client of HTTP notices, and a range brings the rest."""
    path = f"/videos/{video}/content"
    whole = studio.get(path).content
    head, _, body = received(connected(studio, f"GET /v1{path}", "truncated")).partition(
        b"\r\n\r\n"
    )
    assert f"content-length: {len(whole)}\r\n".encode() in head.lower() + b"\r\n"
    assert body == whole[: len(whole) // 2]
    with pytest.raises(httpx.RemoteProtocolError):
        studio.get(path, headers={HEADER: "truncated"})
    rest = studio.get(path, headers={"Range": f"bytes={len(body)}-"})
    assert rest.status_code == 206
    assert body + rest.content == whole


def test_content_can_have_no_end(studio: httpx.Client, video: str) -> None:
    """No length is promised, the video comes, and after it free space until the client leaves."""
    path = f"/videos/{video}/content"
    whole, read = studio.get(path).content, b""
    with studio.stream("GET", path, headers={HEADER: "endless"}) as answer:
        assert "content-length" not in answer.headers
        for chunk in answer.iter_bytes():
            read += chunk
            if len(read) > len(whole) + (1 << 20):
                break
    assert read.startswith(whole)
    assert read[len(whole) + 4 :].startswith(b"free\0\0")
    assert studio.get(path).content == whole


def test_a_slow_answer_keeps_its_client_waiting(studio: httpx.Client) -> None:
    """A client with less patience than the latency gives up; the answer says what it met."""
    with pytest.raises(httpx.ReadTimeout):
        studio.get("/videos", headers={HEADER: "slow"}, timeout=0.3)


def test_what_was_met_is_told(studio: httpx.Client) -> None:
    """An answer that a fault has touched names it in a header; others have no such header."""
    assert studio.get("/videos", headers={HEADER: "429"}).headers[HEADER] == "429"
    assert studio.post("/videos", json=SMALL, headers={HEADER: "stuck"}).headers[HEADER] == "stuck"
    assert HEADER not in studio.get("/videos").headers


def test_flags_and_a_seed_make_the_same_faults_each_time() -> None:
    """Two servers with one seed answer the same requests the same; another seed, otherwise."""

    def statuses(seed: str) -> list[int]:
        flags = ("--fault", "500-before:0.3", "--fault", "429:0.3@list", "--seed", seed)
        with serving(*flags) as (_, client):
            return [client.get(f"/videos{path}").status_code for path in ["", "/video_x"] * 20]

    first = statuses("1")
    assert set(first) == {200, 404, 429, 500}
    assert statuses("1") == first
    assert statuses("2") != first


def test_a_limit_throttles_renders() -> None:
    """Over --rpm a create is answered with 429 and when to come again; all else goes on."""
    with serving("--rpm", "1") as (_, client):
        assert client.post("/videos", json=SMALL).status_code == 200
        answer = client.post("/videos", json=SMALL)
        assert answer.status_code == 429
        assert 50 <= int(answer.headers["retry-after"]) <= 60
        assert answer.headers["x-ratelimit-remaining-requests"] == "0"
        assert client.get("/videos").headers["x-ratelimit-limit-requests"] == "1"


def test_a_dialect_has_its_own_words_for_faults() -> None:
    """What is refused, also for its header, is worded as that kind of server does."""
    with serving("--profile", "sglang", "--rpm", "9") as (_, client):
        answers = {
            kind: client.post("/videos", json=SMALL, headers={HEADER: kind})
            for kind in ("429", "500-after", "hangs")
        }
        assert [set(answer.json()) for answer in answers.values()] == [{"detail"}] * 3
        assert [answer.status_code for answer in answers.values()] == [429, 500, 400]
        left = [answer.headers["x-ratelimit-remaining-requests"] for answer in answers.values()]
        assert left == ["8", "7", "6"]
        assert len(ids(client)) == 1


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--fault", "lost-replay"), "did you mean 'lost-reply'?"),
        (("--fault", "429:1.5"), "give a number from 0 to 1"),
        (("--rpm", "0"), "give 1 or more"),
    ],
)
def test_wrong_flags_are_usage_errors(flags: tuple[str, ...], words: str) -> None:
    """One line says what would be right, with exit code 2."""
    code, line = failed(command("--port", "0", *flags))
    assert code == 2
    assert words in line


def test_a_signal_ends_it_whatever_hangs() -> None:
    """Requests that hang, dribble and never end hold up no SIGTERM, and leave no noise."""
    with serving() as (process, client):
        made = client.post("/videos", json=SMALL).json()["id"]
        assert ended(client, made) == "completed"
        path = f"GET /v1/videos/{made}/content"
        lines = [connected(client, path, kind) for kind in ("hang", "slow", "endless")]
        assert lines[2].recv(1)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - begun < 5
        assert process.stderr is not None
        assert process.stderr.read().count("\n") == 1  # how to end it
        for line in lines:
            line.close()


THREE = """\
version: 1
defaults: { seconds: 1, size: 64x64 }
shots:
  - { id: a, prompt: a wave }
  - { id: b, prompt: another, remix-of: a }
  - { id: c, prompt: a third }
"""
QUICK = {
    "SORAPIPE_SETTLE_TIMEOUT": "1",
    "SORAPIPE_POLL_INTERVAL": "0.05",
    "SORAPIPE_BACKOFF_CAP": "0.1",
    "SORAPIPE_READ_TIMEOUT": "30",
    "SORAPIPE_RENDER_TIMEOUT": "120",
    "SORAPIPE_MAX_VIDEO_BYTES": "2000000",
    "SORAPIPE_DOWNLOAD_TIMEOUT": "4",
}
# Patience that is used up in vain; on a busy machine the other runs need theirs.
SHORT = {
    "stuck": {"SORAPIPE_RENDER_TIMEOUT": "1"},
    "hang:0.5@create": {"SORAPIPE_READ_TIMEOUT": "2"},
}
SEED = "3"
SHARES = "429:0.3 reset:0.2@retrieve truncated:0.3"


@pytest.mark.parametrize(
    ("profile", "flags", "code", "videos"),
    [
        ("local", "lost-reply@create", 0, 3),  # its key brings the one render back ...
        ("generic", "lost-reply@create", 0, 3),  # ... or the list does
        ("generic", "500-after@create duplicate-pages", 0, 3),
        ("generic", SHARES, 0, 3),
        ("generic", "endless", 1, 2),
        ("generic", "stuck", 1, 2),
        ("generic", "moderation", 1, 2),
        ("generic", "moderation-at-submit", 1, 0),
        ("generic", "expired", 1, 2),
        ("generic", "500-before@create", 3, 0),
        ("generic", "hang:0.5@create reset@create", 3, 0),
    ],
)
def test_a_run_never_buys_twice(
    tmp_path: Path, profile: str, flags: str, code: int, videos: int
) -> None:
    """Whatever the server does, it has at most one video a shot, or the run says what is open."""
    options = [word for flag in flags.split() for word in ("--fault", flag)]
    with serving(*options, "--seed", SEED) as (_, client):
        said = {"SORAPIPE_BASE_URL": str(client.base_url), "SORAPIPE_PROFILE": profile}
        short = SHORT.get(flags.split(maxsplit=1)[0], {})
        desk = Desk(tmp_path, {**QUICK, **short, **said})
        desk.write(THREE)
        done = desk.run("run", "--yes")
        assert done.returncode == code, done.stderr
        if code:  # what is settled stays so, without another purchase
            again = desk.run("run", "--yes")
            assert again.returncode == code, again.stderr
        assert len(ids(client)) == videos


def test_shares_cannot_use_up_a_downloads_patience() -> None:
    """With this seed fewer downloads fail than one file may, whichever file they are drawn for.

    A request's number decides what it meets, and the order of requests is not ours to say.
    """
    faults = Faults(map(of_flag, SHARES.split()), seed=int(SEED))
    drawn = [faults.met("content") for _ in range(40)]
    whole = [number for number, kinds in enumerate(drawn) if not kinds]
    before = drawn[: whole[2]]  # three files are wanted
    assert sum("429" not in kinds for kinds in before) < TRIES
    assert sum("429" in kinds for kinds in before) < THROTTLES


def test_the_example_on_the_page_does_as_it_says(tmp_path: Path) -> None:
    """The openai SDK buys three videos with one create whose reply is lost."""
    page = (Path(__file__).parents[2] / "docs" / "studio.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    with serving("--fault", "lost-reply@create") as (_, client):
        assert "http://127.0.0.1:8765/v1" in example
        script = tmp_path / "example.py"
        script.write_text(example.replace("http://127.0.0.1:8765/v1", str(client.base_url)))
        ran = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert ran.stdout == "3 videos for one create\n"
    assert f"`{ran.stdout.strip()}`" in page
