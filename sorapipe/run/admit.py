"""Whether a plan may be begun: all of it or none, before anything is sent."""

from __future__ import annotations

from decimal import Decimal

from sorapipe.core.plan import Facts, Plan
from sorapipe.core.price import highest, told
from sorapipe.core.tally import Tally
from sorapipe.errors import BudgetExceeded


def held_by(tally: Tally, facts: Facts) -> Decimal | None:
    """What the ledger holds as paid, in flight or unknown; None where part of it has no price.

    A render that was bought at an unknown price counts at today's, if that is known now.
    """
    total = tally.committed
    for intent in tally.unpriced.values():
        request = intent["request"]
        price = highest(facts.price(request["model"], request["size"]), request["seconds"])
        if price is None:
            return None
        total += price
    return total


def admit(
    plan: Plan, *, life: Decimal | None, run: Decimal | None, held: Decimal | None, consent: bool
) -> None:
    """Raise BudgetExceeded where a cap does not hold the plan, or a needed price is unknown.

    `life` is the storyboard's budget, over all that its ledger holds (`held`); `run` what this run
    may add; `consent` that its owner accepts unknown prices where no budget is set. A plan that
    adds nothing is always admitted: what it does was paid for.
    """
    if plan.unpriced:
        _unpriced(plan, capped=life is not None or run is not None, consent=consent)
    if plan.price == 0:
        return
    if life is not None and held is None:
        raise BudgetExceeded(
            "budget",
            "the ledger holds renders whose price nobody knows",
            "say it with --price MODEL=USD (a second)",
        )
    if life is not None and held is not None and held + plan.price > life:
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
