"""From the fields of a request to the video that is wanted: checked, with defaults and a seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sorapipe.studio.refusal import Refusal
from sorapipe.studio.requests import Fields, File
from sorapipe.studio.rules import Rules
from sorapipe.studio.state import Kind, Video

if TYPE_CHECKING:
    from sorapipe.studio.upload import Upload

_KNOWN = {"prompt", "model", "size", "seconds", "seed", "input_reference", "video", "characters"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The fields of a new video, by `rules`; it will be called `video_id` and made `at` a second.

    Its methods raise Refusal.
    """

    fields: Fields
    rules: Rules
    video_id: str
    at: int

    def created(self, image: bytes | None, characters: Sequence[str]) -> Video:
        """What a create wants that starts from that image, with characters of those digests."""
        model = self.rules.model(self.fields.get("model"))
        size = self.rules.size(self.fields.get("size"), model)
        seconds = self.rules.seconds(self.fields.get("seconds"))
        start = hashlib.sha256(image).hexdigest() if image is not None else ""
        start += "".join(f"+{digest}" for digest in characters)
        return self._video("create", model, size, (seconds, seconds), start)

    def derived(self, kind: Kind, parent: Video) -> Video:
        """What a remix, an edit or an extension of `parent` wants."""
        lengths, extended = self._lengths(kind, parent.seconds, parent.extended)
        video = self._video(kind, parent.model, parent.size, lengths, parent.digest)
        return replace(video, parent_id=parent.id, extended=extended)

    def derived_from_upload(self, kind: Kind, upload: Upload, data: bytes) -> Video:
        """What an edit or an extension of a video wants that came with the request."""
        model = self.rules.model(self.fields.get("model"))
        size = self.rules.size(upload.size, model, param="video")
        lengths, extended = self._lengths(kind, upload.seconds, 0)
        video = self._video(kind, model, size, lengths, hashlib.sha256(data).hexdigest())
        return replace(video, extended=extended)

    def _lengths(self, kind: Kind, seconds: str, extended: int) -> tuple[tuple[str, str], int]:
        """The (drawn, whole) lengths of a child, and how often it has been extended then."""
        if kind != "extend":
            return (seconds, seconds), 0
        for name in ("input_reference", "characters"):
            if name in self.fields:
                message = f"Unsupported parameter: an extension takes no '{name}'."
                raise Refusal(message, param=name, code="unsupported_parameter")
        return self.rules.extension(seconds, extended, self.fields.get("seconds")), extended + 1

    def _video(
        self, kind: Kind, model: str, size: str, lengths: tuple[str, str], start: str
    ) -> Video:
        """The video of those (drawn, whole) lengths; `start` is the digest of what it starts from.

        Where the request names no seed, one is drawn from all that the picture depends on.
        """
        prompt = self.rules.prompt(self.fields.get("prompt"))
        seed = self.rules.seed(self.fields.get("seed"))
        digest = _sha256([kind, prompt, model, size, *lengths, start, seed])
        unknown = {name: value for name, value in self.fields.items() if name not in _KNOWN}
        return Video(
            id=self.video_id,
            kind=kind,
            model=model,
            prompt=prompt,
            size=size,
            seconds=lengths[1],
            new_seconds=lengths[0],
            seed=int(digest[:16], 16) >> 1 if seed is None else seed,
            digest=digest,
            extra=_as_json(unknown),
            created_at=self.at,
        )


def request_digest(path: str, fields: Fields) -> str:
    """What two requests share if they are one and the same, however they were written."""
    return _sha256([path, fields])


def _sha256(document: list[Any]) -> str:
    return hashlib.sha256(_as_json(document).encode()).hexdigest()


def _as_json(document: Any) -> str:
    return json.dumps(document, sort_keys=True, default=_file)


def _file(value: File) -> dict[str, str]:
    return {"sha256": hashlib.sha256(value.data).hexdigest()}
