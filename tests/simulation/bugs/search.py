"""Bugs of the search for a lost answer."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from typing import Any

import sorapipe.core.planner
import sorapipe.core.tally
import sorapipe.files
import sorapipe.ledger
import sorapipe.run.admit
import sorapipe.run.create
import sorapipe.run.fetch
import sorapipe.run.heart
import sorapipe.run.prepare
import sorapipe.run.reconcile
import sorapipe.run.watch
from sorapipe.claims import Claims
from sorapipe.run.listing import Look
from sorapipe.videos.errors import APIError
from tests.simulation.bugs.planting import Change, bug


@bug
def the_first_of_several_is_adopted() -> list[Change]:
    """The first of several is adopted."""
    real = sorapipe.run.listing.judge

    def judge(*args: Any) -> Any:
        verdict, ids = real(*args)
        return ("found", ids[:1]) if verdict == "several" else (verdict, ids)

    return [(sorapipe.run.listing, "judge", judge)]


@bug
def what_may_be_the_twins_is_adopted() -> list[Change]:
    """What may be the twin's is adopted, where keys should have told them apart and did not."""
    return [
        (sorapipe.run.reconcile, "_key_is_trusted", lambda hands, work, take: False),
        (Look, "_own_rival", lambda self, intent, one: None),
    ]


@bug
def a_hint_is_taken_for_proof() -> list[Change]:
    """A hint is taken for proof."""
    return [_searching(lambda provider: _profile(provider, list="proof"), of="hint")]


@bug
def one_look_is_enough() -> list[Change]:
    """One look is enough."""
    return [_searching(_hasty, of="proof")]


def _hasty(provider: Any) -> Any:
    limits = dataclasses.replace(provider.limits, settle_timeout=0.0)
    return dataclasses.replace(provider, limits=limits)


def _profile(provider: Any, **changes: Any) -> Any:
    return dataclasses.replace(provider, profile=dataclasses.replace(provider.profile, **changes))


def _searching(change: Callable[[Any], Any], of: str) -> Change:
    real = sorapipe.run.reconcile._search

    async def search(hands: Any, work: Any, take: Any, *, exists: bool) -> None:
        if hands.provider.profile.list == of:
            hands = dataclasses.replace(hands, provider=change(hands.provider))
        await real(hands, work, take, exists=exists)

    return (sorapipe.run.reconcile, "_search", search)


@bug
def only_the_first_page_is_read() -> list[Change]:
    """Only the first page is read."""

    async def recent(hands: Any, since: float) -> AsyncIterator[Any]:
        page = await hands.client.list()
        for video in page.data:
            yield video

    return [(sorapipe.run.listing, "_recent", recent)]


@bug
def a_list_that_fails_is_an_empty_list() -> list[Change]:
    """A list that fails is an empty list."""
    real = sorapipe.run.reconcile.look

    async def look(hands: Any, *args: Any) -> Any:
        try:
            return await real(hands, *args)
        except APIError:
            return Look(hands, [], [])

    return [(sorapipe.run.reconcile, "look", look)]


@bug
def two_clocks_are_taken_for_one() -> list[Change]:
    """Two clocks are taken for one."""
    real = sorapipe.run.listing.sought

    def sought(intent: Any, *, prompt: str, until: float, offset: float) -> Any:
        return real({**intent, "offset": 0.0}, prompt=prompt, until=until, offset=0.0)

    return [(sorapipe.run.listing, "sought", sought)]


@bug
def a_key_is_trusted_everywhere() -> list[Change]:
    """A key is trusted everywhere."""
    real = sorapipe.run.reconcile._key_is_trusted

    def trusted(hands: Any, work: Any, take: Any) -> bool:
        provider = _profile(hands.provider, idempotency="replay")
        return real(dataclasses.replace(hands, provider=provider), work, take)

    return [(sorapipe.run.reconcile, "_key_is_trusted", trusted)]


@bug
def a_key_that_is_used_up_says_nothing() -> list[Change]:
    """A server that refuses a key as used before has not said that the render exists."""
    real = sorapipe.run.reconcile._ask_again

    async def ask_again(*args: Any) -> bool:
        await real(*args)
        return False

    return [(sorapipe.run.reconcile, "_ask_again", ask_again), _searching(_hasty, of="proof")]


@bug
def folders_adopt_each_others_renders() -> list[Change]:
    """Folders adopt each others renders."""
    return [
        (Claims, "claim", lambda self, address, video, out: True),
        (Claims, "owner", lambda self, address, video: None),
    ]
