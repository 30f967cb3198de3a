"""What can only be seen with all the shots side by side: ids, edges, what is inherited, files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sorapipe.core import graph
from sorapipe.core.names import caseless, file_names
from sorapipe.core.request import canonical
from sorapipe.core.said import Draft
from sorapipe.core.storyboard import Frame, Shot
from sorapipe.core.wording import Fault, Names, Path, shortened

_FILE_KEYS = frozenset(("id", "prompt", "file", "takes"))


def check(drafts: list[Draft], case_insensitive: bool = False) -> tuple[list[Shot], list[Fault]]:
    """The shots in the document's order, each with what it has from its parent; and the faults.

    `case_insensitive` says that the output's file system can't tell `Dawn.mp4` from `dawn.mp4`.
    """
    faults: list[Fault] = []
    by_id = _unique(drafts, faults)
    edges = _edges(drafts, by_id, faults)
    _tell_cycles(edges, by_id, faults)
    order = graph.order(edges)
    for name in order:
        _inherit(by_id[name], by_id.get(edges[name] or ""), faults)
    same = _files(
        [by_id[name] for name in order if by_id[name].spoilt.isdisjoint(_FILE_KEYS)],
        case_insensitive,
        faults,
    )
    for name, first in same.items():
        tags = dict.fromkeys((*by_id[first].shot.tags, *by_id[name].shot.tags))
        by_id[first].shot = replace(by_id[first].shot, tags=tuple(tags))
    shots = [_renamed(draft.shot, same) for name, draft in by_id.items() if name not in same]
    return shots, faults


def parent_path(shot: Shot) -> Path:
    """The path in the document of the shot's parent's id."""
    if isinstance(shot.reference, Frame):
        return (*shot.path, "reference", "shot")
    key = "remix-of" if shot.remix_of else "edit-of" if shot.edit_of else "extend-of"
    return (*shot.path, key)


def _unique(drafts: list[Draft], faults: list[Fault]) -> dict[str, Draft]:
    """The drafts by id; the second of two with one id is told and left out."""
    by_id: dict[str, Draft] = {}
    for draft in drafts:
        name = draft.shot.id
        if not name or "id" in draft.spoilt:
            # still to be known by its children, under a name that no other can have
            by_id.setdefault(name or f"/{draft.shot.path}", draft)
        elif name in by_id:
            faults.append(_clash(draft, by_id[name], "id", f"two shots have the id '{name}'"))
        else:
            by_id[name] = draft
    return by_id


def _edges(
    drafts: list[Draft], by_id: Mapping[str, Draft], faults: list[Fault]
) -> dict[str, str | None]:
    """Child to parent; a parent that does not exist is told, and counts as none."""
    known = Names(draft.shot.id for draft in by_id.values() if draft.shot.id)
    edges: dict[str, str | None] = {}
    kept = {id(draft): name for name, draft in by_id.items()}
    unclear = any("each" in draft.spoilt for draft in drafts)  # it may be one of those
    for draft in drafts:
        parent = draft.shot.parent
        if parent is not None and parent not in by_id:
            path = parent_path(draft.shot)
            if str(path[2]) not in draft.spoilt and not unclear:
                what = f"no shot has the id '{shortened(parent)}'"
                fix = known.advice(parent, "correct the id, or add the shot")
                faults.append(Fault(path, what, fix, which=draft.which, alike="parent"))
            draft.spoilt |= {"model", "size", "seconds"}
            parent = None
        if id(draft) in kept:
            edges[kept[id(draft)]] = parent
    return edges


def _tell_cycles(
    edges: Mapping[str, str | None], by_id: Mapping[str, Draft], faults: list[Fault]
) -> None:
    for circle in graph.cycles(edges):
        names = [by_id[name].shot.id for name in (*circle, circle[0])]
        if len(names) > 12:
            names[6:-5] = ["..."]
        what = f"shots that start from each other: {' -> '.join(names)}"
        if len(circle) == 1:
            what = f"a shot that starts from itself: {' -> '.join(names)}"
        first = by_id[circle[0]]
        fix = "let one start from another shot"
        faults.append(Fault(parent_path(first.shot), what, fix, which=first.which))


def _inherit(child: Draft, parent: Draft | None, faults: list[Fault]) -> None:
    """Give the child what it has from its parent; parents come before children."""
    if parent is None:
        return
    shot, above = child.shot, parent.shot
    if isinstance(shot.reference, Frame):
        _check_frame(child, parent, faults)
        return
    if shot.extend_of is not None:
        child.shot = replace(
            shot, model=above.model, size=above.size, length=above.length + shot.seconds
        )
    else:
        child.shot = replace(
            shot, model=above.model, size=above.size, seconds=above.length, length=above.length
        )
    child.spoilt |= parent.spoilt & {"model", "size", "seconds"}


def _check_frame(child: Draft, parent: Draft, faults: list[Fault]) -> None:
    shot, above = child.shot, parent.shot
    unclear = (child.spoilt & {"size", "fit", "reference"}) | (parent.spoilt & {"size"})
    if shot.fit == "exact" and shot.size != above.size and not unclear:
        what = f"the frame of '{above.id}' is {above.size}, and shot '{shot.id}' is {shot.size}"
        path, fix = (*shot.path, "reference"), "say 'fit: cover' or 'fit: contain'"
        faults.append(Fault(path, what, fix, which=child.which))


def _files(drafts: list[Draft], case_insensitive: bool, faults: list[Fault]) -> dict[str, str]:
    """Tell files that two shots want; the ids of shots that are another one's twin, with its id."""
    same: dict[str, str] = {}
    wanted: dict[str, Draft] = {}
    folded: dict[str, tuple[str, Draft]] = {}
    for draft in drafts:
        names = file_names(draft.shot)
        first = next((wanted[name] for name in names if name in wanted), None)
        if first is None:
            wanted.update(dict.fromkeys(names, draft))
            _tell_case(draft, names, folded, case_insensitive, faults)
            continue
        name = next(name for name in names if name in wanted)
        shot, other = draft.shot, first.shot
        if _bare(shot, same) == _bare(other, same):
            same[shot.id] = other.id
            what = f"shots '{other.id}' and '{shot.id}' are one request for one file"
            fix = f"they are taken as one shot, '{other.id}'"
            fault = Fault((*shot.path, "file"), what, fix, warning=True, first=other.path)
            faults.append(replace(fault, which=draft.which, first_which=first.which, alike="twins"))
        else:
            what = f"shots '{other.id}' and '{shot.id}' both want the file '{shortened(name)}'"
            faults.append(_clash(draft, first, "file", what))
    return same


