from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from sorapipe.core.price import ZERO
from sorapipe.core.take import (
    MOVES,
    OPEN,
    TRANSITIONS,
    IllegalEvent,
    Move,
    State,
    Take,
    allowed,
    apply,
    next_move,
)
from tests.events import BYTES, EXAMPLES, MARK, RENDER, event

# What the hands of each move may record for the take they carry.
PERFORMED: Mapping[Move, frozenset[str]] = {
    Move.CREATE: frozenset({"intent"}),
    Move.RECONCILE: frozenset({"adopted", "absent", "unknown", "rejected"}),
    Move.POLL: frozenset({"started", "rendered", "failed", "lost"}),
    Move.FETCH: frozenset({"kept", "lost"}),
}
NAMES = sorted(EXAMPLES)


def walked(*names: str) -> Take:
    """A take to which these events happened."""
    take = Take(fingerprint=MARK)
    for name in names:
        take = apply(take, event(name))
    return take


@pytest.mark.parametrize("state", State)
def test_what_the_table_has_leads_where_it_says(state: State) -> None:
    """An event of the table takes the take to the state that stands there."""
    for name in NAMES:
        if (state, name) in TRANSITIONS:
            after = apply(Take(fingerprint=MARK, state=state), event(name))
            assert after.state is TRANSITIONS[state, name]


@pytest.mark.parametrize("state", State)
def test_what_the_table_lacks_is_refused(state: State) -> None:
    """An event that the table does not have in a state raises, and the take stays as it was."""
    take = Take(fingerprint=MARK, state=state, name="dawn@1", held=Decimal("0.4"))
    before = Take(fingerprint=MARK, state=state, name="dawn@1", held=Decimal("0.4"))
    refused = [name for name in (*NAMES, "nonsense") if (state, name) not in TRANSITIONS]
    for name in refused:
        happened = event(name) if name in EXAMPLES else {"event": name}
        with pytest.raises(IllegalEvent, match=f"dawn@1: '{name}' cannot happen"):
            apply(take, happened)
    assert take == before


def test_the_table_speaks_of_events_that_the_ledger_knows() -> None:
    """Every event of the table has an example, and so a schema."""
    assert {name for _, name in TRANSITIONS} <= set(EXAMPLES)


def test_every_state_is_reached_from_wanted() -> None:
    """No state stands in the table that no take can come to."""
    assert reached(State.WANTED) == set(State)


@pytest.mark.parametrize("state", MOVES)
def test_a_move_leads_on(state: State) -> None:
    """Whatever a move's hands may record is possible, and from there a take can come to rest."""
    names = PERFORMED[MOVES[state]]
    possible = {name for name in names if (state, name) in TRANSITIONS}
    assert possible
    for name in possible:
        after = TRANSITIONS[state, name]
        assert after not in MOVES or any(rest not in MOVES for rest in reached(after))


@pytest.mark.parametrize("state", sorted(set(State) - set(MOVES)))
def test_a_resting_state_has_a_way_out(state: State) -> None:
    """A take at rest has no move, and its owner can still have it rendered again."""
    assert next_move(Take(fingerprint=MARK, state=state)) is None
    assert State.WANTED in reached(state)


def test_a_render_is_bought_from_wanted_alone() -> None:
    """There is one way to an intent, and a take with an open render is not on it."""
    assert [state for state, name in TRANSITIONS if name == "intent"] == [State.WANTED]
    assert not {state for state, move in MOVES.items() if move is Move.CREATE} & OPEN


def test_only_proof_or_the_owner_makes_an_open_take_wanted_again() -> None:
    """A second render needs proof that the first was free, or its owner's word."""
    ways = {name for (state, name), to in TRANSITIONS.items() if state in OPEN and to not in OPEN}
    back = {
        name
        for (state, name), to in TRANSITIONS.items()
        if state in OPEN and to in (State.WANTED, State.REJECTED)
    }
    assert back == {"not-sent", "throttled", "rejected", "absent", "resubmitted"}
    assert ways - back == {"failed", "lost", "kept", "written-off"}


def test_an_intent_holds_the_highest_price() -> None:
    """From the intent on the price counts as spent, under the render's id."""
    take = walked("intent")
    assert (take.held, take.spent, take.committed) == (Decimal("0.4"), ZERO, Decimal("0.4"))
    assert take.render == RENDER
    assert take.intent["price"] == 0.4


@pytest.mark.parametrize("name", ["not-sent", "throttled", "rejected", "absent"])
def test_what_was_provably_free_counts_nothing(name: str) -> None:
    """Where nothing was accepted, nothing is committed."""
    assert walked("intent", name).committed == ZERO


@pytest.mark.parametrize("name", ["resubmitted", "written-off"])
def test_a_payment_that_stays_unknown_stays_spent(name: str) -> None:
    """Its owner may go on, but nobody has proved that the render was free."""
    take = walked("intent", "ambiguous", "unknown", name)
    assert (take.held, take.spent) == (ZERO, Decimal("0.4"))


def test_a_resubmitted_take_counts_both_renders() -> None:
    """What is bought again after an unknown payment is counted on top of it."""
    take = walked("intent", "ambiguous", "unknown", "resubmitted", "intent")
    assert take.committed == Decimal("0.8")


def test_the_told_cost_replaces_the_highest_price() -> None:
    """What the server says that it took is the truth, less or more than our price."""
    assert walked("intent", "accepted", "rendered").committed == Decimal("0.3")
    dear = apply(walked("intent", "accepted"), event("rendered", told_cost=0.5))
    assert apply(dear, event("kept", cost=0.5)).spent == Decimal("0.5")


@pytest.mark.parametrize("name", ["failed", "lost"])
def test_what_failed_counts_as_spent_unless_it_was_free(name: str) -> None:
    """A failure costs its price; one that is known to be free costs nothing."""
    flying = walked("intent", "accepted")
    assert apply(flying, event(name)).spent == Decimal("0.4")
    assert apply(flying, event(name, cost=0.0)).committed == ZERO


def test_fetching_again_costs_nothing() -> None:
    """Bytes that were lost here and fetched once more add nothing to what was spent."""
    kept = walked("intent", "accepted", "rendered", "kept")
    again = apply(apply(kept, event("missing")), event("kept", cost=0.0))
    assert again.spent == kept.spent


def test_reused_bytes_cost_nothing() -> None:
    """A take whose bytes were at hand is kept without a render."""
    take = walked("reused")
    assert (take.state, take.committed, take.sha256) == (State.KEPT, ZERO, BYTES)


def test_a_new_render_forgets_the_old_id_and_what_was_wrong() -> None:
    """After an intent nobody polls the video of the render before it."""
    take = walked("intent", "accepted", "failed", "again", "intent")
    assert (take.video, take.why, take.expires_at) == (None, None, None)
    assert take.spent == Decimal("0.4")


def test_the_newest_name_counts() -> None:
    """A take is told under the name by which it was wanted last."""
    take = apply(walked("intent"), event("accepted", take="sunrise@1"))
    assert take.name == "sunrise@1"


def test_allowed_says_where_an_event_leads() -> None:
    """The state after an event is known without applying it."""
    assert allowed(Take(fingerprint=MARK), "intent") is State.INTENDED


def reached(start: State) -> set[State]:
    """All states that a take in that state may come to, itself included."""
    seen, waiting = {start}, [start]
    while waiting:
        at = waiting.pop()
        further = {to for (state, _), to in TRANSITIONS.items() if state is at} - seen
        seen |= further
        waiting += further
    return seen
