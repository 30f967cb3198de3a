"""The connection that a request came on, in reach of what answers it: HTTP has no word for a reset.

In process there is none, and what would break it off is raised as an error instead.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import cast

from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_KEY = "sorapipe.line"
_NO_LINGER = struct.pack("ii", 1, 0)  # what is closed then is not closed in order, but reset


class LineProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, whose requests carry their connection in the scope's state."""

    def connection_made(
        self,
        transport: asyncio.Transport,  # type: ignore[override]  # as uvicorn
    ) -> None:
        """See asyncio.Protocol."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _KEY: transport}


def line_of(scope: Scope) -> asyncio.Transport | None:
    """The connection of that request; None in process."""
    return cast("asyncio.Transport | None", scope.get("state", {}).get(_KEY))


def reset(line: asyncio.Transport) -> None:
    """Break the connection off at once, with a TCP reset."""
    line.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    line.abort()
