"""A model of a server of the Videos API, and its books: who asked for what, and what was billed.

Written from what is known of such servers, not from our studio, so that a mistake of ours is not
made twice. It is never wrong about what its kind promises; everything else it may do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from typing import Any, Literal

from tests.simulation.film import film
from tests.simulation.scenario import PRICE, Kind, Weather

EPOCH = 1_800_000_000.0  # the true wall time at which every simulation begins
Told = Literal["silent", "yes", "no"]
Reply = tuple[int, Any]


@dataclass(slots=True, eq=False)
class Post:
    """One request for a render whose first byte left the client at the time `at`.

    `told` is what the client read of the answer; `intended` whether its key was durable on the
    client's disk when it left. `arrives` is None where it never does.
    """

    at: float
    project: int
    session: int
    key: str
    body: Mapping[str, Any]
    parent: str | None
    intended: bool
    arrives: float | None = None
    takes_on: bool = True
    told: Told = "silent"
    video: str | None = None


@dataclass(slots=True, eq=False)
class Render:
    """One render that was taken on, and so billed. Times are true seconds since the beginning."""

    id: str
    post: Post
    at: float
    price: Decimal
    prompt: str
    model: str
    size: str
    seconds: float
    parent: str | None
    listed: float | None
    begins: float
    ends: float
    end: Literal["completed", "failed", "stuck"]
    expires: float
    durable_before_look: bool = True  # its id was on the client's disk before it was asked about
    looked: bool = False

    def bytes(self) -> bytes:
        """The video itself."""
        return film(self.id, self.seconds, self.size)


@dataclass(slots=True)
class Server:
    """The server. `looks` are the times at which a list that was read to its end was begun."""

    kind: Kind
    weather: Weather
    chance: Random
    posts: list[Post] = field(default_factory=list)
    renders: dict[str, Render] = field(default_factory=dict)
    looks: list[tuple[int, float]] = field(default_factory=list)
    _waiting: list[Post] = field(default_factory=list)
    _look_begun: dict[tuple[int, str | None], float] = field(default_factory=dict)

    def clock(self, now: float) -> float:
        """What its own clock shows, in seconds since the epoch."""
        return EPOCH + now + self.kind.skew

    def expect(self, post: Post) -> None:
        """A request is on its way; it arrives by itself."""
        self.posts.append(post)
        if post.arrives is not None:
            self._waiting.append(post)

    def advance(self, now: float) -> None:
        """Let arrive what is due."""
        due = [post for post in self._waiting if post.arrives is not None and post.arrives <= now]
        if due:
            self._waiting = [post for post in self._waiting if post not in due]
            for post in sorted(due, key=lambda post: post.arrives or 0.0):
                self._take_on(post)

    def _take_on(self, post: Post) -> None:
        known = self._by_key(post)
        if known is not None and self.kind.keys != "none":
            post.video = known.id if self.kind.keys == "replay" else None
            post.takes_on = False
            return
        if not post.takes_on or post.arrives is None:
            return
        parent = self.renders.get(post.parent or "")
        if post.parent is not None and not self._usable(parent, post.arrives):
            post.takes_on = False
            return
        self._begin(post, parent, post.arrives)

    def _by_key(self, post: Post) -> Render | None:
        return next((one for one in self.renders.values() if one.post.key == post.key), None)

    def _usable(self, parent: Render | None, now: float) -> bool:
        return (
            parent is not None and parent.end == "completed" and parent.ends <= now < parent.expires
        )

    def _begin(self, post: Post, parent: Render | None, now: float) -> None:
        chance, weather = self.chance, self.weather
        seconds = parent.seconds if parent else float(post.body["seconds"])
        luck = chance.random()
        begins = now + chance.choice((0.0, 0.0, 0.0, 10.0))
        ends = begins + chance.choice((0.5, 1.5, 3.0, 8.0, 40.0))
        hidden = chance.random() < self.kind.hides
        post.video = f"video_{len(self.renders)}_{chance.getrandbits(24):06x}"
        self.renders[post.video] = Render(
            id=post.video,
            post=post,
            at=now,
            price=PRICE * Decimal(str(seconds)),
            prompt=post.body["prompt"],
            model=parent.model if parent else post.body["model"],
            size=parent.size if parent else post.body["size"],
            seconds=seconds,
            parent=post.parent,
            listed=None if hidden else now + chance.uniform(0, self.kind.lag),
            begins=begins,
            ends=ends,
            end="failed"
            if luck < weather.render
            else "stuck"
            if luck < weather.render + weather.stuck
            else "completed",
            expires=ends + self.kind.retention,
        )
        if self.kind.crowd:
            self._stranger(self.renders[post.video])

    def _stranger(self, like: Render) -> None:
        """Somebody else asks for the same, and the list shows both from the same moment on."""
        name = f"{like.id}_not_ours"
        other = replace(like.post, project=-1, key="", video=name)
        self.renders[name] = replace(like, id=name, post=other, at=like.at + 1.0)

    def answer_to(self, post: Post, now: float) -> Reply:
        """What it says once the request has been dealt with; 404 for a parent that is no more."""
        if post.video is not None:
            return 200, self.told(self.renders[post.video], now)
        known = self._by_key(post)
        if known is not None:
            return 409, {"error": {"message": "this key was used before"}}
        return 404, {"error": {"message": "there is no such video to start from"}}

    def told(self, render: Render, now: float) -> dict[str, Any]:
        """The render as it tells it."""
        answer: dict[str, Any] = {
            "id": render.id,
            "object": "video",
            "created_at": int(self.clock(render.at)),
            "model": render.model,
            "seconds": f"{render.seconds:g}",
            "size": render.size,
            "status": "queued",
            "progress": 0,
        }
        if self.kind.echo:
            answer["prompt"] = render.prompt
        if render.parent:
            answer["remixed_from_video_id"] = render.parent
        if now >= render.ends and render.end != "stuck":
            answer |= {"status": render.end, "progress": 100}
            if render.end == "failed":
                answer["error"] = {"code": "server_error", "message": "it did not work out"}
            else:
                answer["expires_at"] = int(self.clock(render.expires))
        elif now >= render.begins:
            part = (now - render.begins) / (render.ends - render.begins)
            answer |= {"status": "in_progress", "progress": min(int(part * 100), 99)}
        return answer

    def known(self, video: str, now: float) -> Render | None:
        """The render of that id, unless the server has none or forgot it."""
        found = self.renders.get(video)
        gone = found is not None and self.kind.forgets and now >= found.expires
        return None if gone else found

    def retrieve(self, video: str, now: float) -> Reply:
        """How a video is doing."""
        found = self.known(video, now)
        if found is None:
            return 404, {"error": {"message": "no such video"}}
        return 200, self.told(found, now)

    def has_bytes(self, video: str, now: float) -> Render | None:
        """The render if its content is there now."""
        found = self.known(video, now)
        return found if self._usable(found, now) else None

    def page(self, project: int, query: Mapping[str, str], now: float) -> Reply:
        """One page of the list, newest first."""
        if self.kind.worth == "none":
            return 404, {"error": {"message": "not found"}}
        after, asked = query.get("after"), int(query.get("limit", "20"))
        shown = [one for one in self.renders.values() if one.listed is not None]
        names = [one.id for one in reversed(shown) if (one.listed or 0.0) <= now]
        names = [name for name in names if self.known(name, now)]
        start = names.index(after) + 1 if after in names else 0
        page = names[start : start + min(asked, self.kind.cap)]
        more = start + len(page) < len(names)
        # Several looks may be under way: each goes on from where its own last page ended.
        begun = now if after is None else self._look_begun.get((project, after), now)
        if more:
            self._look_begun[project, page[-1]] = begun
        else:
            self.looks.append((project, begun))
        answer: dict[str, Any] = {"data": [self.told(self.renders[name], now) for name in page]}
        if self.kind.counts:
            answer |= {"has_more": more, "last_id": page[-1] if page else None}
        return 200, answer


def as_json(value: Any) -> bytes:
    """A value on the wire."""
    return json.dumps(value).encode()
