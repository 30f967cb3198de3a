"""One look at one render: the only word that may end a watch with nothing to show for it."""

from __future__ import annotations

from typing import Any

from tenacity import RetryCallState, retry_if_exception

from sorapipe.core.backoff import bounded
from sorapipe.run.again import Again
from sorapipe.run.hands import CONNECTING, REFUSED, GiveUp, Hands, Refused
from sorapipe.run.lookout import JUMP
from sorapipe.run.shelf import STUDIO
from sorapipe.videos.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    NotFoundError,
)
from sorapipe.videos.model import Video

QUIET_TRIES = 3  # failed looks in a row before anybody is told
MISSES = 5  # looks in which a server may not know an id before it counts as lost


async def retrieve(hands: Hands, name: dict[str, Any]) -> Video:
    """One look, repeated through what passes: 5xx, resets, 429, and 404s of forgetful balancers.

    Raises:
        NotFoundError: it was not known time after time.
        GiveUp: the server stays away; Refused where it refuses our credentials.
    """
    limits, tries = hands.provider.limits, _Tries(hands)

    def pause(state: RetryCallState) -> float:
        error = _error(state)
        asked = error.retry_after if isinstance(error, APIStatusError) else None
        told = bounded(asked, cap=limits.backoff_cap)
        if state.attempt_number == QUIET_TRIES:
            hands.session.tell("unreached", **name, why=f"{error}; going on to ask")
        hands.resumed.done(name["fp"])
        tries.pause = max(told or 0.0, hands.backoff(state.attempt_number))
        return tries.pause

    again = Again(
        retry=retry_if_exception(lambda error: isinstance(error, APIError)),
        stop=lambda state: tries.enough(_error(state)),
        wait=pause,
        sleep=hands.clock.sleep,
        reraise=True,
    )
    try:
        return await again(hands.client.retrieve, name["video"])
    except NotFoundError:
        raise
    except APIError as error:
        if isinstance(error, APIStatusError) and error.status in REFUSED:
            raise Refused(str(error)) from error
        raise GiveUp(str(error)) from error


class _Tries:
    """How long one look has been tried. What this machine slept through does not count."""

    def __init__(self, hands: Hands) -> None:
        self._clock, self._limits = hands.clock, hands.provider.limits
        # In process nothing stands between us and the studio: what it does not know is not there.
        self._patience = 0.0 if hands.address == STUDIO else self._limits.settle_timeout
        self._last = self._clock.monotonic()
        self._passed = 0.0
        self._misses: list[float] = []  # when it was not known, since it was last answered else
        self.pause = 0.0

    def enough(self, error: BaseException | None) -> bool:
        """Whether that answer was the last that was waited for."""
        now = self._clock.monotonic()
        step, most = now - self._last, self.pause + self._limits.read_timeout + JUMP
        self._last = now
        if step > most:  # asleep: the network may take a while to come back, too
            self._passed = 0.0
            self._misses.clear()
        else:
            self._passed += step
        if isinstance(error, NotFoundError):
            self._misses.append(self._passed)
            known = len(self._misses) < MISSES and self._patience > 0
            return self._passed - self._misses[0] >= self._patience and not known
        self._misses.clear()
        if isinstance(error, APIStatusError) and error.status in REFUSED:
            return True
        away = isinstance(error, APIConnectionError) and not isinstance(error, APITimeoutError)
        return self._passed >= (CONNECTING if away else self._limits.render_timeout)


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
