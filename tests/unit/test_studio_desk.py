"""Every operation of the Videos API, answered in process, over a renderer that takes no time."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from sorapipe.clock import SystemClock
from sorapipe.studio.renders import Render
from sorapipe.studio.studio import Studio

FIELDS = {
    "id", "object", "model", "status", "progress", "created_at", "completed_at", "expires_at",
    "prompt", "size", "seconds", "remixed_from_video_id", "error",
}  # fmt: skip
SMALL = {"prompt": "a wave", "size": "64x36", "seconds": "1"}
DAY = 24 * 3600


class Hands(SystemClock):
    """A clock whose wall time is set by hand."""

    def __init__(self) -> None:
        self.wall = 1_800_000_000.5

    def now(self) -> float:
        """The time that was set."""
        return self.wall


def instant(animatic: Any, target: Path, **_: Any) -> None:
    """A renderer whose file depends on all it is handed, and which refuses the prompt `fail`."""
    if animatic.prompt == "fail":
        raise ValueError("no such picture")
    parent = animatic.parent.read_bytes() if animatic.parent else b""
    shown = (animatic.prompt, animatic.model, animatic.width, animatic.height, animatic.seconds)
    text = repr((*shown, animatic.seed, animatic.kind, animatic.reference, parent))
    target.write_bytes(b"\0\0\0\x10ftypisom\0\0\0\0" + hashlib.sha512(text.encode()).digest())


def late(holder: list[Render]) -> Render:
    """A renderer that is decided while the scenario plays."""

    def render(animatic: Any, target: Path, **tools: Any) -> None:
        holder[0](animatic, target, **tools)

    return render


@dataclass
class Client:
    """The wire, and what the tests say on it again and again."""

    http: httpx.AsyncClient
    clock: Hands

    async def made(self, path: str = "/videos", **request: Any) -> dict[str, Any]:
        """The Video that a POST answers with; a small one unless said otherwise."""
        answer = await self.http.post(path, **(request or {"json": SMALL}))
        assert answer.status_code == 200, answer.text
        video = answer.json()
        assert set(video) == FIELDS
        return video

    async def ended(self, video: dict[str, Any]) -> dict[str, Any]:
        """That Video once it is completed or failed."""
        found = video
        while found["status"] in ("queued", "in_progress"):
            await asyncio.sleep(0.002)  # a client of this API can only ask again
            found = (await self.http.get(f"/videos/{video['id']}")).json()
        return found

    async def completed(self, path: str = "/videos", **request: Any) -> dict[str, Any]:
        """The completed Video of a POST."""
        video = await self.ended(await self.made(path, **request))
        assert video["status"] == "completed", video
        return video

    async def content(self, video: dict[str, Any]) -> bytes:
        """The bytes of a completed Video."""
        answer = await self.http.get(f"/videos/{video['id']}/content")
        assert answer.status_code == 200, answer.text
        return answer.content

    async def refused(self, method: str, path: str, status: int, **request: Any) -> dict[str, Any]:
        """The error of a request that must be answered with that status."""
        answer = await self.http.request(method, path, **request)
        assert answer.status_code == status, answer.text
        assert set(answer.json()) == {"error"}
        error = answer.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert error["type"] == "invalid_request_error"
        return error


def drive(
    scenario: Callable[[Client], Awaitable[None]],
    *,
    strict: bool = False,
    state: Path | None = None,
    render: Render = instant,
) -> None:
    """Play the scenario against a studio of its own."""

    async def play() -> None:
        clock = Hands()
        studio = Studio(state, strict=strict, workers=2, retention=DAY, render=render, clock=clock)
        async with studio:
            transport = httpx.ASGITransport(app=studio.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://studio/v1") as http:
                await asyncio.wait_for(scenario(Client(http, clock)), 30)

    asyncio.run(play())


def png(width: int, height: int) -> bytes:
    """A PNG of that size."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "png")
    return file.getvalue()


def test_a_create_is_answered_at_once_with_all_fields() -> None:
    """The first answer is a queued Video with what was asked, as text where the wire has text."""

    async def scenario(client: Client) -> None:
        video = await client.made(json={**SMALL, "seconds": 2.5, "model": "m", "unknown": [1]})
        assert video["id"].startswith("video_")
        assert len(video["id"]) == len("video_") + 32
        del video["id"]
        assert video == {
            "object": "video", "model": "m", "status": "queued", "progress": 0,
            "created_at": 1_800_000_000, "completed_at": None, "expires_at": None,
            "prompt": "a wave", "size": "64x36", "seconds": "2.5",
            "remixed_from_video_id": None, "error": None,
        }  # fmt: skip

    drive(scenario)


