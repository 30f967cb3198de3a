"""Deleting a video on the server, so that it is known to be gone.

A deletion may be asked for twice, since the second finds nothing; so what has no answer is asked
again, which a create never is.
"""

from __future__ import annotations

from tenacity import retry_if_exception, stop_after_attempt, wait_exponential

from sorapipe.run.again import Again
from sorapipe.run.hands import REFUSED
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.errors import APIAnswerError, APIError, APIStatusError, NotFoundError, passing
from sorapipe.videos.model import Video

TRIES = 3


async def look(videos: AsyncVideos, video: str) -> Video | None:
    """The video as the server has it, or None where it does not know it. Raises APIError."""
    try:
        return await _patiently()(videos.retrieve, video)
    except APIStatusError as error:
        if _is_gone(error):
            return None
        raise


async def remove(videos: AsyncVideos, video: str) -> bool:
    """Delete the video; False where it was gone already.

    Raises:
        APIError: it may still be there; asking again is safe.
    """
    try:
        answer = await _patiently()(videos.delete, video)
    except APIStatusError as error:
        # A server that lacks the path says 404 as well, and has it still.
        if _is_gone(error) and await look(videos, video) is None:
            return False
        raise
    if not answer.deleted:
        raise APIAnswerError(f"video '{video}'", "the server says that it did not delete it")
    return True


def refuses(error: APIError) -> bool:
    """Whether the server does not take our key: then it takes it for nothing else either."""
    return isinstance(error, APIStatusError) and error.status in REFUSED


def ends_all(error: APIError) -> bool:
    """Whether the other videos would fare no better: it is away, or does not take our key."""
    return not isinstance(error, APIStatusError) or refuses(error)


def _is_gone(error: APIStatusError) -> bool:
    return isinstance(error, NotFoundError) or error.status == 410


def _patiently() -> Again:
    return Again(
        retry=retry_if_exception(passing),
        stop=stop_after_attempt(TRIES),
        wait=wait_exponential(0.5, max=5),
        reraise=True,
    )
