from __future__ import annotations

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sorapipe.core.price import ZERO, Budget, highest

CENTS = st.integers(0, 500).map(lambda cents: Decimal(cents) / 100)
CAPS = st.none() | CENTS
TAKES = st.sampled_from(["a@1", "a@2", "b@1", "c@1"])


class Spending(RuleBasedStateMachine):
    """Takes that reserve, send, settle and give up in any order, as the tasks of a run do.

    `ledger` is what the ledger holds for a take that was sent; `paid` what has ended.
    """

    @initialize(life=CAPS, run=CAPS, before=CENTS)
    def begin(self, life: Decimal | None, run: Decimal | None, before: Decimal) -> None:
        """A run with those caps, over a ledger that holds something already."""
        self.budget = Budget(life=life, run=run, before=before)
        self.paid = before
        self.ledger: dict[str, Decimal] = {}

    @property
    def held(self) -> Decimal:
        """What the ledger holds as paid, in flight or unknown."""
        return self.paid + sum(self.ledger.values(), ZERO)

    @rule(take=TAKES, cents=st.integers(1, 300))
    def reserve(self, take: str, cents: int) -> None:
        """A task asks for its price before it sends."""
        if take in self.ledger or take in self.budget.reserved:
            return
        price = highest(Decimal("0.01"), cents)
        assert price is not None
        fits = self.budget.admits(price, self.held)
        assert self.budget.reserve(take, price, self.held) is fits
        assert (take in self.budget.reserved) is fits

    @rule(take=TAKES)
    def send(self, take: str) -> None:
        """The intent is durable: now the ledger holds the price."""
        if take in self.budget.reserved:
            self.ledger[take] = self.budget.reserved[take]
            self.budget.release(take)

    @rule(take=TAKES)
    def give_up(self, take: str) -> None:
        """Nothing was sent."""
        self.budget.release(take)

    @rule(take=TAKES, share=st.integers(0, 100))
    def settle(self, take: str, share: int) -> None:
        """It ended, and cost nothing, all of its price or, as the server told, less."""
        self.paid += self.ledger.pop(take, ZERO) * share / 100

    @invariant()
    def no_cap_is_passed(self) -> None:
        """Paid, in flight and reserved together stay within both caps at every moment."""
        if not hasattr(self, "budget"):
            return
        total = self.held + sum(self.budget.reserved.values(), ZERO)
        added = total - self.budget.before
        assert added >= 0
        life, run = self.budget.life, self.budget.run
        assert added == 0 or life is None or total <= life
        assert added == 0 or run is None or added <= run


Spending.TestCase.settings = settings(deadline=None, max_examples=100, stateful_step_count=30)
TestSpending = Spending.TestCase
