"""The studio as other servers speak: what each takes, how it answers, and what it does not have."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from sorapipe.errors import UsageError
from sorapipe.studio.dialects.known import DIALECTS, dialect_of
from sorapipe.studio.dialects.speak import speak
from sorapipe.studio.studio import Studio

FORM = {"prompt": "a wave", "size": "64x36", "seconds": "1"}
JSON = {"model": "openai/sora-2", "prompt": "a wave", "size": "64x36", "duration": 1}
HOSTED = ("vllm-omni", "sglang")
UNKNOWN = {
    "vllm-omni": "video_gen_" + "0" * 32,
    "sglang": "00000000-0000-0000-0000-000000000000",
    "openrouter": "gen-vid-1-" + "0" * 22,
    "new-api": "task_" + "0" * 32,
    "azure": "video_" + "0" * 32,
}
Scenario = Callable[[httpx.AsyncClient], Awaitable[None]]


def instant(animatic: Any, target: Path, **_: Any) -> None:
    """A renderer whose file tells what it was handed, and which refuses the prompt `fail`."""
    if animatic.prompt == "fail":
        raise ValueError("no such picture")
    size = Image.open(io.BytesIO(animatic.reference)).size if animatic.reference else None
    shown = (animatic.prompt, animatic.width, animatic.height, animatic.seconds, animatic.seed)
    target.write_text(repr((*shown, size)))


class Waiting:
    """A renderer that ends when it is told to, or when it is stopped."""

    def __init__(self) -> None:
        self.begun, self.free, self.stopped = (threading.Event() for _ in range(3))

    def __call__(self, animatic: Any, target: Path, *, cancelled: Any, **_: Any) -> None:
        """Wait, and then draw."""
        self.begun.set()
        while not self.free.wait(0.002):
            if cancelled():
                self.stopped.set()
                raise RuntimeError("stopped")
        instant(animatic, target)


def drive(name: str, scenario: Scenario, *, render: Any = instant, **options: Any) -> None:
    """Play the scenario against a studio of its own that speaks that dialect."""

    async def play() -> None:
        dialect = dialect_of(name)
        options.setdefault("strict", False)
        studio = Studio(None, deletes=dialect.deletes, workers=1, render=render, **options)
        async with studio:
            transport = httpx.ASGITransport(app=speak(studio.app, dialect))
            base_url = f"http://studio{dialect.path}"
            async with httpx.AsyncClient(transport=transport, base_url=base_url) as http:
                await asyncio.wait_for(scenario(http), 30)

    asyncio.run(play())


def wanted(name: str, **more: Any) -> dict[str, Any]:
    """A create of the kind that the dialect takes, for httpx."""
    if name == "openrouter":
        return {"json": {**JSON, **more}}
    fields = FORM | ({} if name in HOSTED else {"model": "sora-2"}) | more
    return {"files": {key: (None, str(value)) for key, value in fields.items()}}


async def made(http: httpx.AsyncClient, name: str, **more: Any) -> dict[str, Any]:
    """What a create answers."""
    answer = await http.post("/videos", **wanted(name, **more))
    assert answer.status_code == (202 if name == "openrouter" else 200), answer.text
    found: dict[str, Any] = answer.json()
    return found


async def ended(http: httpx.AsyncClient, video_id: str) -> httpx.Response:
    """The last answer about that render."""
    while True:
        answer = await http.get(f"/videos/{video_id}")
        if answer.json()["status"] not in ("queued", "pending", "unknown", "in_progress"):
            return answer
        await asyncio.sleep(0.002)  # a client of this API can only ask again


async def content(http: httpx.AsyncClient, name: str, **more: Any) -> str:
    """The content of a new render."""
    video_id = (await made(http, name, **more))["id"]
    await ended(http, video_id)
    answer = await http.get(f"/videos/{video_id}/content")
    assert answer.status_code == 200, answer.text
    return answer.text


def picture(width: int, height: int) -> bytes:
    """A PNG of that size."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "png")
    return file.getvalue()


def data_url(width: int, height: int) -> str:
    """The same as a data URL."""
    return "data:image/png;base64," + base64.b64encode(picture(width, height)).decode()


