"""What is known before a run: where things lie, what the ledger says, and the plan that follows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path

from sorapipe.config import Provider
from sorapipe.core.deliver import files_of
from sorapipe.core.plan import Decision, Facts, Plan
from sorapipe.core.planner import make_plan
from sorapipe.core.select import BadSelection, select
from sorapipe.core.standing import states_of
from sorapipe.core.storyboard import Shot, Storyboard
from sorapipe.core.take import IllegalEvent, Take, next_move
from sorapipe.core.tally import Tally, fold
from sorapipe.errors import LedgerDamaged, NotThere, StoryboardError, UsageError
from sorapipe.ledger import History
from sorapipe.load import Loaded, problem_at
from sorapipe.run.missing import missing
from sorapipe.run.needs import operations_of, unmet
from sorapipe.run.prices import Prices, check_models
from sorapipe.run.shelf import STUDIO, Shelf, intact
from sorapipe.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says about planning. `prices` are USD a second by model.

    `select` and `exclude` are expressions (see `core.select`); where there are none, all is meant.
    `offline` plans without any server: nothing can be rendered or fetched again.
    """

    prices: Mapping[str, Decimal]
    retry_failed: bool = False
    force: bool = False
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    keep_stale: bool = False
    refetch: bool = False
    offline: bool = False


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


def all_there(prepared: Prepared) -> None:
    """Raise NotThere where not everything that is wanted can be had without any server."""
    rows = [row for row in prepared.plan.takes if row.decision is not Decision.REUSE]
    if rows:
        named = ", ".join(f"{row.name} ({row.reason})" for row in rows[:3])
        more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
        what = f"{len(rows)} of {len(prepared.plan.takes)} takes are not there: {named}{more}"
        raise NotThere(str(prepared.out), what, "run without --offline to render them")


def waiting_here(prepared: Prepared) -> bool:
    """Whether a render at the server of this run can be carried on, or one that was paid twice."""
    open_ = (prepared.tally.takes[mark] for mark in prepared.tally.open)
    if any(next_move(take) and open_here(take, prepared) for take in open_):
        return True
    return bool(prepared.tally.arriving(prepared.address))


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


def selection(
    storyboard: Storyboard, facts: Facts, include: Sequence[str], exclude: Sequence[str]
) -> frozenset[str] | None:
    """The shots that are meant, by what is there now; None where nothing was said.

    Raises:
        UsageError: an expression cannot be read, or names what there is not.
    """
    if not include and not exclude:
        return None

    @cache
    def states() -> Mapping[str, frozenset[str]]:
        return states_of(make_plan(storyboard, facts), facts)

    try:
        return select(include, exclude, storyboard.shots, lambda shot: states()[shot])
    except BadSelection as error:
        raise UsageError(error.where, error.what, error.fix) from None


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
        UsageError: a price was said of a model that nothing has, or a selection means nothing.
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
        refetchable=frozenset() if options.offline else shelf.refetchable(),
    )
    facts = replace(
        facts,
        selected=selection(loaded.storyboard, facts, options.select, options.exclude),
        retry_failed=options.retry_failed,
        force=options.force,
        keep_stale=options.keep_stale,
        refetch=options.refetch,
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