def test_a_video_is_queued_then_in_progress_then_completed() -> None:
    """A render's status and progress are seen moving, and its content is there at the end only."""
    steps: asyncio.Queue[float] = asyncio.Queue()

    async def scenario(client: Client) -> None:
        loop = asyncio.get_running_loop()

        def stepwise(animatic: Any, target: Path, *, progress: Any, cancelled: Any) -> None:
            for share in (0.25, 0.999):
                progress(share)
                asyncio.run_coroutine_threadsafe(seen(), loop).result(10)
            instant(animatic, target)

        async def seen() -> None:
            video = (await client.http.get(path)).json()
            assert video["status"] == "in_progress"
            assert video["completed_at"] is None
            await client.refused("GET", f"{path}/content", 404)
            await client.refused("DELETE", path, 409)
            await client.refused("POST", f"{path}/remix", 400, json={"prompt": "x"})
            steps.put_nowait(video["progress"])

        holder.append(stepwise)
        made = await client.made()
        path = f"/videos/{made['id']}"
        video = await client.ended(made)
        assert (video["status"], video["progress"]) == ("completed", 100)
        assert (steps.get_nowait(), steps.get_nowait()) == (25, 99)
        assert video["completed_at"] == 1_800_000_000
        assert video["expires_at"] == 1_800_000_000 + DAY

    holder: list[Render] = []
    drive(scenario, render=late(holder))


def test_a_render_that_breaks_is_a_failed_video() -> None:
    """What the renderer cannot draw is told in band: status failed, with an error."""

    async def scenario(client: Client) -> None:
        video = await client.ended(await client.made(json={**SMALL, "prompt": "fail"}))
        assert video["status"] == "failed"
        assert video["error"]["code"] == "server_error"
        assert "no such picture" in video["error"]["message"]
        error = await client.refused("GET", f"/videos/{video['id']}/content", 404)
        assert "failed" in error["message"]
        assert (await client.http.delete(f"/videos/{video['id']}")).json()["deleted"] is True

    drive(scenario)


def test_the_same_request_gives_the_same_bytes() -> None:
    """JSON or multipart, text or number, the bytes depend on the request and its seed alone."""

    async def scenario(client: Client) -> None:
        first = await client.content(await client.completed())
        as_form = {name: (None, value) for name, value in SMALL.items()}
        again = [
            {"json": {**SMALL, "seconds": 1, "model": "sora-2", "ignored": "x"}},
            {"files": as_form},
        ]
        for request in again:
            assert await client.content(await client.completed(**request)) == first
        others = [{"seed": 1}, {"seed": 2}, {"prompt": "b"}, {"model": "m"}, {"seconds": "2"}]
        bytes_of = {first}
        for other in others:
            bytes_of.add(await client.content(await client.completed(json={**SMALL, **other})))
        assert len(bytes_of) == 1 + len(others)

    drive(scenario)


def test_children_depend_on_the_parents_request_and_not_on_its_id() -> None:
    """A remix of the same video under another id gives the same bytes."""

    async def scenario(client: Client) -> None:
        found = set()
        for _ in range(2):
            parent = await client.completed()
            path = f"/videos/{parent['id']}/remix"
            found.add(await client.content(await client.completed(path, json={"prompt": "b"})))
        assert len(found) == 1

    drive(scenario)


def test_remix_edit_and_extension_take_after_their_parent() -> None:
    """They have its model and size; an extension's seconds are those of the whole."""

    async def scenario(client: Client) -> None:
        parent = await client.completed(json={**SMALL, "model": "m", "seconds": "2"})
        named = {"prompt": "b", "video": {"id": parent["id"]}}
        remix = await client.completed(f"/videos/{parent['id']}/remix", json={"prompt": "b"})
        edit = await client.completed("/videos/edits", json=named)
        longer = await client.completed("/videos/extensions", json={**named, "seconds": "1.5"})
        form = {"prompt": (None, "b"), "video[id]": (None, longer["id"]), "seconds": (None, "1")}
        longest = await client.completed("/videos/extensions", files=form)
        family = [remix, edit, longer, longest]
        assert [video["seconds"] for video in family] == ["2", "2", "3.5", "4.5"]
        assert {(video["model"], video["size"], video["prompt"]) for video in family} == {
            ("m", "64x36", "b")
        }
        links = [video["remixed_from_video_id"] for video in family]
        assert links == [parent["id"], None, None, None]
        assert len({await client.content(video) for video in [parent, *family]}) == 5

    drive(scenario)


