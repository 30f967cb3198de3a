"""Money as pure arithmetic: what a take may cost at most, and whether a budget admits it.

All amounts are USD as `Decimal`; in JSON they are numbers with at most six places.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal
from typing import Any

ZERO = Decimal(0)
_MICRO = Decimal("0.000001")


def usd(value: Any) -> Decimal:
    """An amount from a number or its text, without the noise of binary fractions."""
    return Decimal(str(value))


def as_number(amount: Decimal | None) -> float | None:
    """The amount for JSON: rounded up to a millionth, so that no sum is ever told too low."""
    return None if amount is None else float(amount.quantize(_MICRO, ROUND_UP))


def told(amount: Decimal | None) -> str:
    """The amount for people: `$1.20`, `$0.003`, or `price unknown`."""
    if amount is None:
        return "price unknown"
    cents = amount.quantize(Decimal("0.01"))
    return f"${cents}" if cents == amount else f"${amount.normalize():f}"


def highest(per_second: Decimal | None, seconds: float) -> Decimal | None:
    """The most that a render of that length can cost; None where nobody knows the price."""
    return None if per_second is None else (per_second * usd(seconds)).quantize(_MICRO, ROUND_UP)


@dataclass(slots=True)
class Budget:
    """Two caps that both hold: `life` over all that the ledger holds, `run` over what a run adds.

    `before` is what the ledger held when the run began. A reservation is made in the same step that
    checks it, and given up when the ledger itself holds the amount or nothing was sent.
    """

    life: Decimal | None = None
    run: Decimal | None = None
    before: Decimal = ZERO
    reserved: dict[str, Decimal] = field(default_factory=dict)

    def admits(self, price: Decimal, held: Decimal) -> bool:
        """Whether that price fits, where `held` is paid, in flight or unknown in the ledger."""
        total = held + sum(self.reserved.values(), ZERO) + price
        fits_life = self.life is None or total <= self.life
        return fits_life and (self.run is None or total - self.before <= self.run)

    def reserve(self, key: str, price: Decimal, held: Decimal) -> bool:
        """Set the price aside under that key if it fits; say whether it did.

        A price of 0 fits where nothing was spent in this run; else what was thought to be free may
        have turned out not to be.
        """
        if (price or held > self.before) and not self.admits(price, held):
            return False
        self.reserved[key] = price
        return True

    def release(self, key: str) -> None:
        """Give up the reservation: the ledger holds it now, or nothing was sent."""
        self.reserved.pop(key, None)