def test_there_is_a_dialect_for_every_profile_that_is_served() -> None:
    """The studio's own tongue has three names, and an unknown name is met with the nearest."""
    assert DIALECTS["local"] is DIALECTS["generic"] is DIALECTS["openai"]
    with pytest.raises(UsageError, match="did you mean 'vllm-omni'"):
        dialect_of("vllm-omin")
    with pytest.raises(UsageError, match=r"known are azure, .*, vllm-omni"):
        dialect_of("quux")


@pytest.mark.parametrize("name", ["azure", "litellm", "new-api", "openrouter", *HOSTED])
def test_a_render_goes_from_create_to_content(name: str) -> None:
    """The id of a create leads to its status and to the bytes, in every dialect."""

    async def scenario(http: httpx.AsyncClient) -> None:
        video = await made(http, name)
        assert (await ended(http, video["id"])).json()["status"] == "completed"
        answer = await http.get(f"/videos/{video['id']}/content")
        assert answer.headers["content-type"] == "video/mp4"
        assert "a wave" in answer.text

    drive(name, scenario)


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("vllm-omni", 404, {"message": "Video not found", "type": "Not Found", "code": 404}),
        ("sglang", 404, {"detail": "Video not found"}),
        ("openrouter", 404, {"code": 404}),
        ("new-api", 400, {"code": "task_not_exist", "data": None}),
        ("azure", 404, {"type": "invalid_request_error", "param": "video_id"}),
    ],
)
def test_an_unknown_id_is_told_in_the_dialects_words(
    name: str, status: int, body: dict[str, Any]
) -> None:
    """An id of the right form that nobody made, and one of no form at all, are told alike."""

    async def scenario(http: httpx.AsyncClient) -> None:
        for video_id in (UNKNOWN[name], "nonsense"):
            answer = await http.get(f"/videos/{video_id}")
            assert answer.status_code == status
            said = answer.json()
            assert body.items() <= said.get("error", said).items()

    drive(name, scenario)


@pytest.mark.parametrize(
    ("name", "method", "path", "status"),
    [
        *((name, "POST", "/videos/edits", 405) for name in HOSTED),
        *((name, "POST", "/videos/extensions", 405) for name in HOSTED),
        *((name, "POST", "/videos/x/remix", 404) for name in HOSTED),
        *((name, "GET", "/videos/characters/x", 404) for name in HOSTED),
        ("openrouter", "GET", "/videos", 404),
        ("openrouter", "DELETE", "/videos/x", 404),
        ("openrouter", "POST", "/videos/x/remix", 404),
        ("openrouter", "POST", "/videos/edits", 404),
        ("litellm", "DELETE", "/videos/x", 405),
        ("litellm", "GET", "/videos", 400),
        ("litellm", "GET", "/videos?custom_llm_provider=openai", 500),
        ("new-api", "GET", "/videos", 404),
        ("new-api", "DELETE", "/videos/x", 404),
        ("new-api", "POST", "/videos/edits", 404),
        ("azure", "POST", "/videos/edits", 404),
        ("azure", "POST", "/videos/extensions", 404),
    ],
)
def test_what_a_dialect_does_not_have(name: str, method: str, path: str, status: int) -> None:
    """Operations that the real server lacks are answered as it would answer them."""

    async def scenario(http: httpx.AsyncClient) -> None:
        answer = await http.request(
            method, path, json={"prompt": "b"} if method == "POST" else None
        )
        assert answer.status_code == status, answer.text
        if status == 405:
            assert answer.json() == {"detail": "Method Not Allowed"}
            assert answer.headers["allow"]

    drive(name, scenario)


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("vllm-omni", 404, "not found on disk"),
        ("sglang", 404, "Video variant None not found"),
        ("openrouter", 410, "expired"),
        ("new-api", 502, "status 404"),
        ("azure", 404, "expired"),
        ("litellm", 404, "expired"),
    ],
)
def test_content_that_has_expired(name: str, status: int, words: str) -> None:
    """Its Video is still there, and each dialect has its own words for what is missing."""

    async def scenario(http: httpx.AsyncClient) -> None:
        video_id = (await made(http, name))["id"]
        assert (await ended(http, video_id)).status_code == 200
        answer = await http.get(f"/videos/{video_id}/content")
        assert answer.status_code == status
        assert words in answer.text

    drive(name, scenario, retention=0)


