"""What is known before a run: where things lie, what the ledger says, and the plan that follows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import inf
from pathlib import Path

from sorapipe.config import Provider
from sorapipe.core.deliver import files_of
from sorapipe.core.plan import Decision, Facts, Plan
from sorapipe.core.planner import make_plan
from sorapipe.core.reconcile import MARGIN
from sorapipe.core.storyboard import Shot
from sorapipe.core.take import Event, IllegalEvent, Take, next_move
from sorapipe.core.tally import Tally, fold
from sorapipe.errors import LedgerDamaged, StoryboardError, UsageError
from sorapipe.ledger import History
from sorapipe.load import Loaded, problem_at
from sorapipe.run.needs import operations_of, unmet
from sorapipe.run.prices import Prices, check_models
from sorapipe.run.shelf import STUDIO, Shelf, intact
from sorapipe.store import Store
from sorapipe.videos.profile import Profile

WEEK = 7 * 86_400.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says about planning. `prices` are USD a second by model."""

    prices: Mapping[str, Decimal]
    retry_failed: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A storyboard, its server, and what the ledger and the store say about it."""

    loaded: Loaded
    provider: Provider
    address: str
    out: Path
    store: Store
    tally: Tally
    shelf: Shelf
    facts: Facts
    prices: Prices
    plan: Plan


def nothing_to_do(prepared: Prepared) -> bool:
    """Whether every take is kept and delivered and no render is open: no server is needed."""
    tally, rows = prepared.tally, prepared.plan.takes
    if any(
        row.decision is not Decision.REUSE or row.fingerprint not in tally.takes for row in rows
    ):
        return False
    if waiting_here(prepared):
        return False
    marks: dict[str, dict[int, str]] = {}
    for row in rows:
        marks.setdefault(row.shot, {})[row.number] = row.fingerprint or ""
    return all(
        _delivered(prepared, shot, marks[shot.id])
        for shot in prepared.loaded.storyboard.shots
        if shot.id in marks
    )


def waiting_here(prepared: Prepared) -> bool:
    """Whether a render at the server of this run can be carried on, or one that was paid twice."""
    open_ = (prepared.tally.takes[mark] for mark in prepared.tally.open)
    if any(next_move(take) and open_here(take, prepared) for take in open_):
        return True
    return bool(prepared.tally.arriving(prepared.address))


def missing(tally: Tally, profile: Profile, address: str, now: float) -> list[tuple[Event, float]]:
    """The intents at that server whose renders may still turn up, if it has a list to show them.

    With each until when it must have been made, by our clock, to be this one for certain: what was
    made since it was given up may as well be another that asks for the same. They are looked for
    as long as the server keeps content, a week where nobody says how long that is: what is older
    could be named, and not fetched.
    """
    if profile.list == "none":
        return []
    given_up = (
        (one.intent, datetime.fromisoformat(one.at).timestamp() - MARGIN)
        for one in tally.superseded.values()
    )
    intents = (*((take.intent, inf) for take in tally.unknown), *given_up)
    oldest = now - (WEEK if profile.retention is None else profile.retention)
    here = ((one, until) for one, until in intents if one["address"] == address)
    return [(one, until) for one, until in here if one["wall"] >= oldest]


def worth_a_look(prepared: Prepared, now: float) -> bool:
    """Whether a run looks for what is missing before it plans.

    For what is unknown always; for what was given up only where the server is needed anyway.
    """
    found = missing(prepared.tally, prepared.provider.profile, prepared.address, now)
    held = {take.render for take in prepared.tally.unknown}
    if any(one["render"] in held for one, _ in found):
        return True
    return bool(found) and not nothing_to_do(prepared)


def open_here(take: Take, prepared: Prepared) -> bool:
    """Whether the take's open render is at the server of this run."""
    there = (take.intent.get("provider"), take.intent.get("address"))
    return there == (prepared.provider.name, prepared.address)


def _delivered(prepared: Prepared, shot: Shot, marks: Mapping[int, str]) -> bool:
    tally = prepared.tally
    picked = tally.picks.get(shot.id)
    if picked is None or marks.get(picked["number"]) != picked["fp"]:
        return False
    for name, number in files_of(shot, sorted(marks), picked["number"]).items():
        there, take = tally.delivered.get(name), tally.takes[marks[number]]
        if (
            there is None
            or there["sha256"] != take.sha256
            or not intact(prepared.out / name, there)
        ):
            return False
    return True


def out_folder(storyboard: Path, out: str | None) -> Path:
    """`--out`, else `renders/NAME/` beside the storyboard."""
    return Path(out) if out else storyboard.parent / "renders" / storyboard.stem


def store_root(store: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """`--store`, else `sorapipe/store` in the user's cache folder."""
    return (
        Path(store) if store else _xdg("XDG_CACHE_HOME", ".cache", environ) / "sorapipe" / "store"
    )


def state_root(environ: Mapping[str, str] = os.environ) -> Path:
    """`sorapipe` in the user's state folder."""
    return _xdg("XDG_STATE_HOME", ".local/state", environ) / "sorapipe"


def _xdg(name: str, default: str, environ: Mapping[str, str]) -> Path:
    said = environ.get(name, "")
    if said.startswith("/"):
        return Path(said)
    try:
        return Path.home() / default
    except RuntimeError:
        raise UsageError(
            name, "nobody says where your home folder is", f"set HOME or {name}"
        ) from None


def fold_history(path: Path, history: History) -> Tally:
    """The ledger's tally.

    Raises:
        LedgerDamaged: it has a bad line, or one that cannot have happened.
    """
    if history.damage is not None:
        raise history.damage
    try:
        return fold(history.events)
    except (IllegalEvent, KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise LedgerDamaged(
            str(path), f"its events contradict each other: {error}", "restore it from a copy"
        ) from error


def check_needs(loaded: Loaded, provider: Provider) -> None:
    """Raise StoryboardError with all that the storyboard needs and the server lacks."""
    needs = unmet(loaded.storyboard, provider.profile)
    if needs:
        raise StoryboardError([problem_at(loaded.document, need) for need in needs])


def address_of(provider: Provider) -> str:
    """Where the server is, as text: its base URL, or `studio` for the one in process."""
    return provider.base_url or STUDIO


def prepare(
    loaded: Loaded,
    provider: Provider,
    *,
    out: Path,
    store: Store,
    tally: Tally,
    options: Options,
    now: float,
) -> Prepared:
    """The plan and all that it stands on. Reads, never writes.

    Raises:
        UsageError: a price was said of a model that nothing has.
    """
    check_models(options.prices, loaded.storyboard, tally)
    address = address_of(provider)
    server_now = now + tally.offsets.get(address, 0.0)  # its clock says when its videos expire
    shelf = Shelf(tally, store, out, address=address, now=server_now)
    prices = Prices(options.prices, provider)
    facts = Facts(
        provider=provider.name,
        operations=operations_of(provider.profile),
        tally=tally,
        held=shelf,
        price=prices.per_second,
        pictures={path: measured.sha256 for path, measured in loaded.references.items()},
        refetchable=shelf.refetchable(),
        retry_failed=options.retry_failed,
        force=options.force,
    )
    return Prepared(
        loaded=loaded,
        provider=provider,
        address=address,
        out=out,
        store=store,
        tally=tally,
        shelf=shelf,
        facts=facts,
        prices=prices,
        plan=make_plan(loaded.storyboard, facts),
    )
