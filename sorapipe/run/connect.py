"""The way to the server: over the network, or into the studio in this very process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sorapipe.config import Provider
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.sender import HttpSender


@asynccontextmanager
async def connect(provider: Provider, out: Path) -> AsyncIterator[AsyncVideos]:
    """A client of the provider. Without an address it is the studio, its state in `OUT/.studio`."""
    limits = provider.limits
    if provider.base_url is not None:
        async with HttpSender(provider.base_url, provider.api_key) as sender:
            yield AsyncVideos(
                sender,
                provider.profile,
                read_timeout=limits.read_timeout,
                download_timeout=limits.download_timeout,
            )
        return
    import httpx

    from sorapipe.studio.studio import Studio

    async with Studio(out / ".studio", strict=False) as studio:
        transport = httpx.ASGITransport(app=studio.app)
        async with HttpSender("http://studio/v1", provider.api_key, transport=transport) as sender:
            yield AsyncVideos(
                sender,
                provider.profile,
                read_timeout=limits.read_timeout,
                download_timeout=limits.download_timeout,
            )
