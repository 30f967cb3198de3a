"""Bugs of the budget, of what is bought again, and of the way home."""

from __future__ import annotations

import dataclasses
from typing import Any

import sorapipe.core.planner
import sorapipe.core.tally
import sorapipe.files
import sorapipe.ledger
import sorapipe.run.admit
import sorapipe.run.create
import sorapipe.run.fetch
import sorapipe.run.heart
import sorapipe.run.look
import sorapipe.run.prepare
import sorapipe.run.reconcile
import sorapipe.run.watch
from sorapipe.core.plan import Decision
from sorapipe.core.price import ZERO, Budget
from sorapipe.core.take import Move
from sorapipe.run.hands import GiveUp
from sorapipe.run.outcome import Outcome
from sorapipe.videos.boxes import Boxes, BoxWalk
from tests.simulation.bugs.planting import Change, bug


@bug
def the_budget_is_checked_late() -> list[Change]:
    """The budget is checked late."""
    real = Budget.reserve

    def reserve(self: Budget, key: str, price: Any, held: Any) -> bool:
        return not price or real(self, key, min(price, ZERO + 1) / 1000, held)

    return [
        (Budget, "reserve", reserve),
        (sorapipe.run.admit, "admit", lambda plan, **terms: None),
    ]


@bug
def what_is_unknown_costs_nothing() -> list[Change]:
    """What is unknown costs nothing."""
    real = sorapipe.core.tally.apply

    def apply(take: Any, event: Any) -> Any:
        after = real(take, event)
        gone = event["event"] in ("ambiguous", "unknown")
        return dataclasses.replace(after, held=ZERO) if gone else after

    return [(sorapipe.core.tally, "apply", apply)]


@bug
def an_open_payment_exits_with_0() -> list[Change]:
    """An open payment exits with 0."""
    real = Outcome.exit.fget  # type: ignore[attr-defined]
    return [(Outcome, "exit", property(lambda self: 0 if real(self) == 3 else real(self)))]


@bug
def what_failed_is_bought_again_unasked() -> list[Change]:
    """What failed is bought again unasked."""

    def again(what: str, why: str, consent: bool) -> Any:
        return Decision.RENDER, what

    return [(sorapipe.core.planner, "_bought_again", again)]


@bug
def a_failed_download_is_rendered_again() -> list[Change]:
    """A failed download is rendered again."""
    return [_giving_up(Move.FETCH, sorapipe.run.fetch.fetch)]


@bug
def a_slow_render_is_rendered_again() -> list[Change]:
    """A slow render is rendered again."""
    real = sorapipe.run.watch.watch

    async def watch(hands: Any, work: Any) -> None:
        limits = dataclasses.replace(hands.provider.limits, render_timeout=8.0)
        provider = dataclasses.replace(hands.provider, limits=limits)
        await real(dataclasses.replace(hands, provider=provider), work)

    return [_giving_up(Move.POLL, watch)]


def _giving_up(move: Move, real: Any) -> Change:
    async def perform(hands: Any, work: Any) -> None:
        try:
            await real(hands, work)
        except GiveUp as error:
            name = {"fp": work.fingerprint, "take": work.name}
            await hands.session.record("lost", **name, why=str(error))
            if work.shot is not None:
                await hands.session.record("again", **name, reason="lost")

    return (
        sorapipe.run.heart,
        "PERFORM",
        {**sorapipe.run.heart.PERFORM, move: perform},
    )


@bug
def one_404_is_the_end_of_a_render() -> list[Change]:
    """One 404 is the end of a render."""
    return [(sorapipe.run.look, "MISSES", 0), _impatient()]


def _impatient() -> Change:
    real = sorapipe.run.watch.retrieve

    async def retrieve(hands: Any, *args: Any) -> Any:
        limits = dataclasses.replace(hands.provider.limits, settle_timeout=0.0)
        provider = dataclasses.replace(hands.provider, limits=limits)
        return await real(dataclasses.replace(hands, provider=provider), *args)

    return (sorapipe.run.watch, "retrieve", retrieve)


@bug
def our_clock_tells_when_a_video_expires() -> list[Change]:
    """Our clock tells when a video expires."""
    real = sorapipe.run.fetch._gone

    async def gone(hands: Any, error: Any, take: Any) -> bool:
        late = take.expires_at is not None and hands.clock.now() >= take.expires_at
        return (error.status == 404 and late) or await real(hands, error, take)

    return [(sorapipe.run.fetch, "_gone", gone)]


@bug
def half_a_video_is_a_video() -> list[Change]:
    """Half a video is a video."""
    boxes = Boxes(4.0, 1280, 720, False, "avc1")
    return [
        (BoxWalk, "feed", lambda self, data: None),
        (BoxWalk, "finish", lambda self: boxes),
    ]
