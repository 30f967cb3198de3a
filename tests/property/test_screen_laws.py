from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sorapipe import schema
from sorapipe.core.screen import passes, passes_head

SHOT = schema.schema("storyboard")["$defs"]["shot"]
VALIDATOR = Draft202012Validator(SHOT)
WHOLE = schema.schema("storyboard")
HEAD_VALIDATOR = Draft202012Validator(
    {**WHOLE, "properties": {**WHOLE["properties"], "shots": {"type": "array", "minItems": 1}}}
)
VALUES = (
    st.sampled_from(
        ["", "a", "x" * 201, "x" * 1001, "x" * 32_001, "1280x720", "1280x720\n", "{x}", "8s",
         0, 1, -1, 8.0, 1000, 1001, 3600, 3601, 2**31, 2**31 - 1, True, False, None,
         [], ["a"], [""], [1], {}, {"a": 1}, "exact", {"shot": "a", "frame": "last"},
         {"shot": "a", "frame": "lost"}, {"shot": "a"}, {"file-id": "f"}, 0.5, float("nan"),
         {"prompt": "p"}, {"id": "x"}, {"fit": "cover"}, {"take": "x"}, {"a-b": "x"},
         [{"a": "x", "prompt": 1.5}], [{"take": 1}], [{"a-b": 1}], [{"a": None}], [{"a": []}], [{}],
         {"a": ["x", 1, True]}, {"a": []}, {"a": [None]}, {"index": ["x"]}, {"exclude": [{"a": 1}]},
         {"a": ["x"], "include": [{"b": "y"}]}, {"a": ["x"], "include": ["y"]}, {"include": []}]
    )
    | st.text(max_size=5)
    | st.integers(-1, 5000)
)  # fmt: skip
SHOTS = st.dictionaries(st.sampled_from([*SHOT["properties"], "promt"]), VALUES, max_size=5).map(
    lambda shot: {"id": "a", "prompt": "b", **shot}
)


@settings(deadline=None)
@given(SHOTS | st.dictionaries(st.sampled_from(["id", "prompt", "takes"]), VALUES) | VALUES)
@example({"id": "a", "remix-of": "b", "size": "1x1"})
@example({"id": "a", "remix-of": "b", "edit-of": "c"})
@example({"prompt": "b"})
@example({"id": "a", "each": {"a\n": ["x"]}})
@example({"id": "a", "each": {"include": ["x"]}})
@example({"id": "a", "each": [{"a": float("nan")}]})
@example({"id": "a", "each": ""})
def test_the_screen_lets_through_only_what_the_schema_does(shot: object) -> None:
    """A shot that passes needs no jsonschema: it would find nothing."""
    if passes(shot):
        assert VALIDATOR.is_valid(shot)


def test_the_screen_lets_ordinary_shots_through() -> None:
    """Else it would save nothing."""
    assert passes({"id": "a", "prompt": "b"})
    assert passes({"id": "a", "prompt": "b", "seconds": 8, "size": "1280x720", "tags": ["x"]})
    assert passes({"id": "a", "prompt": "b", "remix-of": "c", "takes": 2})
    for each in ("a.txt", [{"a": "x", "b": 1}], {"a": ["x", 2], "exclude": [{"a": "x"}]}):
        assert passes({"id": "a", "prompt": "b", "each": each})


HEAD = st.dictionaries(st.sampled_from([*WHOLE["properties"], "titel"]), VALUES, max_size=5)


@settings(deadline=None)
@given(HEAD.map(lambda head: {"shots": [{}], **head}) | HEAD | VALUES)
@example({"shots": [], "version": 1})
@example({"shots": [{}], "version": True})
@example({"shots": [{}], "budget": float("nan")})
@example({"shots": [{}], "provider": "local\n"})
@example({"shots": [{}], "vars": {"x\n": "y"}})
@example({"shots": [{}], "defaults": {"reference": "a.png"}})
@example({"shots": [{}], "defaults": {"each": "a.txt"}})
def test_the_screen_lets_through_only_heads_that_the_schema_does(storyboard: object) -> None:
    """All but the shots' own contents is as good as the schema wants it, or held back."""
    if passes_head(storyboard):
        assert HEAD_VALIDATOR.is_valid(storyboard)


def test_the_screen_lets_ordinary_heads_through() -> None:
    """Else every command would import jsonschema."""
    defaults = {"seconds": 4, "size": "1280x720"}
    head = {"version": 1, "title": "T", "provider": "local", "budget": 2.5, "vars": {"a": "b"}}
    assert passes_head({**head, "defaults": defaults, "shots": [{}]})
