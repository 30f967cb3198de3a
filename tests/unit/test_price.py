from __future__ import annotations

from decimal import Decimal

import pytest

from sorapipe.core.price import ZERO, Budget, as_number, highest, told, usd


def test_amounts_are_without_the_noise_of_binary_fractions() -> None:
    """0.1 is a tenth, whether it comes as a number or as its text."""
    assert usd(0.1) == usd("0.1") == Decimal("0.1")
    assert usd(0.1) + usd(0.2) == usd(0.3)


def test_the_highest_price_is_rounded_up() -> None:
    """A part of a millionth counts as a whole one: a cap must hold to the last digit."""
    assert highest(Decimal("0.10"), 8) == Decimal("0.8")
    assert highest(Decimal("0.0000001"), 4) == Decimal("0.000001")
    assert highest(Decimal(0), 60) == ZERO


def test_an_unknown_price_stays_unknown() -> None:
    """Nobody's word is not nothing: what has no price is not free."""
    assert highest(None, 8) is None
    assert as_number(None) is None
    assert told(None) == "price unknown"


def test_numbers_for_json_are_never_too_low() -> None:
    """The number is the amount, or a millionth more."""
    assert as_number(Decimal("1.25")) == 1.25
    assert as_number(Decimal("0.00000101")) == 0.000002


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1.2", "$1.20"),
        ("0", "$0.00"),
        ("0.003", "$0.003"),
        ("1000", "$1000.00"),
        ("5E-6", "$0.000005"),
    ],
)
def test_people_see_cents_or_all_that_is_there(amount: str, text: str) -> None:
    """Whole cents are told as such, smaller amounts to their last digit, never as an exponent."""
    assert told(Decimal(amount)) == text


def test_a_life_cap_holds_over_everything_in_the_ledger() -> None:
    """What is held, reserved and asked for together may come to the cap, and not past it."""
    budget = Budget(life=Decimal("1.00"))
    assert budget.reserve("a", Decimal("0.40"), held=Decimal("0.20"))
    assert budget.reserve("b", Decimal("0.40"), held=Decimal("0.20"))
    assert not budget.reserve("c", Decimal("0.01"), held=Decimal("0.20"))
    assert "c" not in budget.reserved


def test_a_run_cap_counts_only_what_this_run_adds() -> None:
    """What was held before the run does not weigh on its own cap."""
    budget = Budget(run=Decimal("0.50"), before=Decimal(100))
    assert budget.reserve("a", Decimal("0.50"), held=Decimal(100))
    assert not budget.reserve("b", Decimal("0.01"), held=Decimal(100))


def test_both_caps_hold() -> None:
    """The stricter of the two caps decides, whichever it is."""
    assert not Budget(life=Decimal(1), run=Decimal(9)).admits(Decimal(2), ZERO)
    assert not Budget(life=Decimal(9), run=Decimal(1)).admits(Decimal(2), ZERO)
    assert Budget(life=Decimal(2), run=Decimal(2)).admits(Decimal(2), ZERO)
    assert Budget().admits(Decimal(10**9), ZERO)


def test_what_costs_nothing_always_fits() -> None:
    """A free render goes ahead even where the ledger is past its cap already."""
    before = Decimal(5)
    assert Budget(life=Decimal(1), before=before).reserve("a", ZERO, held=before)


def test_what_turned_out_to_cost_is_not_free_any_more() -> None:
    """A server that tells a cost where none was known of is not asked on, past a cap."""
    budget = Budget(run=Decimal(1))
    assert budget.reserve("a", ZERO, held=Decimal("0.90"))
    assert not budget.reserve("b", ZERO, held=Decimal("1.80"))


def test_a_released_reservation_makes_room() -> None:
    """Giving up a reservation, or one that was never made, leaves the others as they are."""
    budget = Budget(life=Decimal(1))
    assert budget.reserve("a", Decimal(1), ZERO)
    assert not budget.reserve("b", Decimal(1), ZERO)
    budget.release("a")
    budget.release("never")
    assert budget.reserve("b", Decimal(1), ZERO)
