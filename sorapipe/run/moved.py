"""What has moved since a plan was saved. It may do less than it says by then, never more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sorapipe.core.makings import makings
from sorapipe.core.plan import Decision, PlannedTake
from sorapipe.core.price import told, usd
from sorapipe.core.take import OPEN
from sorapipe.core.why import Making, changes
from sorapipe.run.prepare import Prepared, bought_since
from sorapipe.run.saved import Saved, first_run, picks
from sorapipe.run.session import redacted


def moved(saved: Saved, prepared: Prepared) -> str | None:
    """The first thing that speaks against carrying the plan out as it stands now, if any does.

    Each take that would be rendered now is to be one that was to be rendered then, made of the
    same, at no higher a price, at the same server, and not bought since.
    """
    found = (_places, _edits, _picked, _renders)
    return next((what for each in found for what in each(saved, prepared)), None)


def _places(saved: Saved, prepared: Prepared) -> Iterator[str]:
    then, provider = saved.data["provider"], prepared.provider
    here = (provider.name, provider.profile.name, prepared.address)
    there = (then["name"], then["profile"], then["address"])
    if here != there:
        yield f"the server is {_server(*here)} now, and {_server(*there)} was planned with"
    for place, now, before in (
        ("output folder", str(prepared.out), saved.data["out"]),
        ("store", str(prepared.store.root), saved.data["apply"]["store"]),
    ):
        if now != before:
            yield f"the {place} is '{now}' now, and '{before}' was planned with"
    first = saved.data["apply"]["first_run"]
    if prepared.tally.last < saved.since or first not in (None, first_run(prepared)):
        yield "its output folder has another ledger now, or an older one"


def _server(name: str, profile: str, address: str) -> str:
    return f"'{name}' ({profile}) at {address}"


def _edits(saved: Saved, prepared: Prepared) -> Iterator[str]:
    """What was edited: by shot and field where that can be said, else by file."""
    then, loaded = saved.data["apply"], prepared.loaded
    storyboard = loaded.digest != saved.data["storyboard"]
    rows = dict(loaded.rows) != then["rows"]
    if not (storyboard or rows or dict(prepared.facts.pictures) != then["pictures"]):
        return
    yield from _edited_shots(saved, prepared)
    if storyboard:
        yield "the storyboard was edited"
    yield "a file of rows was edited" if rows else "a reference picture was edited"


def _edited_shots(saved: Saved, prepared: Prepared) -> Iterator[str]:
    now, then = {row.name: row for row in prepared.plan.takes}, saved.rows
    wanted = makings(prepared.loaded.storyboard, prepared.plan, prepared.facts)
    for name, row in now.items():
        if name not in then:
            yield f"take '{name}' was not planned"
            continue
        fields = _differ(saved, prepared, then[name], wanted[name])
        if fields:
            yield f"shot '{row.shot}' is wanted otherwise now ({', '.join(fields)})"
        if row.file != then[name]["file"]:
            yield f"shot '{row.shot}' is wanted otherwise now (file)"
    gone = next((row for name, row in then.items() if name not in now), None)
    if gone is not None:
        yield f"take '{gone['take']}' is not wanted any more"


def _differ(saved: Saved, prepared: Prepared, then: Mapping[str, Any], wanted: Making) -> list[str]:
    """The fields that the take is made of, and that differ; what is open is not held against it."""
    before, key = saved.making(then), prepared.provider.api_key
    now = Making(redacted(key, wanted.request), wanted.source, wanted.provider)
    old = Making(redacted(key, before.request), before.source, before.provider)
    found = changes(old, now)
    if before.open or wanted.open:
        found = [change for change in found if change.field not in ("parent", "frame", "fit")]
    return list(dict.fromkeys(change.field for change in found))


def _picked(saved: Saved, prepared: Prepared) -> Iterator[str]:
    """Picks that another hand changed; those that the plan itself brings about are expected."""
    then, waiting = saved.data["apply"]["picks"], _pending(prepared)
    for shot, number in picks(prepared).items():
        if then.get(shot, number) != number:
            yield f"take {number} of '{shot}' is picked now, and take {then[shot]} was then"
        elif shot not in then and any(below < number for below in waiting.get(shot, ())):
            yield f"take {number} of '{shot}' is picked now, before its others are made"


def _pending(prepared: Prepared) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in prepared.plan.takes:
        if row.decision is Decision.RENDER:
            found.setdefault(row.shot, []).append(row.number)
    return found


def _renders(saved: Saved, prepared: Prepared) -> Iterator[str]:
    tally, then = prepared.tally, saved.rows
    bought = {tally.take(mark).name for mark in bought_since(tally, saved.since)}
    wanted = makings(prepared.loaded.storyboard, prepared.plan, prepared.facts)
    for row in prepared.plan.takes:
        before = then.get(row.name)
        if before is None:
            yield f"take '{row.name}' was not planned"
        elif row.decision is Decision.RENDER:
            fields = _differ(saved, prepared, before, wanted[row.name])
            if fields:
                yield f"shot '{row.shot}' is wanted otherwise now ({', '.join(fields)})"
            if row.name in bought and row.state not in OPEN:
                yield f"take '{row.name}' was rendered since, and would be once more"
            yield from _more(row, before)


def _more(row: PlannedTake, before: Mapping[str, Any]) -> Iterator[str]:
    """What would be rendered now beyond that row as it was planned."""
    if before["decision"] != "render":
        yield f"take '{row.name}' was not to be rendered, and has to be now ({row.reason})"
    if before["fingerprint"] not in (None, row.fingerprint):
        yield f"take '{row.name}' starts from something else now"
    if row.price is None and before["price"] is not None:
        yield f"the price of take '{row.name}' is unknown now"
    elif row.price and before["price"] is None:
        yield f"the price of take '{row.name}' is known now ({told(row.price)})"
    elif row.price is not None and before["price"] is not None and row.price > usd(before["price"]):
        most = told(usd(before["price"]))
        yield f"take '{row.name}' may cost {told(row.price)} now, and {most} was planned"
