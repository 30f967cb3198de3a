"""All that the official openai SDK for Python can do with videos, done once against a server.

    OPENAI_API_KEY=KEY python scenario.py BASE_URL

It needs the standard library and `openai` from 2.2 on, nothing of ours, so that it runs in the
environment of any version. BASE_URL is a `sorapipe serve` that is strict, has KEY as its token and
has done nothing else yet. What an SDK has no method for, or cannot send, goes through its own raw
`post`. Prints a line for each step; ends with 1 at the first that is not as it should be.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import io
import sys
import time
from typing import Any

import openai
from openai.types import Video
from scene import OTHER_SIZE, PICTURE, POLL, Scene, main, pictures_served, refused, same

PROMPT = "A lighthouse on a rock at dawn; gulls turn in the wind"


def create_with_defaults(scene: Scene) -> str:
    """A prompt alone: what is not said is the default, and every field of a Video is there."""
    video = scene.noted(scene.sdk.videos.create(prompt=PROMPT))
    same("object", video.object, "video")
    same("defaults", (video.model, video.size, video.seconds), ("sora-2", "1280x720", "4"))
    same("prompt and progress", (video.prompt, video.progress), (PROMPT, 0))
    assert abs(video.created_at - time.time()) < 60, f"created_at is {video.created_at}"
    unset = (video.completed_at, video.expires_at, video.error, video.remixed_from_video_id)
    same("what a new video does not have yet", unset, (None,) * 4)
    return video.id


def poll_and_retrieve(scene: Scene) -> str:
    """`poll` waits for the end, and `retrieve` tells the same afterwards."""
    ended = scene.finished(scene.sdk.videos.retrieve(scene.first))
    assert ended.completed_at is not None
    assert ended.completed_at >= ended.created_at
    assert ended.expires_at is not None
    assert ended.expires_at > time.time()
    same("error", ended.error, None)
    same("retrieved again", scene.sdk.videos.retrieve(scene.first), ended)
    return f"expires after {ended.expires_at - ended.completed_at} s"


def download(scene: Scene) -> str:
    """Whole, to a file, streamed, and both other variants."""
    film = scene.bytes_of(scene.first)
    same("type of the file", film[4:8], b"ftyp")
    path = scene.folder / "first.mp4"
    scene.sdk.videos.download_content(scene.first, variant="video").write_to_file(path)
    same("the file", path.read_bytes(), film)
    streaming = scene.sdk.videos.with_streaming_response.download_content(scene.first)
    with streaming as answer:
        same("streamed bytes", b"".join(answer.iter_bytes(4096)), film)
    thumbnail = scene.bytes_of(scene.first, variant="thumbnail")
    same("thumbnail", (thumbnail[:4], thumbnail[8:12]), (b"RIFF", b"WEBP"))
    same("spritesheet", scene.bytes_of(scene.first, variant="spritesheet")[:3], b"\xff\xd8\xff")
    return f"{len(film)} bytes"


def create_from_a_picture_and_poll(scene: Scene) -> str:
    """`create_and_poll` with a path as the reference."""
    video = scene.sdk.videos.create_and_poll(
        prompt="A slow push towards the tower",
        input_reference=PICTURE,
        model="sora-2-pro",
        seconds="4",
        size="1280x720",
        poll_interval_ms=POLL,
    )
    same("end of the render", (video.status, video.model), ("completed", "sora-2-pro"))
    scene.made.append(video.id)
    return video.id


def remix(scene: Scene) -> str:
    """A remix names its parent, has its shape, and is another film."""
    video = scene.noted(scene.sdk.videos.remix(scene.first, prompt="The same in a thunderstorm"))
    same("parent", video.remixed_from_video_id, scene.first)
    same("shape", (video.model, video.size, video.seconds), ("sora-2", "1280x720", "4"))
    scene.finished(video)
    assert scene.bytes_of(video.id) != scene.bytes_of(scene.first), "the remix is its parent"
    return video.id


def edit(scene: Scene) -> str:
    """An edit of a video by its id, and of one that is uploaded."""
    asked = {"prompt": "Make it night", "video": {"id": scene.first}}
    video, way = scene.send("edit", "/videos/edits", **asked)
    parent = scene.bytes_of(scene.first)
    sent, file_way = scene.upload("edit", "/videos/edits", parent, prompt="Let it snow")
    same("shape", (sent.size, sent.seconds), ("1280x720", "4"))
    scene.finished(video)
    scene.finished(sent)
    assert len({parent, scene.bytes_of(video.id), scene.bytes_of(sent.id)}) == 3, "two are the same"
    return f"{way}; the file by {file_way}"


def extend(scene: Scene) -> str:
    """An extension's seconds are those of the stitched whole."""
    asked = {"prompt": "The sun rises", "seconds": "4", "video": {"id": scene.first}}
    video, way = scene.send("extend", "/videos/extensions", **asked)
    same("seconds of the whole", video.seconds, "8")
    scene.finished(video)
    return way


