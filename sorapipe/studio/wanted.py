"""From the fields of a request to the video that is wanted: checked, with defaults and a seed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sorapipe.studio.picture import picture_bytes
from sorapipe.studio.requests import Fields, File
from sorapipe.studio.rules import Rules
from sorapipe.studio.state import Kind, Video

_KNOWN = {"prompt", "model", "size", "seconds", "seed", "input_reference", "video"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The fields of a new video, by `rules`; it will be called `video_id` and made `at` a second.

    Both methods raise Refusal.
    """

    fields: Fields
    rules: Rules
    video_id: str
    at: int

    def created(self) -> tuple[Video, bytes | None]:
        """What a create wants, and the bytes of the image that it starts from."""
        model = self.rules.model(self.fields.get("model"))
        size = self.rules.size(self.fields.get("size"), model)
        seconds = self.rules.seconds(self.fields.get("seconds"))
        image = picture_bytes(self.fields.get("input_reference"))
        start = hashlib.sha256(image).hexdigest() if image is not None else ""
        return self._video("create", model, size, (seconds, seconds), start), image

    def derived(self, kind: Kind, parent: Video) -> Video:
        """What a remix, an edit or an extension of `parent` wants."""
        lengths = parent.seconds, parent.seconds
        if kind == "extend":
            lengths = self.rules.extension(parent.seconds, self.fields.get("seconds"))
        return self._video(
            kind, parent.model, parent.size, lengths, parent.digest, parent_id=parent.id
        )

    def _video(
        self,
        kind: Kind,
        model: str,
        size: str,
        lengths: tuple[str, str],
        start: str,
        *,
        parent_id: str | None = None,
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
            parent_id=parent_id,
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
