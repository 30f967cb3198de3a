"""Deleting the remote videos of what is safely kept here. Nothing here can spend.

A video is recorded as removed once it is known to be gone: a crash before that leaves it to be
asked for again, and then it is found to be gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sorapipe.core.plan import PlannedTake
from sorapipe.core.renders import HERE, Render, Renders
from sorapipe.ledger import Ledger
from sorapipe.run.orphans import is_there, stored
from sorapipe.run.prepare import Prepared
from sorapipe.run.removal import ends_all, refuses, remove
from sorapipe.run.shelf import digest
from sorapipe.store import Store
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.errors import APIError

UNSAFE = "its bytes are neither in the store nor in the output folder, as they were kept"


@dataclass(slots=True, kw_only=True)
class Removal:
    """One tidying of a server: the renders whose videos may go, and what became of them.

    `left` maps the ids of the videos that stay to the reason, `removed` has those that are gone,
    `failed` says that some could not be deleted, `refused` that the server did not take our key.
    """

    prepared: Prepared
    renders: list[Render] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    removed: list[Render] = field(default_factory=list)
    failed: bool = False
    refused: bool = False

    async def delete(self, videos: AsyncVideos, ledger: Ledger) -> None:
        """Delete them one by one, as long as each is safe here, and record each that is gone.

        Raises:
            StorageError: it could not be recorded; asking again finds it gone.
        """
        for number, render in enumerate(self.renders):
            if not _safe(self.prepared, render.sha256 or ""):  # an owner may think for an hour
                self.left[render.video or ""] = UNSAFE
                continue
            try:
                await remove(videos, render.video or "")
            except APIError as error:
                self.failed, self.refused = True, refuses(error)
                stay = self.renders[number:] if ends_all(error) else [render]
                self.left |= {one.video or "": str(error) for one in stay}
                if ends_all(error):
                    return
            else:
                self._record(render, ledger)

    def _record(self, render: Render, ledger: Ledger) -> None:
        address = render.intent["address"]
        _forget(self.prepared.store, render, address)
        event = ledger.append_sync(
            "removed",
            fp=render.intent["fp"],
            take=render.intent["take"],
            video=render.video,
            address=address,
        )
        self.prepared.tally.apply(event)
        self.removed.append(render)


def _forget(store: Store, render: Render, address: str) -> None:
    """Take the video out of what the store knows of the take, for every folder that uses it."""
    mark = render.intent["fp"]
    record = store.record(mark)
    if record is None or (record.get("video"), record.get("address")) != (render.video, address):
        return
    if store.has(record.get("sha256", "")):
        store.name(mark, {key: value for key, value in record.items() if key != "video"})


def removable(prepared: Prepared, history: Renders, now: float) -> Removal:
    """The videos that this ledger bought at this server and that are not needed there any more.

    `now` is by the server's clock; what has expired by then is not told. Reads, never writes.
    """
    found = Removal(prepared=prepared)
    marks, videos = _needed(prepared)
    for render in _alive(history.by_id.values(), now):
        place = (render.intent["provider"], render.intent["address"])
        video = render.video or ""
        if place != (prepared.provider.name, prepared.address):
            found.left[video] = f"it is at {place[0]} ({place[1]}), not at this one"
        elif why := marks.get(render.intent["fp"]) or videos.get(video):
            found.left[video] = why
        elif not _safe(prepared, render.sha256 or ""):
            found.left[video] = UNSAFE
        else:
            found.renders.append(render)
    return found


def _alive(renders: Iterable[Render], now: float) -> Iterator[Render]:
    """Those whose bytes came home, and whose videos the server may still have."""
    for render in renders:
        expired = render.expires_at is not None and render.expires_at <= now
        if render.outcome in HERE and render.video and not render.removed and not expired:
            yield render


def _needed(prepared: Prepared) -> tuple[dict[str, str], dict[str, str]]:
    """Why a video must stay: by the fingerprint of its take, and by its id."""
    shots = {shot.id: shot for shot in prepared.loaded.storyboard.shots}
    rows: dict[str, list[PlannedTake]] = {}
    for row in prepared.plan.takes:
        rows.setdefault(row.shot, []).append(row)
    marks: dict[str, str] = {}
    for row in prepared.plan.takes:
        parent = shots[row.shot].parent
        if parent is None or row.operation == "create" or is_there(row, prepared):
            continue
        why = f"{row.name} is not there yet, and starts from it"
        above = [one.fingerprint for one in rows.get(parent, ())]
        above += [prepared.tally.current.get(one.name) for one in rows.get(parent, ())]
        marks |= {mark: why for mark in above if mark is not None}
    videos = {}
    for mark in prepared.tally.open:
        take = prepared.tally.take(mark)
        if take.intent.get("parent"):
            videos[take.intent["parent"]] = f"{take.name} may be being rendered from it"
    return marks, videos


def _safe(prepared: Prepared, sha256: str) -> bool:
    """Whether those bytes are here, every one of them read: in the store, or in a file of ours."""
    if stored(prepared.store, sha256):
        return True
    files = (name for name, one in prepared.tally.delivered.items() if one["sha256"] == sha256)
    return any(digest(prepared.out / name) == sha256 for name in files)
