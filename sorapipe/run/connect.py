"""The way to the server: over the network, or into the studio in this very process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sorapipe.config import Provider
from sorapipe.errors import StorageError
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.sender import HttpSender

Trouble = Callable[[], StorageError | None]


@asynccontextmanager
async def connect(provider: Provider, out: Path) -> AsyncIterator[tuple[AsyncVideos, Trouble]]:
    """A client of the provider, and what troubles the server, as far as that can be known here.

    Without an address it is the studio, its state in `OUT/.studio`.
    """
    if provider.base_url is not None:
        async with HttpSender(provider.base_url, provider.api_key) as sender:
            yield _client(sender, provider), lambda: None
        return
    import httpx

    from sorapipe.studio.studio import Studio

    async with Studio(out / ".studio", strict=False) as studio:
        transport = httpx.ASGITransport(app=studio.app)
        async with HttpSender("http://studio/v1", provider.api_key, transport=transport) as sender:
            yield _client(sender, provider), lambda: studio.trouble


def _client(sender: HttpSender, provider: Provider) -> AsyncVideos:
    return AsyncVideos(
        sender,
        provider.profile,
        read_timeout=provider.limits.read_timeout,
        download_timeout=provider.limits.download_timeout,
    )
