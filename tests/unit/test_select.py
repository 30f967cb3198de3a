from __future__ import annotations

import pytest

from sorapipe.core.select import BadSelection, select, source_word
from sorapipe.core.storyboard import Frame, Picture, Shot, Upload

SHOTS = [
    Shot(id="dawn", prompt="", tags=("hero", "b roll"), reference=Picture("dawn.png")),
    Shot(id="storm", prompt="", tags=("hero",), remix_of="dawn"),
    Shot(id="calm", prompt="", remix_of="storm"),
    Shot(id="2", prompt="", extend_of="calm"),
    Shot(id="3", prompt="", reference=Frame("2", "last")),
    Shot(id="x-1", prompt="", model="sora-2-pro"),
    Shot(id="x-2", prompt="", edit_of="x-1", tags=("night",)),
    Shot(id="X-3", prompt="", reference=Upload("file_1")),
]
STATES = {"dawn": {"kept"}, "storm": {"kept", "new"}, "calm": {"stale"}, "x-2": {"failed"}}


def states(shot: str) -> frozenset[str]:
    """Where the takes of the shots above stand."""
    return frozenset(STATES.get(shot, {"new"}))


def selected(*include: str, exclude: tuple[str, ...] = ()) -> str:
    """The shots, in the order of the storyboard."""
    found = select(include, exclude, SHOTS, states)
    return " ".join(shot.id for shot in SHOTS if shot.id in found)


@pytest.mark.parametrize(
    ("expression", "shots"),
    [
        ("storm", "storm"),
        ("x-*", "x-1 x-2"),
        ("[xX]-?", "x-1 x-2 X-3"),
        ("[!a-z]*", "2 3 X-3"),
        ("*", "dawn storm calm 2 3 x-1 x-2 X-3"),
        ("tag:hero", "dawn storm"),
        ("tag:b?roll", "dawn"),
        ("tag:n*", "x-2"),
        ("model:sora-2-pro", "x-1"),
        ("model:sora-2", "dawn storm calm 2 3 x-2 X-3"),
        ("model:sora-2*", "dawn storm calm 2 3 x-1 x-2 X-3"),
        ("source:none", "x-1"),
        ("source:reference", "dawn 3 X-3"),
        ("source:frame", "3"),
        ("source:remix", "storm calm"),
        ("source:extend", "2"),
        ("source:edit", "x-2"),
        ("state:new", "storm 2 3 x-1 X-3"),
        ("state:kept", "dawn storm"),
        ("state:stale", "calm"),
        ("state:failed", "x-2"),
        ("state:unknown", ""),
        ("+storm", "dawn storm"),
        ("storm+", "storm calm 2 3"),
        ("+calm+", "dawn storm calm 2 3"),
        ("1+calm", "storm calm"),
        ("calm+1", "calm 2"),
        ("1+calm+1", "storm calm 2"),
        ("0+calm+0", "calm"),
        ("99999999999999999999+3", "dawn storm calm 2 3"),
        ("1+tag:hero,state:new", "storm"),
        ("tag:night x-1", "x-1 x-2"),
        ("1+source:frame", "2 3"),
    ],
)
def test_what_an_expression_means(expression: str, shots: str) -> None:
    """Each atom, by itself and with levels, selects these and no others."""
    assert selected(expression) == shots


@pytest.mark.parametrize(
    ("expression", "shots"),
    [("2+3", "calm 2 3"), ("2+", "2 3"), ("+2", "dawn storm calm 2"), ("0+2+3", "2 3")],
)
def test_a_number_before_a_plus_is_always_levels(expression: str, shots: str) -> None:
    """Where an id is a number as well, `2+3` is the shot 3, and a name alone is a name."""
    assert selected(expression) == shots