def test_a_child_outlives_its_parent() -> None:
    """Deleting a video does not harm a remix that was taken on before."""
    hold = asyncio.Event()

    async def scenario(client: Client) -> None:
        parent = await client.completed()
        loop = asyncio.get_running_loop()

        def later(animatic: Any, target: Path, **_: Any) -> None:
            asyncio.run_coroutine_threadsafe(hold.wait(), loop).result(10)
            instant(animatic, target)

        holder[0] = later
        remix = await client.made(f"/videos/{parent['id']}/remix", json={"prompt": "b"})
        assert (await client.http.delete(f"/videos/{parent['id']}")).status_code == 200
        hold.set()
        assert (await client.ended(remix))["status"] == "completed"

    holder: list[Render] = [instant]
    drive(scenario, render=late(holder))


def test_an_unknown_parent_is_not_found() -> None:
    """A remix, edit or extension of an id that nobody knows is answered with 404."""

    async def scenario(client: Client) -> None:
        body = {"prompt": "b", "seconds": "4", "video": {"id": "video_0"}}
        await client.refused("POST", "/videos/video_0/remix", 404, json={"prompt": "b"})
        for path in ("/videos/edits", "/videos/extensions"):
            error = await client.refused("POST", path, 404, json=body)
            assert error["param"] == "video"
        for given, code in [(None, "missing_required_parameter"), ("video_0", "invalid_type")]:
            error = await client.refused(
                "POST", "/videos/edits", 400, json={"prompt": "b", "video": given}
            )
            assert (error["param"], error["code"]) == ("video", code)

    drive(scenario)


def test_content_expires() -> None:
    """After `expires_at` the content is gone, the Video stays, and nothing can start from it."""

    async def scenario(client: Client) -> None:
        video = await client.completed()
        path = f"/videos/{video['id']}"
        client.clock.wall = video["expires_at"] - 1
        await client.content(video)
        client.clock.wall = video["expires_at"]
        error = await client.refused("GET", f"{path}/content", 404)
        assert "expired" in error["message"]
        assert (await client.http.get(path)).json() == video
        await client.refused("POST", f"{path}/remix", 400, json={"prompt": "b"})
        await client.completed()  # a later video sweeps the file away, and only the file
        await client.refused("GET", f"{path}/content", 404)
        assert (await client.http.get(path)).json() == video

    drive(scenario)


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-", (0, 80)),
        ("bytes=4-7", (4, 8)),
        ("bytes=70-999", (70, 80)),
        ("bytes=-8", (72, 80)),
        ("bytes=-999", (0, 80)),
    ],
)
def test_a_range_of_the_content(asked: str, span: tuple[int, int]) -> None:
    """A single range is answered with 206 and exactly those bytes."""

    async def scenario(client: Client) -> None:
        video = await client.completed()
        whole = await client.content(video)
        answer = await client.http.get(
            f"/videos/{video['id']}/content",
            headers={"Range": asked, "If-Range": f'"{video["id"]}"'},
        )
        assert answer.status_code == 206
        assert answer.headers["content-range"] == f"bytes {span[0]}-{span[1] - 1}/80"
        assert answer.headers["content-length"] == str(span[1] - span[0])
        assert answer.content == whole[slice(*span)]

    drive(scenario)


def test_ranges_that_are_not_there_or_not_understood() -> None:
    """Beyond the end is 416; what is no single range of bytes gets the whole."""

    async def scenario(client: Client) -> None:
        video = await client.completed()
        path = f"/videos/{video['id']}/content"
        for asked in ("bytes=80-", "bytes=-0"):
            answer = await client.http.get(path, headers={"Range": asked})
            assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */80")
        for asked in ("bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=-", "bytes=a-b"):
            answer = await client.http.get(path, headers={"Range": asked})
            assert (answer.status_code, len(answer.content)) == (200, 80)
        old = {"Range": "bytes=4-7", "If-Range": '"another"'}
        assert (await client.http.get(path, headers=old)).status_code == 200
        head = await client.http.head(path)
        assert (head.headers["content-length"], head.content) == ("80", b"")
        assert head.headers["content-type"] == "video/mp4"

    drive(scenario)


def test_an_unknown_variant_is_refused() -> None:
    """Variants are video, thumbnail and spritesheet."""

    async def scenario(client: Client) -> None:
        video = await client.completed()
        path = f"/videos/{video['id']}/content"
        error = await client.refused("GET", path, 400, params={"variant": "1"})
        assert error["param"] == "variant"

    drive(scenario)


