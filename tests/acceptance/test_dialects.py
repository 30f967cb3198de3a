"""`sorapipe serve --profile NAME` as people start it: a process that speaks another's words."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.served import serving

PATHS = {
    "azure": "/openai/v1/",
    "litellm": "/v1/",
    "new-api": "/v1/",
    "openai": "/v1/",
    "openrouter": "/api/v1/",
    "sglang": "/v1/",
    "vllm-omni": "/v1/",
}
FORM = {"model": "sora-2", "prompt": "a wave", "seconds": "1", "size": "64x36"}
JOB = {"model": "openai/sora-2", "prompt": "a wave", "duration": 1, "size": "64x36"}
KEY = "sk-of-the-studio"


@contextmanager
def speaking(name: str, *options: str, token: str = "") -> Iterator[httpx.Client]:
    """A client of a lenient studio that speaks that dialect, in a process of its own."""
    with (
        serving("--lenient", "--profile", name, *options, token=token) as base_url,
        httpx.Client(base_url=base_url, timeout=30) as client,
    ):
        yield client


def create(client: httpx.Client, name: str, **more: Any) -> httpx.Response:
    """A create of the kind that the dialect takes."""
    if name == "openrouter":
        return client.post("/videos", json=JOB, **more)
    return client.post("/videos", files={key: (None, it) for key, it in FORM.items()}, **more)


def ended(client: httpx.Client, video_id: str) -> httpx.Response:
    """The last answer about that render."""
    while True:
        answer = client.get(f"/videos/{video_id}")
        if answer.json()["status"] in ("completed", "failed"):
            return answer
        time.sleep(0.02)  # a client of this API can only ask again


@pytest.mark.parametrize("name", PATHS)
def test_each_profile_has_a_server_whose_address_is_its_own(name: str) -> None:
    """The first line is the base URL with the dialect's path; a render comes home from there."""
    with speaking(name) as client:
        assert client.base_url.path == PATHS[name]
        answer = create(client, name)
        assert answer.status_code == (202 if name == "openrouter" else 200), answer.text
        video_id = answer.json()["id"]
        assert ended(client, video_id).status_code == 200
        content = client.get(f"/videos/{video_id}/content")
        assert content.headers["content-type"] == "video/mp4"
        assert content.content[4:8] == b"ftyp"
        assert int(content.headers["content-length"]) == len(content.content)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("openai", {"error": {"code": "invalid_api_key"}}),
        ("openrouter", {"error": {"code": 401}}),
        ("vllm-omni", {"error": "Unauthorized"}),
        ("sglang", {"detail": "Incorrect API key provided."}),
        ("litellm", {"error": {"code": "401", "type": "token_not_found_in_db"}}),
        ("new-api", {"error": {"type": "new_api_error"}}),
        ("azure", {"error": {"code": "401"}}),
    ],
)
def test_a_wrong_key_is_refused_in_the_dialects_words(name: str, body: dict[str, Any]) -> None:
    """401 with a body of its kind, for an unknown path too; with the right key it is taken."""
    with speaking(name, token=KEY) as client:
        for path in ("/videos/x", "/nowhere"):
            answer = client.get(path, headers={"Authorization": "Bearer sk-wrong"})
            assert answer.status_code == 401
            said = answer.json()
            for field, value in body.items():
                if isinstance(value, dict):
                    assert value.items() <= said[field].items()
                else:
                    assert said[field] == value
        right = {"Authorization": f"Bearer {KEY}"}
        assert create(client, name, headers=right).is_success
        own = create(client, name, headers={"api-key": KEY})
        assert own.is_success == (name == "azure")


@pytest.mark.parametrize("name", ["litellm", "openrouter", "sglang", "vllm-omni"])
def test_faults_are_told_in_the_dialects_words(name: str) -> None:
    """A throttled create says when to come again, as its kind does; a lost reply stays lost."""
    with speaking(name, "--fault", "429@create", "--fault", "500-before@retrieve") as client:
        answer = create(client, name)
        assert answer.status_code == 429
        header = "llm_provider-retry-after" if name == "litellm" else "retry-after"
        assert int(answer.headers[header]) >= 1
        lost = {"X-Sorapipe-Fault": "reset"}
        with pytest.raises(httpx.TransportError):
            create(client, name, headers=lost)
    with speaking(name) as client:
        with pytest.raises(httpx.TransportError):
            create(client, name, headers={"X-Sorapipe-Fault": "lost-reply"})
        if name in ("sglang", "vllm-omni"):
            assert len(client.get("/videos").json()["data"]) == 1


def test_a_failed_render_comes_over_the_wire_with_its_status() -> None:
    """vLLM-Omni answers 400 for what moderation stopped and 500 for the rest, with the Video."""
    with speaking("vllm-omni") as client:
        for fault, status in (("moderation", 400), ("failed", 500)):
            made = create(client, "vllm-omni", headers={"X-Sorapipe-Fault": fault}).json()
            answer = ended(client, made["id"])
            assert answer.status_code == status
            assert answer.json()["error"]["code"] == status


def test_an_unknown_profile_is_a_usage_error() -> None:
    """The nearest name is told in one line, with exit code 2."""
    command = [sys.executable, "-m", "sorapipe", "serve", "--profile", "opnrouter"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'openrouter'?" in done.stderr
    assert done.stderr.count("\n") == 1
