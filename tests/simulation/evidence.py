"""What there is to know about one project: its ledger, its requests, what was billed for it."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from decimal import Decimal
from typing import Any

from tests.simulation.nodes import ROOT
from tests.simulation.scenario import PRICE, PROMISE
from tests.simulation.server import Post, Render
from tests.simulation.story import End, Story

SAID_FREE = frozenset({"not-sent", "throttled", "rejected"})


class Evidence:
    """What there is to know about one project."""

    def __init__(self, story: Story, project: int) -> None:
        self.story = story
        self.project = project
        self.out = f"{ROOT}/{project}/out"
        self.ledger = story.files.get(f"{self.out}/ledger.jsonl", b"")
        self.lines: list[dict[str, Any]] = []
        self.broken = ""
        self._read()
        self.intents = {e["render"]: e for e in self.lines if e["event"] == "intent"}
        self.fates = self._fates()
        self.posts = [post for post in story.posts if post.project == project]
        self.renders = [one for one in story.renders.values() if one.post.project == project]
        self.by_key = {one.post.key: one for one in self.renders}
        runs = [e for e in story.ends if e.project == project and e.command == "run"]
        self.last: End | None = runs[-1] if runs else None

    def _read(self) -> None:
        for number, line in enumerate(self.ledger.split(b"\n")[:-1], 1):
            body, _, seal = line.rpartition(b',"crc":"')
            if seal != b'%08x"}' % zlib.crc32(body):
                self.broken = f"line {number} has the wrong checksum"
                return
            event = json.loads(line)
            if event["seq"] != number:
                self.broken = f"line {number} holds event {event['seq']}"
                return
            self.lines.append(event)

    def _fates(self) -> dict[str, list[dict[str, Any]]]:
        """What the ledger says of each request after its intent, by its key."""
        fates: dict[str, list[dict[str, Any]]] = defaultdict(list)
        open_: dict[str, str] = {}
        for event in self.lines:
            if event["event"] in ("intent", "adopted"):  # an earlier one may have turned up
                open_[event["fp"]] = event["render"]
            key = event.get("render") or open_.get(event.get("fp", ""))
            if key is not None:
                fates[key].append(event)
        return fates

    def consented(self, first: Post, second: Post) -> bool:
        """Whether the owner said in between that it may be bought again."""
        take = self.intents[first.key]["take"]
        said = [one for one in self.story.consents if one[0] == self.project]
        if any(name == take and first.at < at <= second.at for _, name, at in said):
            return True
        again = [end for end in self.story.ends if end.project == self.project and end.retry_failed]
        names = {event["event"] for event in self.fates[first.key]}
        ended = bool(names & {"failed", "lost", "written-off"})
        return ended and any(first.at <= end.begun <= second.at for end in again)

    def ids(self) -> set[str]:
        """The videos that this project knows to be its own."""
        names = ("accepted", "adopted", "duplicate")
        return {event["video"] for event in self.lines if event["event"] in names}

    def is_open(self, key: str) -> bool:
        """Whether that request may have bought something that nobody knows the id of."""
        names = {event["event"] for event in self.fates[key]}
        return not names & {"accepted", "adopted", "duplicate", "absent", *SAID_FREE}

    def shown(self, one: Render, since: float, *, needed: bool) -> bool:
        """Whether its list showed it while a run in calm weather was to look for it.

        With `needed` only runs count that talked to the server for another reason too.
        """
        kind = self.story.scenario.kind
        if one.listed is None or kind.worth == "none" or not kind.echo:
            return False
        begin = max(since, one.listed)
        return any(
            end.begun > begin and end.ended < one.expires and (not needed or self._talked(end))
            for end in self.story.ends
            if end.project == self.project and end.command == "run" and not end.disturbed
        )

    def _talked(self, end: End) -> bool:
        posts = (post.at for post in self.posts)
        return any(end.begun <= at <= end.ended for at in posts)

    def absent(self, first: Post, before: float) -> bool:
        """Whether a complete list, late enough to have it, was read and did not have it.

        Where the owner wants such requests to be held, that is no reason to send it again.
        """
        if self.story.scenario.storyboard.on_ambiguous == "hold":
            return False
        if self.story.scenario.kind.worth != "proof" or first.key in self.by_key:
            return False
        looks = (at for project, at in self.story.looks if project == self.project)
        return any(first.at + PROMISE <= at <= before for at in looks)

    def cost(self, post: Post, now: float) -> Decimal:
        """The most that a request may have cost, as it could be known at that time."""
        intent = self.intents.get(post.key)
        if intent is None:
            return Decimal(0)
        price = PRICE * Decimal(str(intent["request"]["seconds"]))
        one = self.by_key.get(post.key)
        if one is not None:
            free = self.story.scenario.kind.failures_free and one.end == "failed" and one.ends < now
            return Decimal(0) if free else price
        names = {event["event"] for event in self.fates[post.key]}
        if (post.told == "no" and names & SAID_FREE) or self.absent(post, now):
            return Decimal(0)
        owned = any(
            take == intent["take"] and at <= now and not names & {"written-off"}
            for project, take, at in self.story.consents
            if project == self.project
        )
        return Decimal(0) if owned and "absent" in names else price
