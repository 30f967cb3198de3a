"""The way to the server: over the network, or into the studio in this very process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sorapipe.config import Provider
from sorapipe.errors import StorageError
from sorapipe.videos.client import AsyncVideos

if TYPE_CHECKING:
    import httpx

Trouble = Callable[[], StorageError | None]


@asynccontextmanager
async def connect(
    provider: Provider, out: Path, *, offline: bool = False
) -> AsyncIterator[tuple[AsyncVideos, Trouble]]:
    """A client of the provider, and what troubles the server, as far as that can be known here.

    Without an address it is the studio, its state in `OUT/.studio`. With `offline` there is no
    server behind the client at all.
    """
    if offline:
        async with _client(provider, "http://nowhere.invalid/v1", _nowhere()) as client:
            yield client, lambda: None
        return
    if provider.base_url is not None:
        async with _client(provider, provider.base_url) as client:
            yield client, lambda: None
        return
    import httpx

    from sorapipe.studio.studio import Studio

    async with Studio(out / ".studio", strict=False, deletes="any-and-stops") as studio:
        transport = httpx.ASGITransport(app=studio.app)
        async with _client(provider, "http://studio/v1", transport) as client:
            yield client, lambda: studio.trouble


def engine(provider: Provider) -> str | None:
    """What draws its videos: equal engines draw the same bytes. Known of the studio in process."""
    return _engine() if provider.base_url is None and provider.profile.name == "local" else None


@cache
def _engine() -> str:
    from sorapipe.studio.animatic import engine as drawn_by

    return drawn_by()


def _nowhere() -> httpx.AsyncBaseTransport:
    import httpx

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("this run is offline", request=request)

    return httpx.MockTransport(refuse)


def _client(
    provider: Provider, address: str, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncVideos:
    return AsyncVideos(
        address,
        api_key=provider.api_key,
        profile=provider.profile,
        read_timeout=provider.limits.read_timeout,
        download_timeout=provider.limits.download_timeout,
        max_video_bytes=provider.limits.max_video_bytes,
        transport=transport,
    )