def characters(scene: Scene) -> str:
    """A character is made of a video's file, retrieved, and put into a create."""
    if not scene.has("create_character"):
        return "not in this SDK"
    part = ("keeper.mp4", scene.bytes_of(scene.first), "video/mp4")
    made = scene.sdk.videos.create_character(name="The keeper", video=part)
    same("name", made.name, "The keeper")
    known = scene.sdk.videos.get_character(made.id)
    same("retrieved", known.model_dump(), made.model_dump())
    refused(openai.NotFoundError, "char_0", lambda: scene.sdk.videos.get_character("char_0"))
    unknown = {"prompt": "a", "extra_body": {"characters": [{"id": "char_0"}]}}
    refused(openai.NotFoundError, "char_0", lambda: scene.sdk.videos.create(**unknown))
    cast = {"characters": [{"id": made.id}]}
    scene.noted(scene.sdk.videos.create(prompt="The keeper waves", extra_body=cast))
    body = {"prompt": "The keeper waves", **cast}
    scene.noted(scene.sdk.post("/videos", body=body, cast_to=Video))
    return made.id


def extra_fields(scene: Scene) -> str:
    """A seed in `extra_body` arrives: the same prompt becomes another film."""
    video = scene.noted(scene.sdk.videos.create(prompt=PROMPT, extra_body={"seed": 7}))
    scene.finished(video)
    assert scene.bytes_of(video.id) != scene.bytes_of(scene.first), "the seed changed nothing"
    return video.id


def references_by_file(scene: Scene) -> str:
    """The picture as bytes, in memory, as an open file and with its name and type."""
    data = PICTURE.read_bytes()
    with PICTURE.open("rb") as opened:
        for given in (data, io.BytesIO(data), opened, ("a.jpg", data, "image/jpeg")):
            scene.noted(scene.sdk.videos.create(prompt="Waves", input_reference=given))
    return "4 ways"


def references_by_address(scene: Scene) -> str:
    """The picture as a data URL, and at an address of this machine."""
    data = "data:image/jpeg;base64," + base64.b64encode(PICTURE.read_bytes()).decode()
    with pictures_served() as site:
        for url in (data, f"{site}/{PICTURE.name}"):
            asked = {"prompt": "Waves", "input_reference": {"image_url": url}}
            _, way = scene.send("create", "/videos", **asked)
    return way


def listing(scene: Scene) -> str:
    """Auto-paging visits every video once, newest first or oldest first; pages can be walked."""
    assert len(scene.made) > 6, "too few videos for three pages"
    same("newest first", [video.id for video in scene.sdk.videos.list(limit=3)], scene.made[::-1])
    oldest = scene.sdk.videos.list(limit=4, order="asc")
    same("oldest first", [video.id for video in oldest], scene.made)
    page = scene.sdk.videos.list(limit=2, order="asc", after=scene.made[0])
    same("a page", [video.id for video in page.data], scene.made[1:3])
    assert page.has_next_page(), "there is no next page"
    same("the next", [video.id for video in page.get_next_page().data], scene.made[3:5])
    return f"{len(scene.made)} videos"


