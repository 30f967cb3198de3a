"""What a second costs, who says so, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sorapipe.config import Provider
from sorapipe.core.storyboard import Storyboard
from sorapipe.core.tally import Tally
from sorapipe.errors import UsageError
from sorapipe.videos.tables import nearest


@dataclass(frozen=True, slots=True)
class Prices:
    """USD a second: what the command line said, else the config, else the profile."""

    said: Mapping[str, Decimal]
    provider: Provider

    def per_second(self, model: str, size: str) -> Decimal | None:
        """The price for that model and size, or None where nobody knows it."""
        own = self.said.get(model, self.provider.prices.get(model))
        return own if own is not None else self.provider.profile.price(model, size)

    def source(self, model: str) -> str:
        """Who says the price: `--price`, `config`, or `profile`."""
        if model in self.said:
            return "--price"
        return "config" if model in self.provider.prices else "profile"

    def dated(self, model: str, size: str) -> date | None:
        """The date of the profile's price; None for one's own, and where nobody knows any."""
        known = self.provider.profile.model(model)
        if self.source(model) != "profile" or known is None or known.price(size) is None:
            return None
        return known.priced


def check_models(said: Mapping[str, Decimal], storyboard: Storyboard, tally: Tally) -> None:
    """Raise UsageError for a price of a model that nothing has: it may be a misspelt one's."""
    used = {shot.model for shot in storyboard.shots}
    used |= {intent["request"]["model"] for intent in tally.unpriced.values()}
    for model in said:
        if model not in used:
            raise UsageError(
                "--price", f"no shot has the model '{model}'", nearest(model, sorted(used))
            )
