"""The Videos API (`/v1/videos`) on the wire: usable alone, knows nothing of storyboards.

    from sorapipe.videos import Videos

Requests are built in `wire` and answers read in `answers`, both without I/O, and `calls` ties them;
`sender` carries them; `client` and `sync` have the operations under their usual names; `profile`
says what each kind of server can do. What is named here is loaded when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

_OFFERED = {
    "sorapipe.errors": ("SorapipeError", "StorageError", "UsageError"),
    "sorapipe.videos.boxes": ("BrokenVideo",),
    "sorapipe.videos.client": ("AsyncVideos",),
    "sorapipe.videos.errors": (
        "APIAnswerError",
        "APIConnectionError",
        "APIError",
        "APIStatusError",
        "APITimeoutError",
        "AuthenticationError",
        "BadRequestError",
        "ConflictError",
        "GenerationFailed",
        "GenerationTimeout",
        "InternalServerError",
        "ModerationBlocked",
        "NotFoundError",
        "PermissionDeniedError",
        "RateLimitError",
        "UnprocessableEntityError",
    ),
    "sorapipe.videos.model": (
        "Character",
        "Deleted",
        "Video",
        "VideoError",
    ),
    "sorapipe.videos.reference": ("FileId", "Image", "ImageUrl"),
    "sorapipe.videos.sync": ("Videos",),
}

if TYPE_CHECKING:
    from sorapipe.errors import SorapipeError as SorapipeError
    from sorapipe.errors import StorageError as StorageError
    from sorapipe.errors import UsageError as UsageError
    from sorapipe.videos.boxes import BrokenVideo as BrokenVideo
    from sorapipe.videos.client import AsyncVideos as AsyncVideos
    from sorapipe.videos.errors import APIAnswerError as APIAnswerError
    from sorapipe.videos.errors import APIConnectionError as APIConnectionError
    from sorapipe.videos.errors import APIError as APIError
    from sorapipe.videos.errors import APIStatusError as APIStatusError
    from sorapipe.videos.errors import APITimeoutError as APITimeoutError
    from sorapipe.videos.errors import AuthenticationError as AuthenticationError
    from sorapipe.videos.errors import BadRequestError as BadRequestError
    from sorapipe.videos.errors import ConflictError as ConflictError
    from sorapipe.videos.errors import GenerationFailed as GenerationFailed
    from sorapipe.videos.errors import GenerationTimeout as GenerationTimeout
    from sorapipe.videos.errors import InternalServerError as InternalServerError
    from sorapipe.videos.errors import ModerationBlocked as ModerationBlocked
    from sorapipe.videos.errors import NotFoundError as NotFoundError
    from sorapipe.videos.errors import PermissionDeniedError as PermissionDeniedError
    from sorapipe.videos.errors import RateLimitError as RateLimitError
    from sorapipe.videos.errors import UnprocessableEntityError as UnprocessableEntityError
    from sorapipe.videos.model import Character as Character
    from sorapipe.videos.model import Deleted as Deleted
    from sorapipe.videos.model import Video as Video
    from sorapipe.videos.model import VideoError as VideoError
    from sorapipe.videos.reference import FileId as FileId
    from sorapipe.videos.reference import Image as Image
    from sorapipe.videos.reference import ImageUrl as ImageUrl
    from sorapipe.videos.sync import Videos as Videos
else:
    __all__ = [name for names in _OFFERED.values() for name in names]

    def __dir__() -> list[str]:
        """What is offered here."""
        return __all__

    def __getattr__(name: str) -> object:
        """What is offered here, loaded when it is asked for: an HTTP library takes its time."""
        for home, names in _OFFERED.items():
            if name in names:
                return getattr(import_module(home), name)
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
