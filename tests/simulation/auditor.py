"""The auditor: was anything paid twice, lost, unnamed, over budget or without end?

It imports nothing of sorapipe. It knows the server's books, the files that are left, what the
commands said and how they exited, and the documented format of a ledger line.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from decimal import Decimal

from tests.simulation.evidence import SAID_FREE, Evidence
from tests.simulation.nodes import ROOT
from tests.simulation.server import Post, Render
from tests.simulation.story import Story

EXITS = frozenset({0, 1, 3, 4, 6, 7, 130, 143, None})


def audit(story: Story) -> list[str]:
    """Every promise that was broken, one line each; none is the empty list."""
    audits = [_Audit(story, project) for project in range(story.scenario.projects)]
    found = _endings(story)
    for one in audits:
        found += one.found() + one.late(audits)
    return found


def _endings(story: Story) -> list[str]:
    """Everything ends, with a documented exit code and without a fault of ours."""
    found = []
    for end in story.ends:
        if end.exit not in EXITS or "Traceback" in end.text:
            found.append(
                f"end: {end.command} of {end.project} exited {end.exit}: {end.text.strip()}"
            )
        if end.ended - end.begun > 24 * 3600:
            found.append(f"end: {end.command} of {end.project} took {end.ended - end.begun:.0f} s")
    return found


class _Audit(Evidence):
    """The audit of one project."""

    def found(self) -> list[str]:
        """What is wrong."""
        found = [f"ledger: {self.broken}"] if self.broken else []
        checks = (self._order, self._twice, self._lost, self._foreign, self._budget, self._done)
        return found + [f"project {self.project}: {line}" for check in checks for line in check()]

    # Intent before the first byte, id before anything else.

    def _order(self) -> list[str]:
        found = [
            f"intent: {post.key} was sent at {post.at:.2f} before its intent was durable"
            for post in self.posts
            if not post.intended
        ]
        return found + [
            f"id: {one.id} was asked about before its id was durable"
            for one in self.renders
            if one.looked and not one.durable_before_look
        ]

    # No second create without proof.

    def _twice(self) -> list[str]:
        found, earlier = [], defaultdict[str, list[Post]](list)
        for post in self.posts:
            intent = self.intents.get(post.key)
            if intent is None:
                found.append(f"intent: the ledger knows nothing of {post.key}")
                continue
            for first in earlier[intent["fp"]]:
                why = self._unproved(first, post)
                if why:
                    found.append(
                        f"twice: {intent['take']} was sent at {first.at:.2f} and again at "
                        f"{post.at:.2f}: {why}"
                    )
            earlier[intent["fp"]].append(post)
        return found

    def _unproved(self, first: Post, second: Post) -> str:
        """Why the second request of a take may not follow the first; nothing if it may."""
        if first.key == second.key:
            return "the same key, not trusted" if self.story.scenario.kind.keys == "none" else ""
        names = {event["event"] for event in self.fates[first.key]}
        render = self.by_key.get(first.key)
        if render is None and first.told == "no" and names & SAID_FREE:
            return ""
        if self.consented(first, second):
            return ""
        if render is not None:
            return f"the first was taken on as {render.id}"
        return "" if self.absent(first, second.at) else "nobody knew what became of the first"

    # Nothing paid is lost, and what is unknown is named.

    def _lost(self) -> list[str]:
        found = []
        for one in self.renders:
            why = self._not_brought_home(one)
            if why:
                found.append(f"lost: {one.id} was paid for and {why}")
        return found

    def _not_brought_home(self, one: Render) -> str:
        key = one.post.key
        if key not in self.intents:
            return "the ledger knows nothing of it"
        names = [event["event"] for event in self.fates[key]]
        take = self.intents[key]["take"]
        if "kept" in names:
            return self._not_kept(one)
        if "failed" in names:
            return "" if one.end == "failed" else "is called failed"
        if "lost" in names:
            gone = self.story.ends[-1].ended >= one.expires
            kept_word = one.end == "completed" or self.story.scenario.kind.forgets
            return "" if gone and kept_word else "is called lost"
        if "written-off" in names or any(
            n == take for p, n, _ in self.story.consents if p == self.project
        ):
            return ""
        if {"not-sent", "throttled", "rejected", "absent"} & set(names):
            return f"is called free: {names}"
        if {"accepted", "adopted"} & set(names):
            return self._not_in_flight(one, take, names)
        return self._not_named(take)

    def _not_kept(self, one: Render) -> str:
        whole = hashlib.sha256(one.bytes()).hexdigest()
        kept = [e for e in self.fates[one.post.key] if e["event"] == "kept"][-1]
        if kept["sha256"] != whole:
            return f"something else was kept for it: {kept['video']}"
        path = f"{ROOT}/{self.project}/store/objects/{whole[:2]}/{whole}"
        there = [self.story.files.get(path)]
        there += [data for name, data in self.story.files.items() if name.startswith(self.out)]
        return "" if one.bytes() in there else "its bytes are not there"

    def _not_in_flight(self, one: Render, take: str, names: list[str]) -> str:
        last = self.last
        if last is None or last.exit in (0, None):
            return f"is in flight, and the last run exited {last and last.exit}"
        if one.id not in last.text and last.exit != 4:
            return "is in flight, and the last run does not name it"
        return "" if one.end == "stuck" else f"was not brought home in calm weather: {names}"

    def _not_named(self, take: str) -> str:
        runs = [end for end in self.story.ends if end.project == self.project]
        told = [end for end in runs if end.exit != 6]  # a plan that is refused begins no run
        last = told[-1] if told else None
        if last is None or (last.command == "run" and last.exit != 3):
            return f"its payment is unknown, and the last run exited {last and last.exit}"
        price = f"{Decimal(str(self._price_of(take))):.2f}"
        named = any(
            line.startswith(f"{take}:") and f"${price}" in line
            for end in told
            if end.exit == 3
            for line in end.text.splitlines()[-20:]
        )
        return "" if named else f"the last run does not name {take} with ${price}"

    def _price_of(self, take: str) -> float:
        prices = [e["price"] for e in self.lines if e["event"] == "intent" and e["take"] == take]
        return float(prices[-1])

    # Nobody else's render is taken.

    def _foreign(self) -> list[str]:
        found = []
        for key, events in self.fates.items():
            for event in events:
                if event["event"] not in ("accepted", "adopted", "duplicate"):
                    continue
                one = self.story.renders.get(event["video"])
                if one is None or one.post.key != key:
                    whose = "nobody" if one is None else f"project {one.post.project}"
                    found.append(f"adopted: {event['video']} of {whose} was taken for {key}")
        return found

    # What turns up late is found, if it can only be this one.

    def late(self, audits: list[_Audit]) -> list[str]:
        """What the list showed for certain, and nobody took up."""
        found = []
        for one in self.renders:
            names = [event["event"] for event in self.fates[one.post.key]]
            if one.post.key not in self.intents or not self._is_certain(one, audits):
                continue
            if names[-1] == "unknown" and self.shown(one, 0.0, needed=False):
                found.append(f"late: {one.id} was listed, and its payment is still unknown")
            given_up = {"resubmitted", "written-off"} & set(names)
            if given_up and self.shown(one, self._given_up(one), needed=True):
                found += self._missed(one, names)
        return found

    def _is_certain(self, one: Render, audits: list[_Audit]) -> bool:
        """Whether nothing else that was asked for can be taken for it.

        What another folder knows to be its own counts as well: it may have learned that later.
        """
        known = self.ids()
        alike = (other for other in self.story.renders.values() if other.prompt == one.prompt)
        if any(other is not one and other.id not in known for other in alike):
            return False
        return not any(
            intent["request"]["prompt"] == one.prompt and key != one.post.key and audit.is_open(key)
            for audit in audits
            for key, intent in audit.intents.items()
        )

    def _given_up(self, one: Render) -> float:
        """When its owner did so."""
        take = self.intents[one.post.key]["take"]
        ends = (e for e in self.story.ends if e.project == self.project and e.command == "resolve")
        return max((end.ended for end in ends if end.text.startswith(take)), default=0.0)

    def _missed(self, one: Render, names: list[str]) -> list[str]:
        if "adopted" in names:
            return []
        if "duplicate" not in names:
            return [f"late: {one.id} was given up and then listed, and the ledger does not have it"]
        price = f"${one.price:.2f}"
        told = (end.text for end in self.story.ends if end.project == self.project)
        lines = (line for text in told for line in text.splitlines() if one.id in line)
        found = []
        if not any("paid twice" in line and price in line for line in lines):
            found.append(f"late: {one.id} was paid twice, and nobody was told of {price}")
        there = (data for name, data in self.story.files.items() if name.startswith(self.out))
        if one.end == "completed" and one.bytes() not in there:
            found.append(f"late: {one.id} was paid twice, and is not there")
        return found

    # The budget is never passed, whatever the open requests turn out to have cost.

    def _budget(self) -> list[str]:
        life, run = self.story.scenario.storyboard.budget, self.story.scenario.run_budget
        found = []
        for post in self.posts:
            before = list({one.key: one for one in self.posts if one.at <= post.at}.values())
            spent = sum((self.cost(one, post.at) for one in before), Decimal(0))
            if life is not None and spent > life:
                found.append(f"budget: {spent} may be spent at {post.at:.2f}, of {life}")
            here = (one for one in before if one.session == post.session)
            spent = sum((self.cost(one, post.at) for one in here), Decimal(0))
            if run is not None and spent > run:
                found.append(f"budget: {spent} may be spent by one run at {post.at:.2f}, of {run}")
        return found

    # What is called done is there.

    def _done(self) -> list[str]:
        if self.last is None:
            return []
        if self.last.exit == 4:
            return [f"end: calm weather, and the last run exited 4: {self.last.text.strip()}"]
        if self.last.exit is None:
            return ["end: the last run was killed, though nobody killed it"]
        if self.last.exit != 0:
            return [] if self.last.text.strip() else [f"end: exit {self.last.exit}, not a word why"]
        found = []
        whole = {one.bytes(): one for one in self.renders}
        for shot in self.story.scenario.storyboard.shots:
            there = self.story.files.get(f"{self.out}/{shot.id}.mp4")
            one = whole.get(there or b"")
            if one is None:
                found.append(f"done: exit 0, and {shot.id}.mp4 is not a video that was paid for")
            elif one.prompt != shot.prompt or one.seconds != shot.seconds:
                found.append(f"done: exit 0, and {shot.id}.mp4 is of another shot")
        return found