def _clash(draft: Draft, first: Draft, key: str, what: str) -> Fault:
    """The fault of two that may not have the same."""
    path, before = (*draft.shot.path, key), first.shot.path
    fix = "rename one" if key == "id" else "give one another 'file'"
    if draft.shot.path == before:
        fix = f"put {{index}} or another field in '{key}'"
    first_path = (*before, "id") if key == "id" else before
    return Fault(path, what, fix, first=first_path, which=draft.which, first_which=first.which)


def _tell_case(
    draft: Draft,
    names: list[str],
    folded: dict[str, tuple[str, Draft]],
    case_insensitive: bool,
    faults: list[Fault],
) -> None:
    """Names that differ only by case: one file on some file systems, where it is an error."""
    shot = draft.shot
    for name in (*names, f"takes/{shot.id}"):
        before, other = folded.setdefault(caseless(name), (name, draft))
        if other is draft:
            continue
        what = f"'{shortened(before)}' and '{shortened(name)}' differ only by case"
        fix = "some file systems can't tell them apart; rename one"
        if case_insensitive:
            fix = "the output folder's file system can't tell them apart; rename one"
        path = (*shot.path, "file" if name in names and shot.file else "id")
        fault = Fault(path, what, fix, warning=not case_insensitive, first=other.shot.path)
        faults.append(replace(fault, which=draft.which, first_which=other.which))
        return


def _renamed(shot: Shot, same: Mapping[str, str]) -> Shot:
    """The shot with its parent under the id that this is kept under."""
    if shot.parent is None or shot.parent not in same:
        return shot
    name = same[shot.parent]
    if isinstance(shot.reference, Frame):
        return replace(shot, reference=Frame(name, shot.reference.frame))
    if shot.remix_of:
        return replace(shot, remix_of=name)
    return replace(shot, edit_of=name) if shot.edit_of else replace(shot, extend_of=name)


def _bare(shot: Shot, same: Mapping[str, str]) -> tuple[Shot, bytes]:
    """The shot without what no server sees; `extra` apart, where 1 and true are not the same."""
    bare = replace(_renamed(shot, same), id="", tags=(), file=(), path=(), extra={})
    return bare, canonical(shot.extra)
