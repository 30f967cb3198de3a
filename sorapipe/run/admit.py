"""Whether a plan may be begun: all of it or none, before anything is sent."""

from __future__ import annotations

from decimal import Decimal

from sorapipe.core.plan import Plan
from sorapipe.core.price import told
from sorapipe.errors import BudgetExceeded


def admit(
    plan: Plan, *, life: Decimal | None, run: Decimal | None, held: Decimal, consent: bool
) -> None:
    """Raise BudgetExceeded where a cap does not hold the plan, or a needed price is unknown.

    `life` is the storyboard's budget, over all that its ledger holds (`held`); `run` what this run
    may add; `consent` that its owner accepts unknown prices where no budget is set.
    """
    if plan.unpriced:
        _unpriced(plan, capped=life is not None or run is not None, consent=consent)
    total = held + plan.price
    if life is not None and total > life:
        raise BudgetExceeded(
            "budget",
            f"{told(held)} paid or open and {told(plan.price)} more would pass its {told(life)}",
            "raise 'budget', or render less",
        )
    if run is not None and plan.price > run:
        raise BudgetExceeded(
            "--budget",
            f"the plan may cost {told(plan.price)}, more than {told(run)}",
            "raise it, or render less",
        )


def _unpriced(plan: Plan, *, capped: bool, consent: bool) -> None:
    first = plan.unpriced[0]
    count = f"the price of {len(plan.unpriced)} renders is unknown, '{first.name}' the first"
    if capped:
        raise BudgetExceeded(
            "price", count, "say it with --price MODEL=USD (a second), since a budget is set"
        )
    if not consent:
        raise BudgetExceeded(
            "price", count, "say it with --price MODEL=USD (a second), or accept it with --yes"
        )
