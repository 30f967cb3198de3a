"""Ids that a gateway has put its own marks in, and forgot some of them."""

from __future__ import annotations

import base64
import binascii

_PREFIX = "video_"
_MARKS = ("litellm:custom_llm_provider:", "model_id:", "video_id:")


def child(parent: str, told: str) -> str:
    """The id by which a child of `parent` can be polled, where LiteLLM answered `told`.

    LiteLLM up to 1.106 leaves the model out of the ids of remixes, edits and extensions, and then
    asks the wrong server for them. The child lives where its parent does, so the parent's marks are
    the right ones. An id that has its model, or is none of LiteLLM's, stays as it is: no other
    server's looks like that, so this needs no profile to say that it is LiteLLM.
    """
    mine, above = _parts(told), _parts(parent)
    if mine is None or above is None or mine[1] != _MARKS[1] or above[1] == _MARKS[1]:
        return told
    whole = ";".join((above[0], above[1], mine[2], *above[3:]))
    return _PREFIX + base64.b64encode(whole.encode()).decode("ascii")


def _parts(video: str) -> list[str] | None:
    """Provider, model, upstream id and what follows, each with its mark; None for other ids."""
    if not video.startswith(_PREFIX):
        return None
    coded = video.removeprefix(_PREFIX).rstrip("=")
    try:
        text = base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    parts = text.split(";")
    marked = len(parts) >= len(_MARKS) and all(map(str.startswith, parts, _MARKS))
    return parts if marked else None