def test_openrouter_says_pending_and_then_where_the_output_is() -> None:
    """A job has no Video's fields: an address to poll, then addresses of outputs and a cost."""

    async def scenario(http: httpx.AsyncClient) -> None:
        job = await made(http, "openrouter")
        assert job == {
            "id": job["id"],
            "polling_url": f"/api/v1/videos/{job['id']}",
            "status": "pending",
        }
        kind, vid, seconds, rest = job["id"].split("-")
        assert (kind, vid, seconds.isdecimal(), rest.isalnum()) == ("gen", "vid", True, True)
        done = (await ended(http, job["id"])).json()
        assert done["usage"] == {"cost": 0, "is_byok": False}
        assert done["unsigned_urls"] == [f"http://studio/api/v1/videos/{job['id']}/content?index=0"]
        assert (await http.get(done["unsigned_urls"][0])).status_code == 200
        assert (await http.get(f"/videos/{job['id']}/content?index=1")).status_code == 404
        failed = (await ended(http, (await made(http, "openrouter", prompt="fail"))["id"])).json()
        assert failed["status"] == "failed"
        assert "no such picture" in failed["error"]
        assert (await http.get(f"/videos/{failed['id']}/content")).status_code == 409

    drive("openrouter", scenario)


def test_openrouter_takes_a_resolution_or_a_size_and_pictures_by_address() -> None:
    """What is wanted comes out as one size, and the first frame is brought to it."""

    async def scenario(http: httpx.AsyncClient) -> None:
        bare = {key: value for key, value in JSON.items() if key != "size"}
        for given, size in [
            ({"resolution": "480p"}, (854, 480)),
            ({"aspect_ratio": "9:16"}, (720, 1280)),
            ({"resolution": "480p", "aspect_ratio": "1:1"}, (480, 480)),
        ]:
            job = (await http.post("/videos", json={**bare, **given})).json()
            await ended(http, job["id"])
            said = (await http.get(f"/videos/{job['id']}/content")).text
            assert f"{size[0]}, {size[1]}" in said
        image = {"type": "image_url", "image_url": {"url": data_url(9, 9)}}
        for given in (
            {"frame_images": [{**image, "frame_type": "first_frame"}]},
            {"input_references": [{"type": "audio_url"}, image]},
        ):
            assert "(64, 36)" in await content(http, "openrouter", **given)

    drive("openrouter", scenario)


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": None},
        {"prompt": None},
        {"duration": "8"},
        {"seed": True},
        {"size": 5},
        {"size": None, "resolution": "99p"},
        {"size": None, "aspect_ratio": "wide"},
        {"previous_job_id": "x"},
        {"frame_images": [{"type": "image_url", "frame_type": "last_frame"}]},
        {"frame_images": [{"type": "image_url", "frame_type": "first_frame"}]},
        {"input_references": [{"type": "image_url", "image_url": {"url": 1}}]},
        {"input_references": {}},
    ],
)  # fmt: skip
def test_openrouter_refuses(wrong: dict[str, Any]) -> None:
    """A request that is not right is answered with 400 and the two fields of its errors."""

    async def scenario(http: httpx.AsyncClient) -> None:
        answer = await http.post("/videos", json={**JSON, **wrong})
        assert answer.status_code == 400, answer.text
        assert set(answer.json()["error"]) == {"message", "code"}
        assert answer.json()["error"]["code"] == 400

    drive("openrouter", scenario)


def test_openrouter_takes_json_alone_and_lists_its_models() -> None:
    """A form is refused, and what is possible can be asked for."""

    async def scenario(http: httpx.AsyncClient) -> None:
        assert (await http.post("/videos", **wanted("azure"))).status_code == 400
        models = (await http.get("/videos/models")).json()["data"]
        assert "openai/sora-2" in {model["id"] for model in models}
        assert models[0]["supported_durations"] == [4, 8, 12, 16, 20]

    drive("openrouter", scenario)


