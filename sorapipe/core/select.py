"""What an expression such as `+storm tag:hero,state:new` means: a set of shots. Pure.

    expression = term (spaces term)*                union
    term       = atom ("," atom)*                   intersection
    atom       = [[N] "+"] what ["+" [N]]           with all, or N levels, above and below it
    what       = ID | GLOB | "tag:" GLOB | "model:" GLOB | "source:" WORD | "state:" WORD

A number in front of a `+` is always a number of levels: `2+3` is the shot 3 with two levels above,
and the shot 2 with three levels below is `0+2+3`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property

from sorapipe.core import graph
from sorapipe.core.standing import WORDS
from sorapipe.core.storyboard import Frame, Shot
from sorapipe.core.wording import Names, either, shortened

SELECT, EXCLUDE = "--select", "--exclude"
SOURCES = ("reference", "remix", "extend", "edit", "frame", "none")
METHODS = ("tag", "state", "source", "model")

_ATOM = re.compile(r"(?:(?P<up>[0-9]*)\+)?(?P<what>[^+]+)(?:\+(?P<down>[0-9]*))?")
_GLOB = re.compile(r"[*?[]")


class BadSelection(ValueError):
    """An expression that means nothing; `where` is the option that it came with."""

    def __init__(self, where: str, what: str, fix: str) -> None:
        super().__init__(f"{where}: {what}; {fix}")
        self.where, self.what, self.fix = where, what, fix


@dataclass(frozen=True, slots=True)
class Atom:
    """One part of an expression. `up` and `down` are levels: 0 none, None all."""

    option: str
    method: str
    value: str
    up: int | None
    down: int | None


def select(
    include: Sequence[str],
    exclude: Sequence[str],
    shots: Sequence[Shot],
    states: Callable[[str], frozenset[str]],
) -> frozenset[str]:
    """The ids of the shots that any of `include` selects and none of `exclude`.

    No `include` means all. `states` tells the states (`core/standing.WORDS`) of a shot's takes; it
    is asked only where an expression has `state:`.

    Raises:
        BadSelection: an expression cannot be read, names a shot that there is not, or, as the only
            reason that nothing is selected, a tag, a model or a glob that no shot has.
    """
    wanted = [term for text in include for term in _terms(SELECT, text)]
    unwanted = [term for text in exclude for term in _terms(EXCLUDE, text)]
    film = _Film(shots, states)
    for atom in (atom for term in (*wanted, *unwanted) for atom in term):
        film.check(atom)
    taken = film.union(wanted) if include else frozenset(film.edges)
    if not taken:
        film.complain(atom for term in wanted for atom in term)
    return taken - film.union(unwanted)


def _terms(option: str, text: str) -> list[list[Atom]]:
    """A union of intersections."""
    terms = [[_atom(option, part, term) for part in term.split(",")] for term in text.split()]
    if not terms:
        raise BadSelection(option, "an empty expression", "leave the option out to select all")
    return terms


def _atom(option: str, text: str, term: str) -> Atom:
    if not text:
        what = f"nothing stands on one side of a ',' in '{shortened(term)}'"
        raise BadSelection(option, what, "an intersection is written tag:hero,state:new")
    found = _ATOM.fullmatch(text)
    if found is None:
        what = f"cannot read the '+' in '{shortened(text)}'"
        raise BadSelection(option, what, "say +storm, storm+, 2+storm, storm+2 or 2+storm+1")
    method, colon, value = found["what"].partition(":")
    if not colon:
        method, value = "glob" if _GLOB.search(method) else "id", method
    elif method not in METHODS:
        what = f"there is no '{shortened(method)}:' in '{shortened(text)}'"
        known = [f"{name}:" for name in METHODS]
        fix = Names(known).advice(f"{method}:", f"there is {either(known)}")
        raise BadSelection(option, what, fix)
    elif not value:
        raise BadSelection(option, f"nothing stands behind '{method}:'", f"say which {method}")
    words = {"state": WORDS, "source": SOURCES}.get(method, ())
    if words and value not in words:
        what = f"there is no {method} '{shortened(value)}' in '{shortened(text)}'"
        raise BadSelection(option, what, Names(words).advice(value, f"there is {either(words)}"))
    return Atom(option, method, value, _levels(found["up"]), _levels(found["down"]))


def _levels(text: str | None) -> int | None:
    """0 where there is no `+`, None where it has no number, or one that no storyboard is deep."""
    digits = (text or "").lstrip("0")
    return None if text == "" or len(digits) > 9 else int(digits or 0)


def source_word(shot: Shot) -> str:
    """How the shot begins, by what its storyboard says: one of SOURCES but `frame`."""
    if shot.operation != "create":
        return shot.operation
    return "none" if shot.reference is None else "reference"


class _Film:
    """The shots, and what atoms mean among them."""

    def __init__(self, shots: Sequence[Shot], states: Callable[[str], frozenset[str]]) -> None:
        self.shots = shots
        self.states = states
        self.edges = {shot.id: shot.parent for shot in shots}

    def union(self, terms: Iterable[Sequence[Atom]]) -> frozenset[str]:
        """The shots that any term selects."""
        return frozenset[str]().union(*map(self._both, terms))

    def _both(self, term: Sequence[Atom]) -> set[str]:
        first, *others = term
        return self._around(first).intersection(*map(self._around, others))

    def _around(self, atom: Atom) -> set[str]:
        """What the atom names, with as much above and below as it says."""
        named = self.named(atom)
        above = graph.ancestors(self.edges, named, atom.up) if atom.up != 0 else set()
        below = graph.descendants(self.edges, named, atom.down) if atom.down != 0 else set()
        return named | above | below

    def named(self, atom: Atom) -> set[str]:
        """What the atom names by itself."""
        return {atom.value} if atom.method == "id" else set(self._found(atom))

    def _found(self, atom: Atom) -> Iterator[str]:
        like = re.compile(translate(atom.value)).match
        for shot in self.shots:
            match atom.method:
                case "glob":
                    found = like(shot.id) is not None
                case "tag":
                    found = any(map(like, shot.tags))
                case "model":
                    found = like(shot.model) is not None
                case "state":
                    found = atom.value in self.states(shot.id)
                case _:
                    framed = atom.value == "frame" and isinstance(shot.reference, Frame)
                    found = framed or atom.value == source_word(shot)
            if found:
                yield shot.id

    def check(self, atom: Atom) -> None:
        """Raise BadSelection where the atom is the id of no shot."""
        if atom.method == "id" and atom.value not in self.edges:
            what = f"there is no shot '{shortened(atom.value)}'"
            raise BadSelection(atom.option, what, self._advice(atom.value))

    def _advice(self, name: str) -> str:
        """What was probably meant by an id that no shot has."""
        shot = name.partition("@")[0]
        if shot in self.edges:
            return f"shots are selected, not takes; say {shot}"
        if name in self._tags:
            return f"the tag is written tag:{name}"
        begun = [known for known in self.edges if known.startswith(name)]
        if len(begun) > 1:
            return f"'{name}*' selects the {len(begun)} whose ids begin with it"
        return Names(self.edges).advice(name, "'sorapipe list' shows all shots")

    @cached_property
    def _tags(self) -> frozenset[str]:
        return frozenset(tag for shot in self.shots for tag in shot.tags)

    def complain(self, atoms: Iterable[Atom]) -> None:
        """Raise BadSelection for the first that no shot of this storyboard could ever meet."""
        nouns = {"glob": "an id like", "tag": "the tag", "model": "the model"}
        models = {shot.model for shot in self.shots}
        for atom in (atom for atom in atoms if atom.method in nouns and not self.named(atom)):
            what = f"no shot has {nouns[atom.method]} '{shortened(atom.value)}'"
            known = {"glob": self.edges, "tag": self._tags, "model": models}[atom.method]
            near = Names(sorted(known)).advice(atom.value, "'sorapipe list' shows all shots")
            raise BadSelection(atom.option, what, near)
