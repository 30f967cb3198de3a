"""Characters, edits of videos that come along, and chains of extensions, over the wire."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.unit.films import film
from tests.unit.test_studio_desk import SMALL, Client, drive

FILM = b"\0\0\0\x10ftypisom\0\0\0\0"


def character(name: str | None = "Mossy", video: bytes | None = FILM) -> dict[str, Any]:
    """The request for a character."""
    parts: dict[str, Any] = {"name": (None, name.encode())} if name is not None else {}
    if video is not None:
        parts["video"] = ("a.mp4", video, "video/mp4")
    return {"files": parts or {"none": (None, b"")}}


def test_a_character_is_made_once_and_found_by_its_id() -> None:
    """It has an id, a name and a date; it is neither a video nor in the list of them."""

    async def scenario(client: Client) -> None:
        answer = await client.http.post("/videos/characters", **character())
        made = answer.json()
        assert made["id"].startswith("char_")
        assert {**made, "id": ""} == {"id": "", "name": "Mossy", "created_at": 1_800_000_000}
        assert (await client.http.get(f"/videos/characters/{made['id']}")).json() == made
        assert (await client.http.get("/videos")).json()["data"] == []
        error = await client.refused("GET", "/videos/characters/char_0", 404)
        assert error["param"] == "character_id"
        await client.refused("GET", "/videos/characters", 405)
        await client.refused("DELETE", f"/videos/characters/{made['id']}", 405)

    drive(scenario, strict=True)


def test_a_character_needs_a_name_and_an_mp4() -> None:
    """What is missing, too long, no MP4 or unknown is answered with 400, and so is JSON."""

    async def scenario(client: Client) -> None:
        bad = [
            (character(name=None), "name"),
            (character(name=""), "name"),
            (character(name="x" * 81), "name"),
            (character(video=None), "video"),
            (character(video=b"\x89PNG\r\n\x1a\n"), "video"),
            (character(video=b""), "video"),
            ({"files": {**character()["files"], "age": (None, b"7")}}, "age"),
            ({"data": {"name": "a", "video[id]": "video_0"}, "files": {}}, None),
        ]
        for request, param in bad:
            error = await client.refused("POST", "/videos/characters", 400, **request)
            assert error["param"] == param
        body = {"name": "Mossy", "video": "AAAA"}
        error = await client.refused("POST", "/videos/characters", 400, json=body)
        assert error["code"] == "unsupported_content_type"

    drive(scenario)


def test_characters_play_in_a_create() -> None:
    """Their films make another video; two at most, and only those that there are."""

    async def scenario(client: Client) -> None:
        ids = []
        for video in (FILM, FILM + b"another"):
            answer = await client.http.post("/videos/characters", **character(video=video))
            ids.append(answer.json()["id"])
        none = await client.content(await client.completed(json={**SMALL, "characters": []}))
        seen = {none, await client.content(await client.completed())}
        assert len(seen) == 1
        for chosen in ([ids[0]], [ids[1]], ids):
            body = {**SMALL, "characters": [{"id": one} for one in chosen]}
            seen.add(await client.content(await client.completed(json=body)))
        form = {name: (None, value) for name, value in SMALL.items()}
        form |= {f"characters[{n}][id]": (None, one) for n, one in enumerate(ids)}
        seen.add(await client.content(await client.completed(files=form)))
        assert len(seen) == 4
        unknown = {**SMALL, "characters": [{"id": "char_0"}]}
        error = await client.refused("POST", "/videos", 404, json=unknown)
        assert error["param"] == "characters"
        many = {**SMALL, "characters": [{"id": one} for one in [*ids, ids[0]]]}
        error = await client.refused("POST", "/videos", 400, json=many)
        assert error["code"] == "array_above_max_length"

    drive(scenario)


def test_a_video_that_comes_along_is_edited_or_extended(tmp_path: Path) -> None:
    """A child of a file has the file's size and length, and depends on its bytes."""
    films = [film(tmp_path / f"{n}.mp4", frames=12 * n).read_bytes() for n in (1, 2)]

    async def scenario(client: Client) -> None:
        made = []
        for video in films:
            files = {"video": ("a.mp4", video, "video/mp4")}
            request: dict[str, Any] = {"data": {"prompt": "by night", "model": "m"}, "files": files}
            made.append(await client.completed("/videos/edits", **request))
        assert [(one["size"], one["seconds"], one["model"]) for one in made] == [
            ("64x48", "1", "m"), ("64x48", "2", "m"),
        ]  # fmt: skip
        contents = [await client.content(one) for one in made]
        assert contents[0] != contents[1]
        longer = await client.completed(
            "/videos/extensions", data={"prompt": "on", "seconds": "1.5"}, files=request["files"]
        )
        assert (longer["size"], longer["seconds"]) == ("64x48", "3.5")
        again = await client.completed("/videos/edits", **request)
        assert await client.content(again) == contents[1]

    drive(scenario)


def test_a_video_that_cannot_be_edited_is_refused(tmp_path: Path) -> None:
    """A torn file, none at all, or one of a size that the model lacks makes no video."""
    video = film(tmp_path / "a.mp4").read_bytes()

    async def scenario(client: Client) -> None:
        for data in (video, video[:-200], b"text"):
            files = {"video": ("a.mp4", data, "video/mp4")}
            request: dict[str, Any] = {"data": {"prompt": "by night"}, "files": files}
            error = await client.refused("POST", "/videos/edits", 400, **request)
            assert error["param"] == "video"
        await client.refused("POST", "/videos/edits", 400, json={"prompt": "a"})
        assert (await client.http.get("/videos")).json()["data"] == []

    drive(scenario, strict=True)


def test_an_edit_of_a_file_is_idempotent_too(tmp_path: Path) -> None:
    """The same file under the same key is the same video; another one is a conflict."""
    video = film(tmp_path / "a.mp4").read_bytes()

    async def scenario(client: Client) -> None:
        def request(data: bytes) -> dict[str, Any]:
            files = {"video": ("a.mp4", data, "video/mp4")}
            head = {"Idempotency-Key": "k"}
            return {"data": {"prompt": "by night"}, "files": files, "headers": head}

        made = await asyncio.gather(
            *(client.made("/videos/edits", **request(video)) for _ in range(4))
        )
        assert len({one["id"] for one in made}) == 1
        await client.refused("POST", "/videos/edits", 409, **request(video + b"\0\0\0\x08free"))

    drive(scenario)


def test_a_video_is_extended_six_times_and_no_more() -> None:
    """Each extension counts those before it, and none takes an image or characters."""

    async def scenario(client: Client) -> None:
        video = await client.completed(json={"prompt": "a"})
        for number in range(6):
            body = {"prompt": "on", "seconds": "4", "video": {"id": video["id"]}}
            video = await client.completed("/videos/extensions", json=body)
            assert video["seconds"] == str(4 * (number + 2))
        body = {"prompt": "on", "seconds": "4", "video": {"id": video["id"]}}
        error = await client.refused("POST", "/videos/extensions", 400, json=body)
        assert error["param"] == "video"
        remix = await client.completed(f"/videos/{video['id']}/remix", json={"prompt": "b"})
        body["video"] = {"id": remix["id"]}
        for name, value in (("characters", []), ("input_reference", {"image_url": "data:,"})):
            more = {**body, name: value}
            error = await client.refused("POST", "/videos/extensions", 400, json=more)
            assert (error["param"], error["code"]) == (name, "unsupported_parameter")
        assert (await client.completed("/videos/extensions", json=body))["seconds"] == "32"

    drive(scenario, strict=True)