@pytest.mark.parametrize(
    ("include", "exclude", "shots"),
    [
        ((), (), "dawn storm calm 2 3 x-1 x-2 X-3"),
        (("dawn", "calm"), (), "dawn calm"),
        (("dawn calm",), (), "dawn calm"),
        (("storm x-*,tag:night",), (), "storm x-2"),
        (("tag:hero,source:remix dawn",), (), "dawn storm"),
        (("storm+",), ("calm+",), "storm"),
        ((), ("storm+", "x-* X-*"), "dawn"),
        (("dawn",), ("*",), ""),
        (("dawn",), ("tag:wip q* model:other",), "dawn"),
        (("tag:wip dawn",), (), "dawn"),
        (("tag:hero,source:edit",), (), ""),
        ((" \n dawn\t",), (), "dawn"),
    ],
)
def test_union_binds_loosest_and_what_is_excluded_goes_last(
    include: tuple[str, ...], exclude: tuple[str, ...], shots: str
) -> None:
    """Options and spaces unite, a comma intersects first, and --exclude takes away from all."""
    assert selected(*include, exclude=exclude) == shots


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("strom", "there is no shot 'strom'; did you mean 'storm'?"),
        ("x", "there is no shot 'x'; 'x*' selects the 2 whose ids begin with it"),
        ("storm@2", "there is no shot 'storm@2'; shots are selected, not takes; say storm"),
        ("hero", "there is no shot 'hero'; the tag is written tag:hero"),
        ("9", "there is no shot '9'; 'sorapipe list' shows all shots"),
        ("dawn,+nobody", "there is no shot 'nobody'; 'sorapipe list' shows all shots"),
        ("tag:hreo", "no shot has the tag 'hreo'; did you mean 'hero'?"),
        ("storm,tag:hreo", "no shot has the tag 'hreo'; did you mean 'hero'?"),
        ("model:sora-3", "no shot has the model 'sora-3'; did you mean 'sora-2'?"),
        ("q*", "no shot has an id like 'q*'; 'sorapipe list' shows all shots"),
        ("state:old", "there is no state 'old' in 'state:old'; there is new, stale, failed"),
        ("state:staled", "there is no state 'staled' in 'state:staled'; did you mean 'stale'?"),
        ("+source:remx", "there is no source 'remx' in '+source:remx'; did you mean 'remix'?"),
        ("tags:hero", "there is no 'tags:' in 'tags:hero'; did you mean 'tag:'?"),
        ("who:me", "there is no 'who:' in 'who:me'; there is tag:, state:, source: or model:"),
        ("state:", "nothing stands behind 'state:'; say which state"),
        ("+tag:+", "nothing stands behind 'tag:'; say which tag"),
        ("dawn,,calm", "nothing stands on one side of a ',' in 'dawn,,calm'; an intersection"),
        ("dawn, calm", "nothing stands on one side of a ',' in 'dawn,'; an intersection"),
        ("dawn+calm", "cannot read the '+' in 'dawn+calm'; say +storm, storm+"),
        ("dawn++", "cannot read the '+' in 'dawn++'; say +storm, storm+"),
        ("+", "cannot read the '+' in '+'; say +storm, storm+"),
        ("", "an empty expression; leave the option out to select all"),
        ("  ", "an empty expression; leave the option out to select all"),
    ],
)
def test_what_means_nothing_is_told_with_what_would_be_right(expression: str, fault: str) -> None:
    """A slip of the finger selects neither nothing nor everything: it is an error."""
    with pytest.raises(BadSelection) as raised:
        selected(expression)
    assert str(raised.value).startswith(f"--select: {fault}")


def test_a_fault_names_the_option_that_it_came_with() -> None:
    """What cannot be read or does not exist is told of --exclude as well."""
    with pytest.raises(BadSelection, match=r"^--exclude: there is no shot 'strom'"):
        selected("dawn", exclude=("strom",))


def test_states_are_asked_only_where_an_expression_has_them() -> None:
    """Without `state:` nobody has to know where takes stand."""

    def nobody(shot: str) -> frozenset[str]:
        raise AssertionError(shot)

    assert select(["+storm tag:hero"], ["source:edit"], SHOTS, nobody) == {"dawn", "storm"}


def test_a_shot_that_starts_from_a_frame_starts_from_a_reference() -> None:
    """A shot has one word for its source, whether or not the picture is another shot's."""
    words = [source_word(shot) for shot in SHOTS]
    assert words == [
        *("reference", "remix", "remix", "extend"),
        *("reference", "none", "edit", "reference"),
    ]


def test_a_chain_of_20_000_shots_is_no_deeper_than_any_other() -> None:
    """Levels are walked and not called: no depth is too deep."""
    last = 20_000
    shots = [
        Shot(id=str(n), prompt="", remix_of=str(n - 1) if n else None) for n in range(last + 1)
    ]
    found = select([f"+{last} 0+1000+1000"], ["+tag:x *7", "500+"], shots, states)
    assert len(found) == sum(n % 10 != 7 for n in range(500))
