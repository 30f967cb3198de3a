"""Everything that a server can do to us. Each error knows whether money may have been spent.

APIError                          spent: not_sent | rejected | throttled | ambiguous
├── APIConnectionError            no whole answer came
│   └── APITimeoutError           ... within the time that was given
│       └── GenerationTimeout     a render has not come to its end within that time: video
├── APIAnswerError                an answer came, says success, and can't be understood
├── APIStatusError                an answer came and says no: status, code, retry_after
│   ├── BadRequestError           400
│   ├── AuthenticationError       401
│   ├── PermissionDeniedError     403
│   ├── NotFoundError             404, or the server's own word for an unknown id
│   ├── ConflictError             409
│   ├── UnprocessableEntityError  422
│   ├── RateLimitError            429
│   └── InternalServerError       500 and above
└── GenerationFailed              a render that was accepted ended without a video: video, code
    └── ModerationBlocked         ... because of what it would have shown

A create that moderation refuses at once is a BadRequestError or a PermissionDeniedError; its `code`
tells.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from sorapipe.errors import SorapipeError, printable

if TYPE_CHECKING:
    from sorapipe.videos.model import Video

Spent = Literal["not_sent", "rejected", "throttled", "ambiguous"]

# Design, section 5: what a server says before it takes a render on. Every other status may come
# from a server, or from a proxy before one, that has already accepted and will bill.
REJECTED = frozenset({400, 401, 402, 403, 404, 405, 410, 413, 414, 415, 422})
THROTTLED = 429

# Besides 5xx: too slow, too early, too much.
_PASSING = frozenset({408, 425, 429})

# Codes of failed renders: OpenAI's and Azure's own, what gateways make of them, what others say.
_MODERATION = frozenset(
    {
        "moderation_blocked",
        "moderation_failed",
        "content_filter",
        "content_moderated",
        "content_policy_violation",
        "policy_violation",
        "safety_violation",
        "sentinel_block",
    }
)

_LONGEST = 400  # characters of a server's words in one message


class APIError(SorapipeError):
    """Base of all that goes wrong between us and a server.

    `spent` is about the request that failed: `not_sent` (nothing that costs was sent, so it is free
    to send again), `rejected` (the server said no), `throttled` (the server said later), or
    `ambiguous` (it may have been accepted, and billed). Requests that buy nothing are `not_sent`.
    `video` is the render that was accepted before this went wrong, where there is one: its id is
    what to go on with.
    """

    video: Video | None = None

    def __init__(self, where: str, what: str, fix: str = "", *, spent: Spent = "ambiguous") -> None:
        super().__init__(where, what, fix)
        self.spent: Spent = spent


class APIConnectionError(APIError):
    """No whole answer came."""


class APITimeoutError(APIConnectionError):
    """No whole answer came within the time that was given."""


class APIAnswerError(APIError):
    """An answer came that says success and can't be understood."""


class APIStatusError(APIError):
    """An answer came that says no.

    `status` is HTTP's; `code`, `kind` (on the wire: type) and `param` are the server's own words,
    empty where it gave none. `retry_after` is in seconds, as the server said: bound it before
    obeying. `server_date` is the server's clock, in seconds since the epoch.
    """

    status: int = 0
    code: str = ""
    kind: str = ""
    param: str = ""
    retry_after: float | None = None
    server_date: float | None = None


class BadRequestError(APIStatusError):
    """400: the request is wrong."""


class AuthenticationError(APIStatusError):
    """401: the key is missing or wrong."""


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this, or moderation refused."""


class NotFoundError(APIStatusError):
    """404: no such video, or no such path; or the server's own word for that, with any status."""


class ConflictError(APIStatusError):
    """409: the video is in another state than this needs."""


class UnprocessableEntityError(APIStatusError):
    """422: the request is understood and not possible."""


class RateLimitError(APIStatusError):
    """429: too many requests, or the quota is used up (`code` tells)."""


class InternalServerError(APIStatusError):
    """500 and above: the server, or something before it, broke."""


class GenerationTimeout(APITimeoutError):
    """A render has not come to its end in time; it goes on, and `video` has its id."""

    video: Video


class GenerationFailed(APIError):
    """A render that was accepted ended without a video.

    `video` is how it ended; `code` and `message` are the server's own words, empty where it gave
    none. `spent` is `ambiguous`: nobody but the server knows whether it bills failures.
    """

    video: Video
    code: str = ""
    message: str = ""


class ModerationBlocked(GenerationFailed):
    """A render ended without a video because of what it would have shown."""


_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}
_FIXES = {
    401: "check this provider's API key",
    402: "check the account's balance",
    403: "check what this provider's API key may do",
}


def status_error(
    where: str, status: int, message: str, *, spends: bool, missing: bool = False
) -> APIStatusError:
    """The error of that status.

    `spends` tells whether the request could have bought something, `missing` whether the server
    says in its own words what a 404 says.
    """
    kind: type[APIStatusError] = NotFoundError
    if not missing:
        usual = InternalServerError if status >= 500 else APIStatusError
        kind = _BY_STATUS.get(status, usual)
    words = bounded(message)
    what = f"{status} {_phrase(status)}".rstrip() + (f": {words}" if words else "")
    error = kind(where, what, _FIXES.get(status, ""), spent=spent_by(status, spends=spends))
    error.status = status
    return error


def spent_by(status: int, *, spends: bool) -> Spent:
    """What an answer of that status says about money."""
    if not spends:
        return "not_sent"
    if status in REJECTED:
        return "rejected"
    return "throttled" if status == THROTTLED else "ambiguous"


def passing(error: BaseException) -> bool:
    """Whether the same question may be answered later; never a reason to repeat a create."""
    if isinstance(error, APIStatusError):
        later = error.status in _PASSING or error.status >= 500
        return later and not isinstance(error, NotFoundError)
    return isinstance(error, APIConnectionError | APIAnswerError)


def render_failed(video: Video) -> GenerationFailed:
    """The error for a render that ended failed."""
    code, message = (video.error.code, video.error.message) if video.error else ("", "")
    kind = ModerationBlocked if _moderated(code) else GenerationFailed
    why = ": ".join(filter(None, (code, message))) or video.word
    error = kind(f"video '{video.id}'", f"the render failed: {bounded(why)}")
    error.video, error.code, error.message = video, code, message
    return error


def render_late(video: Video, waited: float) -> GenerationTimeout:
    """The error for a render that goes on after `waited` seconds of waiting for it."""
    far = "" if video.progress is None else f" at {video.progress:.0f} %"
    what = f"it is still {video.status}{far} after {waited:.0f} s"
    error = GenerationTimeout(f"video '{video.id}'", what, "go on waiting for that id")
    error.video = video
    return error


def bounded(text: str) -> str:
    """A server's words, cut to what fits a line, without anything that a terminal would obey."""
    words = " ".join(printable(text[: 4 * _LONGEST]).split())
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


def _moderated(code: str) -> bool:
    return code.strip().lower().replace("-", "_") in _MODERATION


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
