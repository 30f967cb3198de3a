"""What a server's answers to a check tell of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sorapipe.videos import check, findings
from sorapipe.videos.findings import Findings
from sorapipe.videos.profile import Model, Profile, load, names
from sorapipe.videos.secret import Secret
from sorapipe.videos.wire import WireAnswer

KNOWN = [load(name) for name in names()]
OPENAPI = {
    "paths": {
        "/v1/videos": {"post": {}, "get": {}},
        "/v1/videos/{video_id}": {"get": {}, "delete": {}},
        "/v1/videos/{video_id}/remix": {"post": {}},
        "/v1/odd": "no methods",
    }
}


def answer(status: int = 200, body: Any = None, **headers: str) -> WireAnswer:
    """An answer with that JSON."""
    return WireAnswer(status, headers, json.dumps(body).encode())


def judged(profile: Profile, host: str = "gateway.example.com", **given: WireAnswer) -> Findings:
    """The findings of a server that answers so, and 404 to everything else."""
    asked = check.questions(profile)
    answers = {
        name: (request, given.get(name, answer(404, {"detail": "Not Found"})))
        for name, request in asked.items()
    }
    return findings.judge(answers, host, profile, KNOWN)


@pytest.mark.parametrize("profile", KNOWN, ids=lambda profile: str(profile.name))
def test_no_question_could_cost_anything(profile: Profile) -> None:
    """GET and OPTIONS alone, none of them said to spend, the key in the profile's own way."""
    asked = check.questions(profile)
    assert {request.method for request in asked.values()} == {"GET", "OPTIONS"}
    assert not any(request.spends or request.json or request.form for request in asked.values())
    assert {request.auth for request in asked.values()} == {profile.auth}


@pytest.mark.parametrize(
    ("statuses", "key"),
    [
        ((404, 200), "accepted"),
        ((401, 401), "refused"),
        ((404, 403), "refused"),
        ((404, 404), "not refused"),
        ((500, 400), "not refused"),
    ],
)
def test_what_became_of_the_key(statuses: tuple[int, int], key: str) -> None:
    """Only a success shows that it was accepted, and any refusal that it was not."""
    nobody, listed = (answer(status, {"data": []}) for status in statuses)
    found = judged(load("generic"), nobody=nobody, list=listed)
    assert found.key == key
    assert [probe.status for probe in found.probes][:2] == list(statuses)


def test_an_openapi_document_tells_the_abilities() -> None:
    """What it describes is there, and what it doesn't is not; both are held to the profile."""
    found = judged(load("generic"), document=answer(200, OPENAPI), list=answer(200, {"data": []}))
    assert found.abilities == {
        "list": True,
        "delete": True,
        "remix": True,
        "edit": False,
        "extend": False,
        "characters": False,
    }
    assert "the profile has edit, the server has not" in found.differences
    other = judged(load("openrouter"), document=answer(200, OPENAPI))
    assert "the server has remix, the profile has not" in other.differences


def test_a_document_about_something_else_tells_nothing() -> None:
    """A server that describes no creates has not said that it has no remixes."""
    found = judged(load("generic"), document=answer(200, {"paths": {"/health": {"get": {}}}}))
    assert set(found.abilities) == {"list"}


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_list_that_answers_with_a_refusal_is_none(status: int) -> None:
    """LiteLLM's document has the path, and a GET of it is a 400: nothing could be found there."""
    found = judged(load("litellm"), document=answer(200, OPENAPI), list=answer(status, {}))
    assert found.abilities["list"] is False
    assert not any("list" in told for told in found.differences)


@pytest.mark.parametrize(
    ("host", "given", "likely"),
    [
        ("openrouter.ai", {}, "openrouter"),
        ("farm.openai.azure.com", {}, "azure"),
        ("g", {"nobody": answer(500, {}, **{"x-litellm-call-id": "1"})}, "litellm"),
        ("g", {"nobody": answer(400, {}, **{"x-oneapi-request-id": "1"})}, "new-api"),
        ("g", {"models": answer(200, {"data": [{"id": "m", "owned_by": "sglang"}]})}, "sglang"),
        ("g", {"document": answer(200, {"paths": {"/v1/videos/sync": {"post": {}}}})}, "vllm-omni"),
    ],
)
def test_a_server_is_known_by_its_signs(
    host: str, given: dict[str, WireAnswer], likely: str
) -> None:
    """A header, a host, a path or an owner: each profile says its own."""
    found = judged(load("generic"), host, **given)
    assert found.likely == (likely,)
    assert f"it looks like {likely}, and is spoken to as generic" in found.differences
    assert not [text for text in judged(load(likely), host, **given).differences if "looks" in text]


def test_a_host_that_only_ends_alike_is_no_sign() -> None:
    """Anybody can call a server notopenrouter.ai."""
    assert judged(load("generic"), "notopenrouter.ai").likely == ()


def test_models_that_the_profile_does_not_know_are_told() -> None:
    """Prices and sizes of a model that isn't served help nobody."""
    served = answer(200, {"data": [{"id": "wan-3.0"}, {"no": "id"}, "odd"]})
    found = judged(load("openai"), models=served)
    assert found.models == ("wan-3.0",)
    assert "it serves none of the models that the profile knows" in found.differences
    known = replace(load("openai"), models={"wan-3.0": Model()})
    assert "models" not in " ".join(judged(known, models=served).differences)


def test_a_web_page_is_not_taken_for_a_videos_api() -> None:
    """The address of a site, without its /v1, answers everything with pages."""
    page = WireAnswer(200, {"content-type": "text/html"}, b"<html>hello</html>")
    same = dict.fromkeys(check.questions(load("generic")), page)
    found = judged(load("generic"), **same)
    assert found.stranger


def test_a_server_that_has_nothing_where_it_should_is_a_stranger() -> None:
    """The studio's own address without its /v1 speaks JSON, and has no list where one should be."""
    nothing = answer(404, {"error": {"message": "Invalid URL"}})
    everywhere = dict.fromkeys(check.questions(load("openai")), nothing)
    assert judged(load("openai"), **everywhere).stranger
    assert not judged(load("openrouter"), **everywhere).stranger  # it has no list to look for


def test_a_key_that_a_server_repeats_is_not_shown() -> None:
    """Not even where it stands for a model."""
    told = answer(body={"data": [{"id": "model-of-sk-secret-key"}]})
    found = judged(load("generic"), models=replace(told, secret=Secret("sk-secret-key")))
    assert found.models == ("model-of-[API key]",)