@pytest.mark.parametrize("model", ["google/veo-3.1", "alibaba/wan-2.7", "openai/sora-2-pro"])
def test_openrouter_takes_the_models_of_every_maker(model: str) -> None:
    """By the name as it was sent, so that what was written for the real one can be rehearsed."""
    asked: list[str] = []

    def draw(animatic: Any, target: Path, **_: Any) -> None:
        asked.append(animatic.model)
        instant(animatic, target)

    async def scenario(http: httpx.AsyncClient) -> None:
        job = await made(http, "openrouter", model=model)
        assert (await ended(http, job["id"])).json()["status"] == "completed"
        for wrong in ({"duration": 61}, {"duration": 0}, {"size": "63x36"}, {"size": "9000x9000"}):
            answer = await http.post("/videos", json={**JSON, "model": model, **wrong})
            assert answer.status_code == 400, answer.text

    assert not dialect_of("openrouter").strict
    drive("openrouter", scenario, render=draw)
    assert asked == [model]


def test_vllm_omni_answers_with_all_its_fields() -> None:
    """Nulls are told too, and progress is 0 until the render is done."""

    async def scenario(http: httpx.AsyncClient) -> None:
        video = await made(http, "vllm-omni", num_frames="48", fps="24", seed="7", lora="{}")
        assert video["id"].startswith("video_gen_")
        assert (video["progress"], video["seconds"], video["duration_s"]) == (0, "2", 2.0)
        assert (video["file_name"], video["error"], video["prompt"]) == (None, None, "a wave")
        done = (await ended(http, video["id"])).json()
        assert (done["progress"], done["file_name"]) == (100, f"{video['id']}.mp4")
        said = (await http.get(f"/videos/{video['id']}/content")).text
        assert said == "('a wave', 64, 36, 2.0, 7, None)"

    drive("vllm-omni", scenario)


def test_vllm_omni_takes_forms_alone() -> None:
    """JSON has no prompt for it; an urlencoded form is a form."""

    async def scenario(http: httpx.AsyncClient) -> None:
        answer = await http.post("/videos", json=FORM)
        assert answer.status_code == 400
        assert answer.json()["error"]["type"] == "Bad Request"
        assert "prompt: Field required" in answer.json()["error"]["message"]
        assert (await http.post("/videos", data=FORM)).status_code == 200

    drive("vllm-omni", scenario)


@pytest.mark.parametrize(
    "wrong",
    [
        {"prompt": ""},
        {"seconds": "0"},
        {"seconds": "1.5"},
        {"size": "big"},
        {"width": "x"},
        {"fps": "0"},
        {"num_inference_steps": "201"},
        {"generate_sound": "perhaps"},
        {"lora": "[]"},
        {"extra_params": "{"},
        {"input_reference": "text"},
        {"image_reference": "{}"},
        {"image_reference": "{"},
        {"image_reference": '{"image_url":"data:image/png,x"}'},
        {"image_reference": "{}", "input_references": "x"},
        {"video_reference": "{}"},
    ],
)
def test_vllm_omni_refuses(wrong: dict[str, str]) -> None:
    """A field that is not right is answered with 400 in vLLM's words."""

    async def scenario(http: httpx.AsyncClient) -> None:
        answer = await http.post("/videos", **wanted("vllm-omni", **wrong))
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["code"] == 400

    drive("vllm-omni", scenario)


def test_vllm_omni_starts_from_a_file_or_from_an_address_and_ignores_brackets() -> None:
    """A picture of any size is brought to the video's; a bracket field is one it does not know."""

    async def scenario(http: httpx.AsyncClient) -> None:
        form = wanted("vllm-omni")["files"]
        pictured = {
            "input_reference": ("a.png", picture(9, 9)),
            "image_reference": (None, json.dumps({"image_url": data_url(64, 36)})),
        }
        for name, value in pictured.items():
            video = (await http.post("/videos", files={**form, name: value})).json()
            await ended(http, video["id"])
            assert "(64, 36)" in (await http.get(f"/videos/{video['id']}/content")).text
        assert (await http.post("/videos", files={**form, **pictured})).status_code == 400
        said = await content(http, "vllm-omni", **{"input_reference[image_url]": "x"})
        assert said.endswith("None)")

    drive("vllm-omni", scenario)


