"""What a live server says of itself, asked for nothing that could be a render or cost anything."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import replace

from sorapipe.videos import findings, wire
from sorapipe.videos.errors import APIConnectionError
from sorapipe.videos.findings import Findings
from sorapipe.videos.profile import Profile
from sorapipe.videos.sender import HttpSender
from sorapipe.videos.wire import LIST_LIMIT, WireAnswer, WireRequest

TIMEOUT = 15.0  # seconds for each answer


async def check(
    sender: HttpSender, host: str, profile: Profile, known: Collection[Profile]
) -> Findings:
    """Ask the server at `host`; `known` are the profiles that it may turn out to be.

    It sends four GETs and one OPTIONS, and nothing else: for a video that nobody has, one entry of
    the list, the OpenAPI document, and the models.
    """
    answers: dict[str, tuple[WireRequest, WireAnswer]] = {}
    silent: list[str] = []
    for name, request in questions(profile).items():
        try:
            answers[name] = request, await sender.send(request, timeout=TIMEOUT)
        except APIConnectionError as error:
            if not answers:  # a server that has answered once is there, whatever it does later
                return Findings(trouble=str(error))
            silent.append(request.where)
    found = findings.judge(answers, host, profile, known)
    return replace(found, silent=tuple(silent))


def questions(profile: Profile) -> dict[str, WireRequest]:
    """What is asked, in that order, by names that `findings` knows."""
    nobody = f"video_{uuid.uuid4().hex}"
    auth, headers = profile.auth, {"accept": "application/json"}
    create, models = profile.paths.create.partition("?")[0], profile.paths.models
    document = WireRequest(
        method="GET", address="/openapi.json", headers=headers, auth=auth, limit=LIST_LIMIT
    )
    return {
        "nobody": wire.retrieve(profile, nobody),
        "list": wire.list_page(replace(profile, list="hint"), limit=1),  # whether or not it has one
        "options": WireRequest(method="OPTIONS", path=create, headers=headers, auth=auth),
        "document": document,
        "models": replace(document, address=None, path=models),
    }
