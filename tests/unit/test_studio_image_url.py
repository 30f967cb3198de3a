"""Reference images by their addresses: whose are asked, and what is taken from them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sorapipe.studio import image_url
from sorapipe.studio.image_url import image_at
from sorapipe.studio.refusal import Refusal

IMAGE = b"the picture"


class Pictures(BaseHTTPRequestHandler):
    """Serves a picture, a redirect to it, a large one, and nothing else."""

    asked: list[str]

    def do_GET(self) -> None:
        """Answer by the path."""
        type(self).asked.append(self.path)
        status = {"/a.png": 200, "/large": 200, "/moved": 302}.get(self.path, 404)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/a.png")
        body = IMAGE * 9 if self.path == "/large" else IMAGE
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def origin() -> Iterator[str]:
    """A server on loopback."""
    Pictures.asked = []
    with HTTPServer(("127.0.0.1", 0), Pictures) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def at(url: object, *, loopback: bool = True) -> bytes:
    """The image at that address."""
    return asyncio.run(image_at(url, loopback=loopback))


def refused(url: object, *, loopback: bool = True) -> Refusal:
    """Why it is refused."""
    with pytest.raises(Refusal) as caught:
        at(url, loopback=loopback)
    assert (caught.value.status, caught.value.param) == (400, "input_reference")
    return caught.value


def test_a_picture_of_this_machine_is_fetched(origin: str) -> None:
    """Where it is allowed, an http address of loopback is as good as a data URL."""
    assert at(f"{origin}/a.png") == IMAGE
    assert at(f"{origin.replace('127.0.0.1', 'localhost')}/a.png") == IMAGE


def test_nobody_is_asked_unless_it_is_allowed(origin: str) -> None:
    """In process, and beyond loopback, no address is ever asked."""
    assert refused(f"{origin}/a.png", loopback=False).code == "invalid_image_url"
    assert Pictures.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "http://10.0.0.1/a.png",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1.example.com/a.png",
        "http://localhost@example.com/a.png",
        "http://0.0.0.0/a.png",
        "http://[::ffff:10.0.0.1]/a.png",
        "http://",
        "http://[::1",
        "http://127.0.0.1:99999/a.png",
        "http://127.0.0.1:1/a.png",
    ],
)
def test_no_other_machine_is_asked(url: str) -> None:
    """An address that is not certainly this machine, or that leads nowhere, is refused."""
    assert refused(url).code == "invalid_image_url"


def test_only_whole_answers_count(origin: str) -> None:
    """Redirects are not followed, and a missing picture is told by its status."""
    assert "302" in refused(f"{origin}/moved").message
    assert "404" in refused(f"{origin}/none").message
    assert Pictures.asked == ["/moved", "/none"]


def test_a_picture_that_is_too_large_is_given_up(
    origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more is read than a data URL could hold."""
    monkeypatch.setattr(image_url, "LIMIT", len(IMAGE))
    assert at(f"{origin}/a.png") == IMAGE
    assert "larger" in refused(f"{origin}/large").message
    assert "longer" in refused("data:image/png;base64,AAAA").message


def test_a_server_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole of a fetch has one deadline."""
    monkeypatch.setattr(image_url, "PATIENCE", 0.05)
    with HTTPServer(("127.0.0.1", 0), Pictures) as server:  # it listens, and serves nobody
        found = refused(f"http://127.0.0.1:{server.server_port}/a.png")
    assert "TimeoutError" in found.message


@pytest.mark.parametrize("url", [None, 7, "a.png", "file:///etc/passwd", "ftp://127.0.0.1/a"])
def test_what_is_no_web_address_is_refused(url: object) -> None:
    """Paths, other schemes and other types are no image URLs."""
    assert refused(url).code == "invalid_value"