def test_a_failed_render_of_vllm_omni_is_a_video_under_a_500() -> None:
    """The whole Video is in the body, its error's code is the status, and its content is a 422."""

    async def scenario(http: httpx.AsyncClient) -> None:
        video = await made(http, "vllm-omni", prompt="fail")
        answer = await ended(http, video["id"])
        assert answer.status_code == 500
        assert (answer.json()["id"], answer.json()["status"]) == (video["id"], "failed")
        assert answer.json()["error"]["code"] == 500
        assert (await http.get(f"/videos/{video['id']}/content")).status_code == 422
        listed = (await http.get("/videos")).json()["data"][0]
        assert listed["error"]["code"] == "server_error"

    drive("vllm-omni", scenario)


def test_lists_of_hosted_servers() -> None:
    """vLLM-Omni gives all unless a limit is said, SGLang 20; an unknown cursor gives nothing."""

    async def scenario(http: httpx.AsyncClient) -> None:
        for _ in range(3):
            await made(http, "vllm-omni")
        ids = [video["id"] for video in (await http.get("/videos")).json()["data"]]
        assert len(ids) == 3
        page = (await http.get("/videos", params={"limit": 2, "order": "desc"})).json()
        assert (page["first_id"], page["last_id"], page["has_more"]) == (ids[0], ids[1], True)
        assert (await http.get("/videos?limit=0")).json()["data"] == []
        assert (await http.get("/videos?after=nobody")).json()["data"] == []
        assert (await http.get("/videos?limit=x")).status_code in (400, 422)
        assert (await http.get("/videos?order=x")).status_code in (400, 422)

    drive("vllm-omni", scenario)


def test_a_list_pages_by_the_dialects_own_ids() -> None:
    """`after` is an id as the dialect tells it, and pages meet without a gap."""

    async def scenario(http: httpx.AsyncClient) -> None:
        made_ids = [(await made(http, name))["id"] for _ in range(3)]
        first = (await http.get("/videos", params={"limit": 2, "order": "asc"})).json()
        rest = (
            await http.get("/videos", params={"after": first["last_id"], "order": "asc"})
        ).json()
        assert [video["id"] for video in first["data"] + rest["data"]] == made_ids
        assert rest["has_more"] is False

    for name in (*HOSTED, "azure"):
        drive(name, scenario)


def test_sglang_takes_json_and_forms_and_tells_only_a_message() -> None:
    """Seconds are whole numbers in both; an error of a render has one field."""

    async def scenario(http: httpx.AsyncClient) -> None:
        for request in ({"json": {**FORM, "seconds": 2}}, wanted("sglang", seconds="2")):
            video = (await http.post("/videos", **request)).json()
            assert (video["seconds"], video["size"], "prompt" in video) == ("2", "64x36", False)
        answer = await http.post("/videos", **wanted("sglang", seconds="8s"))
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", "seconds"]
        answer = await http.post("/videos", json={**FORM, "seconds": "8s"})
        assert answer.status_code == 400
        assert answer.json()["detail"].startswith("Invalid request body: ")
        answer = await http.post("/videos", files={"seconds": (None, "2")})
        assert (answer.status_code, answer.json()) == (400, {"detail": "prompt is required"})
        failed = (await ended(http, (await made(http, "sglang", prompt="fail"))["id"])).json()
        assert set(failed["error"]) == {"message"}

    drive("sglang", scenario)


def test_sglang_reads_sizes_extras_and_addresses() -> None:
    """Width and height, frames at a rate, nested extras and `reference_url` reach the render."""

    async def scenario(http: httpx.AsyncClient) -> None:
        extra = {"extra_body": {"seed": 5, "extra": 1}, "num_frames": 36, "fps": 24}
        body = {"prompt": "x", "width": 32, "height": 48, **extra, "reference_url": data_url(9, 9)}
        video = (await http.post("/videos", json=body)).json()
        await ended(http, video["id"])
        said = (await http.get(f"/videos/{video['id']}/content")).text
        assert said == "('x', 32, 48, 1.5, 5, (32, 48))"
        for wrong in (
            {"size": "0x5"},
            {"width": -1, "height": 3},
            {"input_reference": {"image_url": data_url(9, 9)}},
            {"reference_url": "data:image/png,x"},
            {"extra_body": "{"},
            {"prompt": 5},
        ):
            assert (await http.post("/videos", json={**body, **wrong})).status_code == 400
        assert (await http.post("/videos", content=b"no json")).status_code == 400

    drive("sglang", scenario)


