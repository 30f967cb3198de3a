"""How often one file is asked for, and the pauses between: one count, whoever does the asking."""

from __future__ import annotations

from collections.abc import Callable

from sorapipe.videos.errors import APIStatusError, RateLimitError

TRIES = 6  # times that one file is asked for in all, gone on with or begun again
THROTTLES = 30  # times that the server may say "later", which is no failure of the transfer
FIRST_PAUSE = 0.5  # seconds before the second of them; each pause is twice the one before
LONGEST_PAUSE = 60.0  # seconds; what a server asks for beyond is not obeyed


def doubling(failed: int) -> float:
    """Seconds to wait after that many tries in vain."""
    return FIRST_PAUSE * 2.0 ** (failed - 1)


class Patience:
    """What is left of it for one file.

    `pause` gives the seconds to wait after so many tries in vain; where a server asks for more, it
    gets that, up to `longest`.
    """

    def __init__(
        self, pause: Callable[[int], float] = doubling, *, longest: float = LONGEST_PAUSE
    ) -> None:
        self._pause = pause
        self._longest = longest
        self._failed = 0
        self._throttled = 0

    def after(self, error: Exception) -> float | None:
        """Seconds until the next try, now that one has failed so; None where that was the last."""
        throttled = isinstance(error, RateLimitError)
        self._throttled += throttled
        self._failed += not throttled
        if self._failed >= TRIES or self._throttled > THROTTLES:
            return None
        asked = error.retry_after if isinstance(error, APIStatusError) else None
        count = self._throttled if throttled else self._failed
        return max(self._pause(count), min(asked or 0.0, self._longest))