def test_paging_visits_every_video_once_in_both_orders() -> None:
    """Pages follow each other by `after`, though videos are made and deleted meanwhile."""

    async def scenario(client: Client) -> None:
        made = [(await client.completed())["id"] for _ in range(7)]

        async def visited(order: str, **more: Any) -> list[str]:
            seen: list[str] = []
            while True:
                after = {"after": seen[-1]} if seen else {}
                query = {"limit": 3, "order": order, **after}
                page = (await client.http.get("/videos", params=query)).json()
                assert set(page) == {"object", "data", "first_id", "last_id", "has_more"}
                ids = [video["id"] for video in page["data"]]
                assert (page["object"], page["first_id"], page["last_id"]) == (
                    "list",
                    ids[0],
                    ids[-1],
                )
                seen += ids
                if more.get("deleting"):
                    await client.http.delete(f"/videos/{ids[-1]}")
                if not page["has_more"]:
                    return seen

        assert await visited("asc") == made
        assert await visited("desc") == made[::-1]
        assert await visited("asc", deleting=True) == made

    drive(scenario)


def test_list_parameters_have_bounds() -> None:
    """Twenty unless said, at most a hundred, nothing on request; anything else is refused."""

    async def scenario(client: Client) -> None:
        empty = (await client.http.get("/videos")).json()
        assert empty == {
            "object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False,
        }  # fmt: skip
        for _ in range(21):
            await client.made()
        first = (await client.http.get("/videos")).json()
        assert (len(first["data"]), first["has_more"]) == (20, True)
        none = (await client.http.get("/videos?limit=0")).json()
        assert (none["data"], none["last_id"], none["has_more"]) == ([], None, True)
        assert len((await client.http.get("/videos?limit=100")).json()["data"]) == 21
        for query in ("limit=101", "limit=-1", "limit=x", "limit=0001000", "order=up"):
            error = await client.refused("GET", f"/videos?{query}", 400)
            assert error["param"] == query.partition("=")[0]
        error = await client.refused("GET", "/videos?after=video_0", 404)
        assert error["param"] == "after"

    drive(scenario)


def test_a_deleted_video_is_gone() -> None:
    """After a delete the id is unknown, to every operation."""

    async def scenario(client: Client) -> None:
        video = await client.completed()
        path = f"/videos/{video['id']}"
        answer = await client.http.delete(path, headers={"Content-Type": "application/json"})
        assert answer.json() == {"id": video["id"], "object": "video.deleted", "deleted": True}
        for method, place in [("GET", ""), ("DELETE", ""), ("GET", "/content")]:
            error = await client.refused(method, path + place, 404)
            assert video["id"] in error["message"]
        await client.refused("POST", f"{path}/remix", 404, json={"prompt": "b"})

    drive(scenario)


@pytest.mark.parametrize("size", ["64x36", "36x64"])
def test_a_reference_image_comes_as_a_file_or_as_a_data_url(size: str) -> None:
    """However it is sent, the same image gives the same video, another one another."""

    async def scenario(client: Client) -> None:
        width, height = map(int, size.split("x"))
        image = png(width, height)
        url = f"data:image/png;base64,{base64.b64encode(image).decode()}"
        said = {**SMALL, "size": size}
        requests: list[dict[str, Any]] = [
            {"data": said, "files": {"input_reference": ("a.png", image, "image/png")}},
            {"json": {**said, "input_reference": {"image_url": url}}},
            {"data": {**said, "input_reference[image_url]": url}, "files": {"x": b"-"}},
        ]
        found = {await client.content(await client.completed(**request)) for request in requests}
        plain = await client.content(await client.completed(json=said))
        assert len(found) == 1
        assert plain not in found

    drive(scenario)


def test_an_image_of_another_size_is_the_real_error() -> None:
    """The image's pixels must be those of the video, in the real API's words."""

    async def scenario(client: Client) -> None:
        files = {"input_reference": ("a.png", png(64, 64), "image/png")}
        error = await client.refused("POST", "/videos", 400, data=SMALL, files=files)
        assert error["message"] == "Inpaint image must match the requested width and height"
        assert error["code"] is None

    drive(scenario)


