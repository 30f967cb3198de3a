"""What a server bears, learned from its refusals: renders at once, and requests a minute.

Both grow steadily while it takes what it is asked for, the slots by one for each window of renders
that it took, and are halved when it refuses: once for all requests that were under way together,
however many of them came back refused.
"""

from __future__ import annotations

from collections import deque

MINUTE = 60.0
FIRST = 60.0  # requests a minute, after the first refusal of a server that names no number
LEAST = 4  # acceptances that one slot more needs, however few there are: each try may be refused


class Tempo:
    """Never more than `most` renders in flight, never fewer than one.

    `most_a_minute` bounds the requests, where anybody says how many; else `rate` is learned, and
    None until the server refuses. `longest` is the most seconds that what is learned keeps requests
    apart. Times are seconds of a clock that never goes back.
    """

    def __init__(
        self, most: int, most_a_minute: float | None = None, *, longest: float = MINUTE
    ) -> None:
        self.most = most
        self.most_a_minute = most_a_minute
        self._least = MINUTE / longest
        self.window = float(most)
        self.rate = most_a_minute
        self._refused_at = float("-inf")
        self._taken: deque[float] = deque()

    @property
    def slots(self) -> int:
        """How many renders may be in flight now."""
        return int(self.window)

    @property
    def spacing(self) -> float:
        """Seconds from one request to the next."""
        return 0.0 if self.rate is None else MINUTE / self.rate

    def took(self, sent_at: float, now: float) -> bool:
        """It took a request that was sent then; whether that tells how it stands now.

        What was under way when it refused another one tells nothing new.
        """
        self._taken.append(now)
        self._forget(now)
        if sent_at <= self._refused_at:
            return False
        self.window = min(self.window + 1 / max(self.window, LEAST), float(self.most))
        if self.rate is not None:
            self.rate = min(self.rate + 1, self.most_a_minute or self.rate + 1)
        return True

    def refused(self, sent_at: float, now: float, *, named: bool) -> bool:
        """It refused a request that was sent then; whether that is the first of its burst.

        `named` says that the server told when to ask again: then that is obeyed, and no rate needs
        to be guessed. A guess is half of the last one, but what it took in this minute it bears.
        """
        if sent_at <= self._refused_at:
            return False
        self._refused_at = now
        self.window = max(self.window / 2, 1.0)
        if not named:
            self._forget(now)
            halved = FIRST if self.rate is None else self.rate / 2
            guess = max(halved, len(self._taken), self._least)
            self.rate = min(guess, self.most_a_minute or guess)
        return True

    def _forget(self, now: float) -> None:
        """Leave only what it took in the last minute."""
        while self._taken and self._taken[0] <= now - MINUTE:
            self._taken.popleft()
