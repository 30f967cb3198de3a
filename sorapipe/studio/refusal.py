"""A request that the studio turns down, as the real API words it. Pure."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """A request that is answered with an error: a `status`, and the four fields of its body."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        param: str | None = None,
        code: str | None = None,
        kind: str = "invalid_request_error",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.param = param
        self.code = code
        self.kind = kind
        self.headers = dict(headers or {})

    def body(self) -> dict[str, dict[str, str | None]]:
        """`{"error": {message, type, param, code}}`."""
        return {
            "error": {
                "message": self.message,
                "type": self.kind,
                "param": self.param,
                "code": self.code,
            }
        }


def no_such_video(video_id: str, *, param: str = "video_id") -> Refusal:
    """404: nobody made a video of that id here, or it was deleted."""
    return Refusal(f"Video with id '{video_id}' not found.", status=404, param=param)
