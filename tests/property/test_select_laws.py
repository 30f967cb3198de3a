"""The selector against sets made the naive way, from what was meant rather than from the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sorapipe.core.select import BadSelection, select
from sorapipe.core.standing import WORDS
from sorapipe.core.storyboard import Frame, Picture, Shot, Upload

IDS = ["1", "2", "10", "a", "a-1", "a.b", "A", "storm", "storm_2", "x", "x-10", "z"]
TAGS = ["hero", "a b", "c+d", "tag:x", "e,f"]
MODELS = ["sora-2", "sora-2-pro", "wan:2.1/t2v"]
GLOBS = ["*", "?", "a*", "*1*", "[ax]", "[!a]*", "*.?", "st*m", "q*", "sora-2*", "?????", "*:*"]
SOURCES = ["reference", "remix", "extend", "edit", "frame", "none"]


@dataclass(frozen=True)
class Part:
    """An atom as it is meant; levels are None for all, 0 for none."""

    method: str
    value: str
    up: int | None
    down: int | None

    @property
    def text(self) -> str:
        """As it is written; a number before `+3` would be levels, unless it has some already."""
        name = self.value if self.method == "id" else f"{self.method}:{self.value}"
        name = name.removeprefix("glob:")
        above = {None: "+", 0: ""}.get(self.up, f"{self.up}+")
        below = {None: "+", 0: ""}.get(self.down, f"+{self.down}")
        clash = name.isdigit() and self.up == 0 and self.down not in (None, 0)
        return ("0+" if clash else above) + name + below


@dataclass(frozen=True)
class Film:
    """Shots, and the states of their takes."""

    shots: list[Shot]
    states: dict[str, frozenset[str]]

    def means(self, expressions: list[list[list[Part]]]) -> set[str]:
        return {
            shot.id
            for shot in self.shots
            for terms in expressions
            for term in terms
            if all(shot.id in self.part(part) for part in term)
        }

    def part(self, part: Part) -> set[str]:
        named = {shot.id for shot in self.shots if self.is_named(shot, part)}
        reached = set(named)
        for name in named:
            reached |= self.above(name, part.up) | self.below(name, part.down)
        return reached

    def above(self, name: str, levels: int | None) -> set[str]:
        (parent,) = (shot.parent for shot in self.shots if shot.id == name)
        if levels == 0 or parent is None:
            return set()
        return {parent} | self.above(parent, None if levels is None else levels - 1)

    def below(self, name: str, levels: int | None) -> set[str]:
        if levels == 0:
            return set()
        children = {shot.id for shot in self.shots if shot.parent == name}
        deeper = (self.below(one, None if levels is None else levels - 1) for one in children)
        return children.union(*deeper)

    def is_named(self, shot: Shot, part: Part) -> bool:
        checks: dict[str, Callable[[], bool]] = {
            "id": lambda: shot.id == part.value,
            "glob": lambda: like(part.value, shot.id),
            "tag": lambda: any(like(part.value, tag) for tag in shot.tags),
            "model": lambda: like(part.value, shot.model),
            "state": lambda: part.value in self.states[shot.id],
            "source": lambda: part.value in sources(shot),
        }
        return checks[part.method]()


def sources(shot: Shot) -> set[str]:
    """Every word for what the shot starts from."""
    said = {"remix": shot.remix_of, "extend": shot.extend_of, "edit": shot.edit_of}
    found = {word for word, value in said.items() if value}
    if shot.reference is not None:
        found |= {"reference", "frame"} if isinstance(shot.reference, Frame) else {"reference"}
    return found or {"none"}


def like(glob: str, text: str) -> bool:
    """Whether the text is as the glob says, a sign at a time."""
    if not glob:
        return not text
    if glob[0] == "*":
        return like(glob[1:], text) or (bool(text) and like(glob, text[1:]))
    if not text:
        return False
    if glob[0] == "[":
        inside, _, rest = glob[1:].partition("]")
        wanted = (text[0] not in inside[1:]) if inside[0] == "!" else (text[0] in inside)
        return wanted and like(rest, text[1:])
    return glob[0] in ("?", text[0]) and like(glob[1:], text[1:])


@st.composite
def any_film(draw: st.DrawFn) -> Film:
    """A forest of shots with any sources, tags and states; children may stand before parents."""
    ids = draw(st.lists(st.sampled_from(IDS), min_size=1, unique=True))
    shots = [_shot(draw, name, ids[:at]) for at, name in enumerate(ids)]
    states = {name: draw(st.frozensets(st.sampled_from(WORDS), min_size=1)) for name in ids}
    return Film(draw(st.permutations(shots)), states)


def _shot(draw: st.DrawFn, name: str, above: list[str]) -> Shot:
    key = draw(st.sampled_from(["remix_of", "extend_of", "edit_of", "frame", "picture", "none"]))
    more: dict[str, Any] = {}
    if key == "picture":
        more["reference"] = draw(st.sampled_from([Picture("a.png"), Upload("file_1")]))
    elif key != "none" and above:
        parent = draw(st.sampled_from(above))
        more = {"reference": Frame(parent, "last")} if key == "frame" else {key: parent}
    tags = tuple(draw(st.lists(st.sampled_from(TAGS), max_size=2, unique=True)))
    return Shot(id=name, prompt="", tags=tags, model=draw(st.sampled_from(MODELS)), **more)


def parts(film: Film) -> st.SearchStrategy[Part]:
    """Any atom that can be written; ids are of this film."""
    plain = [tag for tag in TAGS if not set(tag) & set(" ,+")]
    values = {
        "id": [shot.id for shot in film.shots],
        "glob": [glob for glob in GLOBS if ":" not in glob],
        "tag": [*plain, *GLOBS, "a?b", "c?d"],
        "model": [*MODELS, *GLOBS],
        "state": list(WORDS),
        "source": SOURCES,
    }
    named = [(method, value) for method, found in values.items() for value in found]
    levels = st.sampled_from([0, 0, 0, None, 1, 2, 3])
    return st.builds(
        lambda name, up, down: Part(*name, up, down), st.sampled_from(named), levels, levels
    )


def written(terms: list[list[Part]], space: str) -> str:
    """The expression as text."""
    return space.join(",".join(part.text for part in term) for term in terms)


@settings(deadline=None)
@given(st.data())
def test_an_expression_means_what_naive_sets_say(data: st.DataObject) -> None:
    """Unions, intersections, levels and what is taken away agree; only words nobody has are told.

    They are told where they are why nothing at all is selected.
    """
    film = data.draw(any_film())
    terms = st.lists(parts(film), min_size=1, max_size=3)
    expressions = st.lists(st.lists(terms, min_size=1, max_size=3), max_size=2)
    include, exclude = data.draw(expressions), data.draw(expressions)
    space = data.draw(st.sampled_from([" ", "  ", "\n", "\t "]))
    texts = [[written(terms, space) for terms in said] for said in (include, exclude)]
    wanted = film.means(include) if include else {shot.id for shot in film.shots}
    naming = ("glob", "tag", "model")
    said = [part for terms in include for term in terms for part in term if part.method in naming]
    if not wanted and any(not film.part(part) for part in said):
        with pytest.raises(BadSelection):
            select(*texts, film.shots, film.states.__getitem__)
    else:
        found = select(*texts, film.shots, film.states.__getitem__)
        assert found == wanted - film.means(exclude)


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="a1+,: *?[]!tag-state@é", max_size=12))
def test_any_text_is_a_selection_or_is_refused_with_a_remedy(text: str) -> None:
    """Nothing that can be typed breaks the selector."""
    shots = [Shot(id="a", prompt="", tags=("t",)), Shot(id="1", prompt="", remix_of="a")]
    fault = None
    try:
        found = select([text], [], shots, lambda _: frozenset({"new"}))
    except BadSelection as error:
        found, fault = frozenset(), error
    assert found <= {"a", "1"}
    assert fault is None or (fault.where == "--select" and fault.what and fault.fix)
