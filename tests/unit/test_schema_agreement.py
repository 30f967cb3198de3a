"""The schema and the dataclasses say the same, both ways."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, get_args

from sorapipe import schema
from sorapipe.core import expand, rows
from sorapipe.core.storyboard import Fallback, Fit, Frame, FrameName, Shot, Storyboard, Upload
from sorapipe.schema_faults import SOURCES

WHOLE = schema.schema("storyboard")
SHOT = WHOLE["$defs"]["shot"]
NOT_SAID = {"length", "path"}  # a shot's fields that follow from others and from the document
NOT_KEPT = {"defaults", "each"}  # keys whose work is done when there is a Storyboard


def keys(kind: type[Any]) -> dict[str, Any]:
    """The fields of a dataclass as keys of YAML, with their defaults."""
    found = {}
    for field in fields(kind):
        default = field.default
        if field.default_factory is not MISSING:
            default = field.default_factory()
        found[field.name.replace("_", "-")] = default
    return found


def test_keys_of_a_shot() -> None:
    """Every key of a shot is a field, and every field a key."""
    assert SHOT["properties"].keys() - NOT_KEPT == keys(Shot).keys() - NOT_SAID


def test_keys_of_a_storyboard() -> None:
    """Every key of a storyboard is a field, and every field a key."""
    assert WHOLE["properties"].keys() - NOT_KEPT == keys(Storyboard).keys()


def test_defaults_are_the_same() -> None:
    """What the schema calls the default is the dataclass's; where it names none, there is none."""
    for properties, kind in ((WHOLE["properties"], Storyboard), (SHOT["properties"], Shot)):
        for key, default in keys(kind).items():
            if key in NOT_SAID or default is MISSING:
                continue
            said = properties[key].get("default")
            assert said == (list(default) if default == () else default) or (
                said is None and default in ((), {}, None)
            ), key


def test_required_keys_have_no_default() -> None:
    """What must be said has no default, but for the prompt, which `defaults` may say."""
    required = {key for key, default in keys(Shot).items() if default is MISSING}
    assert set(SHOT["required"]) == required - {"prompt"}
    assert set(WHOLE["required"]) == {k for k, v in keys(Storyboard).items() if v is MISSING}


def test_words_to_choose_from_are_the_same() -> None:
    """The enums are the literals of the dataclasses, in the same order."""
    properties = SHOT["properties"]
    assert tuple(properties["fit"]["enum"]) == get_args(Fit)
    assert tuple(properties["fallback"]["enum"]) == get_args(Fallback)
    assert tuple(properties["reference"]["properties"]["frame"]["enum"]) == get_args(FrameName)


def test_kinds_of_references() -> None:
    """The keys of a reference are the fields of its dataclasses."""
    known = keys(Frame).keys() | keys(Upload).keys()
    assert SHOT["properties"]["reference"]["properties"].keys() == known


def test_defaults_may_hold_all_but_names_and_sources() -> None:
    """`defaults` has a shot's keys but `id`, `each`, `file` and the sources, by the same rules."""
    properties = WHOLE["properties"]["defaults"]["properties"]
    assert properties.keys() == SHOT["properties"].keys() - {"id", "each", "file", *SOURCES}
    assert all(properties[key] == SHOT["properties"][key] for key in properties)


def test_what_a_child_may_not_say_is_what_it_inherits() -> None:
    """The keys that the schema denies to a remix, an edit and an extension come from the parent."""
    for source, inherited in expand.INHERITED.items():
        denied = SHOT["dependentSchemas"][source]["properties"].keys() - set(SOURCES)
        assert denied == inherited


def test_limits_are_the_same() -> None:
    """A number from a variable is held to the same limits as one that is written down."""
    for key, (least, most) in expand.LIMITS.items():
        rules = SHOT["properties"][key]
        assert rules.get("minimum", rules.get("exclusiveMinimum")) == least
        assert rules["maximum"] == most
    longest = {
        "prompt": SHOT["properties"]["prompt"],
        "model": SHOT["properties"]["model"],
        "tags": SHOT["properties"]["tags"]["items"],
        "reference": SHOT["properties"]["reference"]["properties"]["file-id"],
    }
    assert {key: rules["maxLength"] for key, rules in longest.items()} == expand.LONGEST


def test_fields_of_rows_have_the_same_names_in_the_schema_and_in_files() -> None:
    """What may name a field in the storyboard may name a column, and nothing else."""
    each = SHOT["properties"]["each"]
    for rules in (each, each["items"], each["properties"]["include"]["items"]):
        assert set(rules["propertyNames"]["not"]["enum"]) == rows.TAKEN
    assert set(each["properties"]) == set(rows.BESIDE)