def test_sglang_gives_content_by_index() -> None:
    """Without a variant, or with 0, it is there; `variant=video` names nothing."""

    async def scenario(http: httpx.AsyncClient) -> None:
        video_id = (await made(http, "sglang"))["id"]
        await ended(http, video_id)
        answers = [
            (await http.get(f"/videos/{video_id}/content", params=query)).status_code
            for query in ({}, {"variant": "0"}, {"variant": "1"}, {"variant": "video"})
        ]
        assert answers == [200, 200, 404, 404]
        ranged = await http.get(f"/videos/{video_id}/content", headers={"Range": "bytes=0-1"})
        assert (ranged.status_code, ranged.text) == (206, "('")

    drive("sglang", scenario)


@pytest.mark.parametrize("name", HOSTED)
def test_a_render_under_way_has_no_content_and_can_be_deleted(name: str) -> None:
    """vLLM-Omni stops the render then; SGLang says `deleted` and lets it come to nothing."""
    waiting = Waiting()

    async def scenario(http: httpx.AsyncClient) -> None:
        video_id = (await made(http, name))["id"]
        await asyncio.to_thread(waiting.begun.wait, 10)
        answer = await http.get(f"/videos/{video_id}/content")
        assert answer.status_code == 404
        assert "still in-progress" in answer.text
        deleted = (await http.delete(f"/videos/{video_id}")).json()
        if name == "vllm-omni":
            assert deleted == {"id": video_id, "object": "video.deleted", "deleted": True}
            assert await asyncio.to_thread(waiting.stopped.wait, 10)
        else:
            assert (deleted["status"], "deleted" in deleted) == ("deleted", False)
            assert not waiting.stopped.is_set()
        assert (await http.get(f"/videos/{video_id}")).status_code == 404
        waiting.free.set()
        assert "a wave" in await content(http, name)
        assert len((await http.get("/videos")).json()["data"]) == 1

    drive(name, scenario, render=waiting)


def test_litellm_makes_ids_of_which_only_that_of_the_create_leads_back() -> None:
    """The ids in later answers have lost their model, and lead to a server that is not there."""

    async def scenario(http: httpx.AsyncClient) -> None:
        video = await made(http, "litellm")
        assert video["id"].startswith("video_")
        assert "prompt" not in video
        assert video["usage"] == {"duration_seconds": 1.0}
        looked = (await ended(http, video["id"])).json()
        assert looked["id"] != video["id"]
        assert (await http.get(f"/videos/{looked['id']}")).status_code == 500
        named = {"prompt": "b", "seconds": "1", "video": {"id": video["id"]}}
        for path, body in [
            (f"/videos/{video['id']}/remix", {"prompt": "b"}),
            ("/videos/edits", named),
            ("/videos/extensions", named),
        ]:
            child = await http.post(path, json=body)
            assert child.status_code == 200, child.text
            assert (await http.get(f"/videos/{child.json()['id']}")).status_code == 500
        assert (await http.get("/videos/video_123")).status_code == 500
        thumbnail = await http.get(f"/videos/{video['id']}/content?variant=thumbnail")
        assert thumbnail.headers["content-type"] == "video/mp4"
        ranged = await http.get(f"/videos/{video['id']}/content", headers={"Range": "bytes=0-1"})
        assert (ranged.status_code, "accept-ranges" in ranged.headers) == (200, False)

    drive("litellm", scenario)


