"""Every operation over every profile, against the studio speaking that dialect, on a socket.

What a profile says that its kind of server has, works; what it says is not there, the client
refuses before anything is sent. The matrix in docs/providers.md is drawn from the same table.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sorapipe.errors import UsageError
from sorapipe.videos.profile import load, names
from tests.operations import KEY, OPERATIONS, Bench, Operation
from tests.served import serving


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that says nothing."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing."""


@pytest.fixture(scope="module", params=names())
def bench(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """A client with that profile, of a studio that speaks its dialect and wants the key."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    files = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=files.serve_forever, args=(0.05,))
    thread.start()
    try:
        with serving("--lenient", "--profile", request.param, token=KEY) as base_url:
            pictures = f"http://127.0.0.1:{files.server_port}"
            found = Bench(load(request.param), base_url, folder, pictures)
            with found.videos:
                yield found
    finally:
        files.shutdown()
        files.server_close()
        thread.join()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_operation_works_or_is_refused_before_it_is_sent(
    bench: Bench, operation: Operation
) -> None:
    """What the profile has comes to its end; what it lacks is a UsageError, and nothing is sent."""
    if operation.there(bench.profile):
        operation.act(bench)
        return
    assert bench.content  # what the operation starts from is there before it is counted
    assert bench.spare
    sent = bench.wire.sent
    with pytest.raises(UsageError, match=bench.profile.name):
        operation.act(bench)
    assert bench.wire.sent == sent
