"""Characters: a name and a short film of it, kept to be named in creates.

The studio draws nobody, so of the film it keeps the digest alone, and no decoder ever sees it: two
videos with different characters are different videos, and that is all.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable

from sorapipe.studio.refusal import Refusal
from sorapipe.studio.requests import Fields, File
from sorapipe.studio.rules import Rules, kind_of, missing
from sorapipe.studio.state import Character, State

# How an MP4 begins: a box called `ftyp`, whose length fits one byte.
MP4 = r"^\x00\x00\x00[\x08-\x7f]ftyp"


def wanted(fields: Fields, rules: Rules, at: int) -> Character:
    """The character that those fields describe, made `at` a second; raises Refusal."""
    for other in fields:
        if other not in ("name", "video"):
            message = f"Unknown parameter: '{other[:100]}'."
            raise Refusal(message, param=other[:100], code="unknown_parameter")
    name, video = rules.name(fields.get("name")), fields.get("video")
    if video is None:
        raise missing("video")
    if not isinstance(video, File | str):
        message = f"Invalid type for 'video': expected a file, but got {kind_of(video)} instead."
        raise Refusal(message, param="video", code="invalid_type")
    # A part without a file's name is a file all the same.
    data = video.data if isinstance(video, File) else video.encode()
    if not re.match(MP4.encode(), data):
        raise Refusal("Invalid 'video': expected an MP4.", param="video", code="invalid_value")
    return Character(
        id=f"char_{uuid.uuid4().hex}",
        name=name,
        digest=hashlib.sha256(data).hexdigest(),
        created_at=at,
    )


def digests(state: State, ids: Iterable[str]) -> list[str]:
    """What stands for those characters; raises Refusal for one that nobody made."""
    found = []
    for character_id in ids:
        character = state.character(character_id)
        if character is None:
            raise no_such_character(character_id, param="characters")
        found.append(character.digest)
    return found


def no_such_character(character_id: str, *, param: str = "character_id") -> Refusal:
    """404: nobody made a character of that id here."""
    return Refusal(f"Character with id '{character_id}' not found.", status=404, param=param)
