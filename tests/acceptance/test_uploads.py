"""Videos of other makers, through the real renderer: edited and extended like the studio's."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from sorapipe.studio.studio import Studio
from tests.unit.films import film


async def rendered(path: str, **request: Any) -> bytes:
    """The content of the video that a POST makes."""
    async with Studio(None, strict=False) as studio:
        transport = httpx.ASGITransport(app=studio.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://studio/v1") as client:
            video = (await client.post(path, **request)).json()
            while video["status"] in ("queued", "in_progress"):
                await asyncio.sleep(0.02)  # a client of this API can only ask again
                video = (await client.get(f"/videos/{video['id']}")).json()
            assert video["status"] == "completed", video
            return (await client.get(f"/videos/{video['id']}/content")).content


@pytest.mark.parametrize(
    ("path", "more", "seconds"),
    [("/videos/edits", {}, 2), ("/videos/extensions", {"seconds": "1"}, 3)],
)
@pytest.mark.parametrize("sound", [True, False])
def test_a_video_of_another_maker(
    tmp_path: Path, path: str, more: dict[str, str], seconds: int, sound: bool
) -> None:
    """Of another rate, codec and sound, it comes back whole, at its own size."""
    other = film(tmp_path / "a.mp4", codec="mpeg4", rate=12, sound=sound).read_bytes()
    files = {"video": ("a.mp4", other, "video/mp4")}
    data = {"prompt": "in the rain", **more}
    content = asyncio.run(rendered(path, data=data, files=files))
    with av.open(io.BytesIO(content)) as made:
        picture = made.streams.video[0]
        assert (picture.width, picture.height) == (64, 48)
        assert abs(made.duration / av.time_base - seconds) < 0.1
        assert made.streams.audio
