"""The studio on a socket, in the foreground, until a signal ends it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn

from sorapipe.errors import UsageError
from sorapipe.studio.dialects.dialect import Dialect
from sorapipe.studio.dialects.openai import OPENAI
from sorapipe.studio.dialects.speak import speak
from sorapipe.studio.fault_acts import FaultyApp
from sorapipe.studio.faults import Faults
from sorapipe.studio.guard import Guard, is_loopback
from sorapipe.studio.limits import Limit
from sorapipe.studio.line import LineProtocol
from sorapipe.studio.studio import Studio

KEEP_ALIVE = 75  # seconds: longer than clients keep a connection, so that it is they who close it
ENDS = (signal.SIGTERM, signal.SIGINT)
LAST_ANSWERS = 2  # seconds that answers under way have when the server ends


class _Server(uvicorn.Server):
    """uvicorn, telling when it answers and when it ends, and leaving the signals to us."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], ending: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._ending = ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets=sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer nothing new, and see the last answers out."""
        self._ending()
        await super().shutdown(sockets=sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: uvicorn would raise them again and end the process by them."""
        yield


async def serve(
    studio: Studio,
    *,
    host: str,
    port: int,
    token: str | None,
    announce: Callable[[str], None],
    faults: Faults | None = None,
    limit: Limit | None = None,
    dialect: Dialect = OPENAI,
) -> signal.Signals | None:
    """Serve until SIGTERM or SIGINT comes, and return it.

    `port` 0 is any free one. `announce` is told the base URL once it answers, in that `dialect`.
    Requests meet the `faults`, those of their own header, and the `limit` on renders a minute.
    Raises UsageError where the address cannot be listened on or needs a token, and what
    `Studio.start` raises.
    """
    listener = listen(host, port, token)
    base_url = _base_url(host, listener, dialect)
    speaking = speak(studio.app, dialect)
    app = FaultyApp(speaking, faults or Faults(), limit, refuse=dialect.refuse)
    config = uvicorn.Config(
        Guard(
            app,
            host=host,
            token=token,
            key_header=dialect.key_header,
            refuse=dialect.refuse,
        ),
        http=LineProtocol,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        loop="asyncio",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=LAST_ANSWERS,
    )
    server = _Server(config, lambda: announce(base_url), app.end)
    with listener, _ended_by_signals(server) as came:
        async with studio:
            await server.serve(sockets=[listener])
    return came[0] if came else None


@contextlib.contextmanager
def _ended_by_signals(server: _Server) -> Iterator[list[signal.Signals]]:
    """Within, a signal ends the server; gives the list of those that came."""
    loop = asyncio.get_running_loop()
    came: list[signal.Signals] = []

    def end(number: signal.Signals) -> None:
        server.force_exit = bool(came)  # asked twice: wait for nobody
        server.should_exit = True
        came.append(number)

    for number in ENDS:
        loop.add_signal_handler(number, end, number)
    try:
        yield came
    finally:
        for number in ENDS:
            loop.remove_signal_handler(number)


def listen(host: str, port: int, token: str | None) -> socket.socket:
    """A listening socket for the studio; raises UsageError where there can be none."""
    if not is_loopback(host) and token is None:
        raise UsageError(
            f"--host {host}",
            "this machine's network could use the studio without a token",
            "set SORAPIPE_STUDIO_TOKEN, or listen on 127.0.0.1",
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host.strip("[]"), port), family=family, backlog=512)
    except (OSError, OverflowError) as error:
        number = error.errno if isinstance(error, OSError) else None
        what, fix = f"cannot listen ({error})", "give another --port; 0 takes any free one"
        if number == errno.EADDRINUSE:
            what = "another program listens on this port"
        elif isinstance(error, socket.gaierror) or number == errno.EADDRNOTAVAIL:
            fix = "give an address of this machine as --host"
        raise UsageError(f"{host}:{port}", what, fix) from error
    # Connections inherit this. asyncio sets it only on sockets that name their protocol, and
    # `create_server` names none; without it an answer's body waits 40 ms behind its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _base_url(host: str, listener: socket.socket, dialect: Dialect) -> str:
    name = f"[{host.strip('[]')}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}{dialect.path}"
