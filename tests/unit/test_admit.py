from __future__ import annotations

from decimal import Decimal

import pytest

from sorapipe.core.plan import Decision, Plan, PlannedTake
from sorapipe.errors import BudgetExceeded
from sorapipe.run.admit import admit


def plan(*prices: str | None) -> Plan:
    """A plan that renders a take for each price; None where nobody knows it."""
    return Plan(
        tuple(
            PlannedTake(
                shot="dawn",
                number=number,
                decision=Decision.RENDER,
                reason="new",
                price=None if price is None else Decimal(price),
                operation="create",
                file="dawn.mp4",
            )
            for number, price in enumerate(prices, 1)
        )
    )


def test_a_plan_within_both_caps_is_admitted() -> None:
    """Coming exactly to a cap is allowed; no cap at all allows any price that is known."""
    admit(plan("0.4", "0.6"), life=Decimal(3), run=Decimal(1), held=Decimal(2), consent=False)
    admit(plan("1000"), life=None, run=None, held=Decimal(0), consent=False)


def test_the_storyboards_budget_counts_what_the_ledger_holds() -> None:
    """A plan that would pass the life cap is refused whole, with the sums."""
    with pytest.raises(BudgetExceeded, match=r"\$2.00 paid or open and \$1.01 more"):
        admit(plan("1", "0.01"), life=Decimal(3), run=None, held=Decimal(2), consent=True)


def test_the_runs_budget_counts_the_plan_alone() -> None:
    """`--budget` does not mind what was spent before this run."""
    admit(plan("1"), life=None, run=Decimal(1), held=Decimal(50), consent=False)
    with pytest.raises(BudgetExceeded, match=r"^--budget: the plan may cost \$1.10"):
        admit(plan("1", "0.1"), life=None, run=Decimal(1), held=Decimal(0), consent=True)


@pytest.mark.parametrize(("life", "run"), [("5", None), (None, "5")])
def test_no_consent_makes_up_for_a_price_under_a_budget(life: str | None, run: str | None) -> None:
    """A cap can't be kept with a price that nobody knows, so it is refused even with `--yes`."""
    with pytest.raises(BudgetExceeded, match=r"1 renders is unknown, 'dawn@2' the first.*--price"):
        admit(
            plan("1", None),
            life=None if life is None else Decimal(life),
            run=None if run is None else Decimal(run),
            held=Decimal(0),
            consent=True,
        )


def test_an_unknown_price_needs_consent() -> None:
    """Without a budget an unknown price is the owner's to accept."""
    admit(plan(None), life=None, run=None, held=Decimal(0), consent=True)
    with pytest.raises(BudgetExceeded, match="--yes"):
        admit(plan(None), life=None, run=None, held=Decimal(0), consent=False)
