"""What httpcore tells while it carries a request: the moment before the first byte, the peer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

BeforeSend = Callable[[], Awaitable[None]]
OnPeer = Callable[[str], None]


class Trace:
    """The `trace` extension of one request; httpcore awaits it at each of its steps.

    `before_send` is awaited once, when a connection is open and no byte of the request is written;
    what it raises aborts the request, and is kept in `refused`. `on_peer` is told the IP address of
    a new connection to `host` itself (a proxy's address says nothing), and may raise to refuse it.
    """

    def __init__(
        self,
        host: str,
        on_peer: OnPeer,
        before_send: BeforeSend | None = None,
    ) -> None:
        self.sent = False
        self.refused: BaseException | None = None
        self._host = host
        self._on_peer = on_peer
        self._before_send = before_send
        self._connecting = ""
        self._deadline: asyncio.Timeout | None = None
        self._timeout = 0.0

    def bind(self, deadline: asyncio.Timeout, timeout: float) -> None:
        """That deadline stands still in `before_send`, then has `timeout` seconds again."""
        self._deadline, self._timeout = deadline, timeout

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by httpcore with the name of a step and what belongs to it."""
        if event.endswith(".send_request_headers.started"):
            # Through a proxy the same extension also sees the CONNECT that opens the tunnel.
            if info["request"].method != b"CONNECT":
                await self.begin()
        elif event == "connection.connect_tcp.started":
            self._connecting = info["host"]
        elif event == "connection.connect_tcp.complete" and self._connecting == self._host:
            await self._meet(info["return_value"])

    async def begin(self) -> None:
        """The request's first byte comes next."""
        if self._before_send is not None and not self.sent:
            await self._announce(self._before_send)
        self.sent = True

    async def _announce(self, before_send: BeforeSend) -> None:
        # The deadline is the server's: it stands still while we write down what we are about to do,
        # and an answer has all of it afterwards.
        if self._deadline is not None:
            self._deadline.reschedule(None)
        try:
            await before_send()
        except BaseException as error:
            self.refused = error
            raise
        if self._deadline is not None:
            self._deadline.reschedule(asyncio.get_running_loop().time() + self._timeout)

    async def _meet(self, stream: Any) -> None:
        peer = stream.get_extra_info("server_addr")
        try:
            if isinstance(peer, tuple):
                self._on_peer(str(peer[0]))
        except BaseException:
            await stream.aclose()  # httpcore does not know it yet, so nobody else would
            raise