def test_litellm_wraps_what_its_upstream_says() -> None:
    """The upstream's error is text in its message, and a picture by address cannot be passed on."""

    async def scenario(http: httpx.AsyncClient) -> None:
        body = {"model": "sora-2", "prompt": "", "size": "64x36"}
        answer = await http.post("/videos", json=body)
        assert answer.status_code == 400
        error = answer.json()["error"]
        assert error["code"] == "400"
        assert "OpenAIException" in error["message"]
        assert "empty_string" in error["message"]
        by_address = {"input_reference": {"image_url": data_url(64, 36)}}
        answer = await http.post("/videos", json={**body, "prompt": "x", **by_address})
        assert answer.status_code == 400
        form = {**wanted("litellm")["files"], "input_reference": ("a.png", picture(64, 36))}
        assert (await http.post("/videos", files=form)).status_code == 200
        assert (await http.post("/videos", json={"prompt": "x"})).status_code == 400

    drive("litellm", scenario)


def test_new_api_has_task_ids_and_words_of_its_own() -> None:
    """Ids are told twice, nulls not at all, and what waits is `unknown`."""
    waiting = Waiting()

    async def scenario(http: httpx.AsyncClient) -> None:
        await made(http, "new-api")
        video = await made(http, "new-api")  # waits behind the first
        assert video["id"] == video["task_id"]
        assert video["id"].startswith("task_")
        assert "error" not in video
        waits = (await http.get(f"/videos/{video['id']}")).json()
        assert (waits["status"], waits["progress"]) == ("unknown", 0)
        answer = await http.get(f"/videos/{video['id']}/content")
        assert answer.status_code == 400
        assert answer.json()["error"]["message"].endswith("current status: QUEUED")
        waiting.free.set()
        done = (await ended(http, video["id"])).json()
        assert (await http.get(done["metadata"]["url"])).status_code == 200
        remix = (await http.post(f"/videos/{video['id']}/remix", json={"prompt": "b"})).json()
        assert remix["remixed_from_video_id"] == video["id"]
        assert (await http.get("/videos/task_x/content")).status_code == 404
        nobody = await http.post("/videos/task_x/remix", json={"prompt": "b"})
        assert nobody.json()["code"] == "task_not_exist"
        assert (await http.post("/videos", json={})).json()["code"] == "invalid_request"
        wrong = await http.post("/videos", **wanted("new-api", seconds="x"))
        assert (wrong.status_code, wrong.json()["code"]) == (400, "fail_to_fetch_task")

    drive("new-api", scenario, render=waiting)


def test_azure_is_the_real_api_under_another_path() -> None:
    """Pages, remixes and deletions are its own; content expires a day after the create."""

    async def scenario(http: httpx.AsyncClient) -> None:
        video = await made(http, "azure")
        assert video["expires_at"] == video["created_at"] + 86_400
        await ended(http, video["id"])
        remix = (await http.post(f"/videos/{video['id']}/remix", json={"prompt": "b"})).json()
        assert remix["remixed_from_video_id"] == video["id"]
        assert (await http.delete(f"/videos/{video['id']}")).json()["deleted"] is True
        assert (await http.get("/videos?limit=x")).status_code == 400
        form = {**wanted("azure")["files"], "input_reference": ("a.png", picture(9, 9))}
        assert (await http.post("/videos", files=form)).status_code == 400

    drive("azure", scenario)


@pytest.mark.parametrize("name", ["azure", "litellm", "new-api", "openrouter", *HOSTED])
def test_no_other_server_honours_an_idempotency_key(name: str) -> None:
    """The same request under the same key makes a second render."""

    async def scenario(http: httpx.AsyncClient) -> None:
        head = {"Idempotency-Key": "k"}
        ids = {
            (await http.post("/videos", headers=head, **wanted(name))).json()["id"]
            for _ in range(2)
        }
        assert len(ids) == 2

    drive(name, scenario)


def test_hosted_servers_say_that_they_are_well_and_what_they_serve() -> None:
    """`/health` and `/v1/models` are there, and any model may be asked for."""

    async def scenario(http: httpx.AsyncClient) -> None:
        assert (await http.get("/models")).json()["data"][0]["object"] == "model"
        assert (await http.get("http://studio/health")).status_code == 200
        assert (await made(http, "sglang", model="wan-2.2"))["model"] == "wan-2.2"

    for name in HOSTED:
        drive(name, scenario)
