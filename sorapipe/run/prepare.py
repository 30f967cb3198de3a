"""What is known before a run: where things lie, what the ledger says, and the plan that follows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path

from sorapipe.config import Provider
from sorapipe.core.lock import Lock, locked_facts
from sorapipe.core.plan import Facts, Plan
from sorapipe.core.planner import make_plan
from sorapipe.core.select import BadSelection, select
from sorapipe.core.standing import states_of
from sorapipe.core.storyboard import Storyboard
from sorapipe.core.take import IllegalEvent, State, Take
from sorapipe.core.tally import Tally, fold
from sorapipe.errors import LedgerDamaged, StoryboardError, UsageError
from sorapipe.ledger import History, read
from sorapipe.load import Loaded, problem_at
from sorapipe.run.locked import as_it_is, check_provider, find_lock
from sorapipe.run.needs import operations_of, unmet
from sorapipe.run.prices import Prices, check_models
from sorapipe.run.shelf import STUDIO, Shelf
from sorapipe.store import Store

# What folding raises for events that no run of ours can have written.
_IMPOSSIBLE = (IllegalEvent, KeyError, TypeError, ValueError, ArithmeticError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says about planning. `prices` are USD a second by model.

    `select` and `exclude` are expressions (see `core.select`); where there are none, all is meant.
    `offline` plans without any server: nothing can be rendered or fetched again. `since` is the
    ledger's last number when the plan was saved that is carried out now, if it is a saved one.
    `locked` plans by the lock, and from what is here; `lock` says that it will be written anew.
    """

    prices: Mapping[str, Decimal]
    retry_failed: bool = False
    force: bool = False
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    keep_stale: bool = False
    refetch: bool = False
    offline: bool = False
    since: int | None = None
    locked: bool = False
    lock: bool = False


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
    lock: Lock | None = None
    locked: bool = False


def open_here(take: Take, prepared: Prepared) -> bool:
    """Whether the take's open render is at the server of this run."""
    there = (take.intent.get("provider"), take.intent.get("address"))
    return there == (prepared.provider.name, prepared.address)


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


def read_books(path: Path) -> tuple[History, Tally]:
    """What the ledger says, and what it adds up to.

    A long run has no room for the events beside their tally: the history is without them. Where the
    ledger is damaged it has them, and the tally is empty.

    Raises:
        LedgerDamaged: it has an event that cannot have happened.
    """
    tally = Tally()
    with suppress(*_IMPOSSIBLE):
        history = read(path, tally.apply)
        if history.damage is None:
            return history, tally
    history = read(path)
    return history, Tally() if history.damage else fold_history(path, history)


def fold_history(path: Path, history: History) -> Tally:
    """The ledger's tally.

    Raises:
        LedgerDamaged: it has a bad line, or one that cannot have happened.
    """
    if history.damage is not None:
        raise history.damage
    try:
        return fold(history.events)
    except _IMPOSSIBLE as error:
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


def bought_since(tally: Tally, number: int | None) -> frozenset[str]:
    """The takes that were accepted, and have come to rest, after the event of that number."""
    if number is None:
        return frozenset()
    paid = (State.KEPT, State.FAILED, State.LOST, State.WRITTEN_OFF)
    found = (take for take in tally.takes.values() if take.intent.get("seq", 0) > number)
    return frozenset(take.fingerprint for take in found if take.state in paid)


def address_of(provider: Provider) -> str:
    """Where the server is, as text: its base URL, or `studio` for the one in process.

    `nowhere` where nobody needed to say it, since it will not be talked to.
    """
    return provider.base_url or (STUDIO if provider.profile.name == "local" else "nowhere")


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
        UsageError: a price was said of a model that nothing has, or a selection means nothing; or
            the lock is broken, or wanted and not there.
        NotThere: the lock that is to be followed is another provider's.
    """
    lock = find_lock(loaded.path, locked=options.locked, anew=options.lock)
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
        locked_picks=lock.picks if lock is not None else {},
    )
    if options.locked and lock is not None:
        check_provider(lock, provider.name, loaded.path)
        facts = locked_facts(loaded.storyboard, lock, facts)
        shelf.lock(facts.held)
    facts = replace(
        facts,
        selected=selection(loaded.storyboard, facts, options.select, options.exclude),
        retry_failed=options.retry_failed,
        force=options.force,
        keep_stale=options.keep_stale,
        refetch=options.refetch,
        offline=options.offline,
        bought=bought_since(tally, options.since),
    )
    plan = make_plan(loaded.storyboard, facts)
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
        plan=as_it_is(plan, shelf, tally) if options.locked else plan,
        lock=lock,
        locked=options.locked,
    )