@pytest.mark.parametrize(
    "given",
    [
        "a string",
        7,
        {},
        {"image_url": "https://example.com/a.png"},
        {"image_url": "data:image/png,abc"},
        {"image_url": "data:image/png;base64,%%%"},
        {"image_url": "data:image/png;base64,AAAA"},
        {"image_url": 3},
        {"file_id": "file_1"},
        {"file_id": "file_1", "image_url": "data:image/png;base64,AAAA"},
        {"image_url": "data:image/png;base64," + base64.b64encode(png(64, 36)[:-30]).decode()},
    ],
)
def test_a_reference_that_is_no_image_is_refused(given: object) -> None:
    """Strings, far addresses, file ids, broken and torn images are answered with 400."""

    async def scenario(client: Client) -> None:
        body = {**SMALL, "input_reference": given}
        error = await client.refused("POST", "/videos", 400, json=body)
        assert error["param"] == "input_reference"

    drive(scenario)


def test_bad_requests_create_nothing() -> None:
    """A request that is refused leaves no video behind."""

    async def scenario(client: Client) -> None:
        for bad in (
            {"prompt": ""},
            {"size": "1x1"},
            {"seconds": "0"},
            {"model": ""},
            {"seed": "x"},
        ):
            error = await client.refused("POST", "/videos", 400, json={**SMALL, **bad})
            assert error["param"] in bad
        await client.refused("POST", "/videos", 400, content=b"{")
        await client.refused("POST", "/videos", 400, content=b"a", headers={"content-type": "x/y"})
        assert (await client.http.get("/videos")).json()["data"] == []

    drive(scenario)


def test_a_strict_studio_has_the_real_sizes_and_lengths() -> None:
    """Strictly, a small size, a fraction and an unknown model are answered with 400."""

    async def scenario(client: Client) -> None:
        video = await client.made(json={"prompt": "a"})
        assert (video["model"], video["size"], video["seconds"]) == ("sora-2", "1280x720", "4")
        for bad in ({"size": "64x36"}, {"seconds": "2.5"}, {"model": "m"}, {"size": "1920x1080"}):
            error = await client.refused("POST", "/videos", 400, json={"prompt": "a", **bad})
            assert (error["param"], error["code"]) == (next(iter(bad)), "invalid_value")

    drive(scenario, strict=True)


def test_an_idempotency_key_makes_one_video() -> None:
    """The same key and request is the same Video; the key with another request is a conflict."""

    async def scenario(client: Client) -> None:
        head = {"Idempotency-Key": "k1"}
        first = await client.made(json=SMALL, headers=head)
        again = await client.http.post("/videos", json=SMALL, headers=head)
        assert again.json()["id"] == first["id"]
        assert again.headers["idempotent-replayed"] == "true"
        other = {**SMALL, "prompt": "b"}
        error = await client.refused("POST", "/videos", 409, json=other, headers=head)
        assert error["code"] == "idempotency_key_reuse"
        assert (await client.made(json=SMALL, headers={"Idempotency-Key": "k2"}))["id"] != first[
            "id"
        ]
        await client.ended(first)
        path = f"/videos/{first['id']}"
        await client.refused("POST", f"{path}/remix", 409, json=SMALL, headers=head)
        await client.http.delete(path)
        await client.refused("POST", "/videos", 409, json=SMALL, headers=head)
        await client.refused("POST", "/videos", 400, json=SMALL, headers={"Idempotency-Key": ""})

    drive(scenario)


def test_two_requests_at_once_under_one_key_make_one_video() -> None:
    """A retry that overtakes its first try is still the same video, image and all."""

    async def scenario(client: Client) -> None:
        files = {"input_reference": ("a.png", png(64, 36), "image/png")}
        request = {"data": SMALL, "files": files, "headers": {"Idempotency-Key": "k"}}
        made = await asyncio.gather(*(client.made(**request) for _ in range(8)))
        assert len({video["id"] for video in made}) == 1
        assert len((await client.http.get("/videos")).json()["data"]) == 1

    drive(scenario)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/videos", "GET, POST"),
        ("GET", "/videos/edits", "POST"),
        ("DELETE", "/videos/extensions", "POST"),
        ("POST", "/videos/video_0", "DELETE, GET"),
        ("POST", "/videos/video_0/content", "GET"),
        ("GET", "/videos/video_0/remix", "POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(method: str, path: str, allow: str) -> None:
    """A method that a path does not have is answered with 405 and `Allow`."""

    async def scenario(client: Client) -> None:
        await client.refused(method, path, 405)
        assert (await client.http.request(method, path)).headers["allow"] == allow

    drive(scenario)


def test_an_unknown_path_is_not_found() -> None:
    """A path outside the API is answered with 404 and an error body."""

    async def scenario(client: Client) -> None:
        for path in ("/images", "/videos/", "/videos/a/b/c"):
            await client.refused("GET", path, 404)

    drive(scenario)
