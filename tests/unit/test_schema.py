from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sorapipe import schema
from sorapipe.errors import UsageError
from sorapipe.yaml_events import BROKEN

SHOT = {"id": "a", "prompt": "b"}


def told(data: Any) -> list[str]:
    """What the schema holds against the data."""
    return [fault.what for fault in schema.storyboard_faults(data, BROKEN, ())]


def test_the_text_is_the_file() -> None:
    """`text` gives the schema as it was written, which is a good JSON Schema 2020-12."""
    document = json.loads(schema.text("storyboard"))
    Draft202012Validator.check_schema(document)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "storyboard" in schema.names()


def test_an_unknown_schema_is_a_usage_error() -> None:
    """The error names the schemas there are."""
    with pytest.raises(UsageError, match=r"no schema has this name; there are .*storyboard"):
        schema.text("../storyboard")


def test_every_key_has_help_and_every_example_is_good() -> None:
    """An editor can show a title, a description and an example for each key; the examples hold."""
    seen = 0

    def walk(part: Any) -> None:
        nonlocal seen
        for name, inner in part.get("properties", {}).items():
            if inner == {"not": {}}:
                continue
            seen += 1
            assert inner["title"], name
            assert inner["description"].endswith("."), name
            validator = Draft202012Validator(inner)
            for example in inner.get("examples", ()):
                validator.validate(example)
            if "default" in inner:
                validator.validate(inner["default"])
            walk(inner)

    document = schema.schema("storyboard")
    walk(document)
    walk(document["$defs"]["shot"])
    assert seen > 30
    for example in document["$defs"]["shot"]["examples"]:
        assert told({"shots": [example]}) == []


def test_the_schema_says_nothing_that_is_the_servers() -> None:
    """No list of models, sizes or lengths: those are a profile's data."""
    properties = schema.schema("storyboard")["$defs"]["shot"]["properties"]
    for key in ("model", "size", "seconds"):
        assert "enum" not in properties[key]
    assert re.search(properties["size"]["pattern"], "9999x1000")


def test_a_broken_value_is_not_judged_again() -> None:
    """What the reader has told already is passed over, and so is what `<<` would have added."""
    broken = {"id": BROKEN, "prompt": BROKEN, "size": BROKEN, "tags": [BROKEN], "fit": BROKEN,
              "reference": BROKEN}  # fmt: skip
    assert told({"version": BROKEN, "shots": [broken, BROKEN]}) == []
    assert told({"shots": BROKEN}) == []
    merged: dict[str, Any] = {}
    assert schema.storyboard_faults({"shots": [merged]}, BROKEN, {id(merged)}) == []


def test_a_misspelt_key_is_not_missed_as_well() -> None:
    """One slip is one line: 'ide' is unknown, and 'id' is not said to be missing."""
    assert told({"shots": [{"ide": "a", "prompt": "b"}]}) == ["unknown key 'ide' in shot 1"]


def test_a_judgement_of_one_shot_is_that_of_the_whole() -> None:
    """Shots are judged one by one, and as strictly as the whole schema does."""
    whole = Draft202012Validator(json.loads(schema.text("storyboard")))
    for shot in (SHOT, {**SHOT, "takes": 0}, {**SHOT, "remix-of": "x", "size": "1x1"}, {}, 3):
        data = {"shots": [SHOT, shot]}
        assert (told(data) == []) == whole.is_valid(data)
