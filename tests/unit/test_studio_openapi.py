"""The studio's OpenAPI document: whole, well formed, and of the same operations as the app."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from sorapipe.studio.openapi import document
from sorapipe.studio.rules import MODELS, Rules
from sorapipe.studio.studio import Studio

STRICT, LENIENT = document(Rules(strict=True)), document(Rules(strict=False))
DESCRIBING = {"/openapi.json", "/v1/openapi.json"}


def schemas(part: Any) -> Iterator[dict[str, Any]]:
    """Every JSON Schema in that part of a document."""
    if isinstance(part, dict):
        for name, inner in part.items():
            if name == "schema":
                yield inner
            elif name == "schemas":
                yield from inner.values()
            else:
                yield from schemas(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from schemas(inner)


def test_every_route_stands_in_the_document_and_the_other_way_round() -> None:
    """Paths and methods are those that the app itself allows."""

    async def allowed() -> dict[str, set[str]]:
        studio = Studio(None, strict=True)
        transport = httpx.ASGITransport(app=studio.app)
        async with studio, httpx.AsyncClient(transport=transport, base_url="http://s") as client:
            found = {}
            for route in studio.app.routes:
                answer = await client.patch(re.sub(r"\{.*?\}", "x", route.path))
                assert answer.status_code == 405
                found[route.path] = set(answer.headers["allow"].split(", "))
            return found

    told = {
        f"/v1{path}": {method.upper() for method in item if method != "parameters"}
        for path, item in STRICT["paths"].items()
    }
    routes = asyncio.run(allowed())
    assert {path: routes.pop(path) for path in DESCRIBING} == {path: {"GET"} for path in DESCRIBING}
    assert told == routes


@pytest.mark.parametrize("whole", [STRICT, LENIENT])
def test_every_reference_leads_somewhere(whole: dict[str, Any]) -> None:
    """What is referred to is there, nothing is there for nobody, and links name operations."""
    text = json.dumps(whole)
    parts = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses")
        for name in whole["components"][kind]
    }
    assert set(re.findall(r'"\$ref": "(.*?)"', text)) == parts
    names = re.findall(r'"operationId": "(\w+)"', text)
    operations = [
        operation["operationId"]
        for item in whole["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]
    assert len(operations) == len(set(operations))
    assert set(names) == set(operations)


@pytest.mark.parametrize("whole", [STRICT, LENIENT])
def test_every_schema_is_one(whole: dict[str, Any]) -> None:
    """Each is a valid JSON Schema 2020-12, as OpenAPI 3.1 has them."""
    found = list(schemas(whole))
    assert len(found) > 20
    for schema in found:
        Draft202012Validator.check_schema(schema)


def test_strict_choices_are_those_of_the_rules() -> None:
    """What the strict document lets one choose is what strict rules take, and no other."""
    rules = Rules(strict=True)
    fields = STRICT["paths"]["/videos"]["post"]["requestBody"]["content"]["application/json"]
    taken = {
        name: kind.get("anyOf", [kind])[0] for name, kind in fields["schema"]["properties"].items()
    }
    assert taken["model"]["enum"] == list(MODELS)
    assert set(taken["size"]["enum"]) == {size for sizes in MODELS.values() for size in sizes}
    assert [rules.seconds(length) for length in taken["seconds"]["enum"]] == [
        "4", "8", "12", "16", "20", "4", "8", "12", "16", "20",
    ]  # fmt: skip
    assert taken["model"]["default"] == rules.model(None)
    assert taken["size"]["default"] == rules.size(None, "sora-2")
    assert taken["seconds"]["default"] == rules.seconds(None)


@pytest.mark.parametrize("side", [15, 16, 17, 18, 99, 100, 998, 1000, 1001, 4094, 4096, 4098, 9998])
def test_lenient_sizes_are_those_of_the_rules(side: int) -> None:
    """The pattern takes the same sides as the rule."""
    fields = LENIENT["paths"]["/videos"]["post"]["requestBody"]["content"]["multipart/form-data"]
    pattern = fields["schema"]["properties"]["size"]["pattern"]
    good = side % 2 == 0 and 16 <= side <= 4096
    assert bool(re.search(pattern, f"{side}x64")) == bool(re.search(pattern, f"64x{side}")) == good