def asynchronous(scene: Scene) -> str:
    """The asynchronous client does the same."""

    async def visit() -> int:
        async with openai.AsyncOpenAI(
            base_url=scene.base_url, api_key=scene.sdk.api_key, max_retries=0
        ) as sdk:
            with PICTURE.open("rb") as opened:
                scene.noted(await sdk.videos.create(prompt="Waves", input_reference=opened))
            found = [video.id async for video in sdk.videos.list(limit=5)]
            same("all videos", found, scene.made[::-1])
            answer = await sdk.videos.download_content(scene.first)
            same("content", await answer.aread(), scene.bytes_of(scene.first))
            return len(found)

    return f"{asyncio.run(visit())} videos"


def bad_requests(scene: Scene) -> str:
    """BadRequestError tells which field, of which type the error is, and its code."""
    bad: tuple[dict[str, Any], ...] = (
        {"prompt": ""},
        {"size": "1x1"},
        {"seconds": "5"},
        {"model": "sora-3"},
        {"size": "1792x1024"},  # sora-2-pro alone has it
    )
    for fields in bad:
        asked = functools.partial(scene.sdk.videos.create, **{"prompt": "a", **fields})
        error = refused(openai.BadRequestError, "", asked)
        same("type", error.type, "invalid_request_error")
        assert error.param in fields, f"param is {error.param!r} for {fields}"
    picture = functools.partial(scene.sdk.videos.create, prompt="a", input_reference=OTHER_SIZE)
    refused(openai.BadRequestError, "Inpaint image must match the requested width", picture)
    return f"{len(bad) + 1} refused"


def not_found(scene: Scene) -> str:
    """NotFoundError for what nobody made."""
    videos = scene.sdk.videos
    for operation in (videos.retrieve, videos.download_content, videos.delete):
        refused(openai.NotFoundError, "video_0", functools.partial(operation, "video_0"))
    refused(openai.NotFoundError, "video_0", lambda: videos.remix("video_0", prompt="a"))
    return "4 operations"


def wrong_key(scene: Scene) -> str:
    """AuthenticationError for a key that is not the server's token."""
    with openai.OpenAI(base_url=scene.base_url, api_key="wrong", max_retries=0) as stranger:
        refused(openai.AuthenticationError, "API key", stranger.videos.list)
    return "401"


def rate_limit(scene: Scene) -> str:
    """RateLimitError, and when to come again, where a header asks for this fault."""
    headers = {"X-Sorapipe-Fault": "429"}
    asked = functools.partial(scene.sdk.videos.create, prompt="a", extra_headers=headers)
    error = refused(openai.RateLimitError, "", asked)
    return f"Retry-After {int(error.response.headers['retry-after'])}"


def delete(scene: Scene) -> str:
    """A finished video is deleted once, and is gone."""
    gone = scene.sdk.videos.delete(scene.first)
    wanted = (scene.first, True, "video.deleted")
    same("the answer", (gone.id, gone.deleted, gone.object), wanted)
    for operation in (scene.sdk.videos.retrieve, scene.sdk.videos.delete):
        refused(openai.NotFoundError, scene.first, functools.partial(operation, scene.first))
    return scene.made.pop(0)


STEPS = (
    create_with_defaults,
    poll_and_retrieve,
    download,
    create_from_a_picture_and_poll,
    remix,
    edit,
    extend,
    characters,
    extra_fields,
    references_by_file,
    references_by_address,
    listing,
    asynchronous,
    bad_requests,
    not_found,
    wrong_key,
    rate_limit,
    delete,
)

if __name__ == "__main__":
    sys.exit(main(STEPS))
