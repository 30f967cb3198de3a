"""What the studio does about each request: one method for each operation of the Videos API."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sorapipe.clock import Clock
from sorapipe.studio import answers, characters, openapi
from sorapipe.studio.asked import key_of, page_of, variant_of, video_named
from sorapipe.studio.content import FileAnswer
from sorapipe.studio.faults import LAG, RENDERS, first, met_by
from sorapipe.studio.picture import check_picture, picture_bytes
from sorapipe.studio.refusal import Refusal, no_such_video
from sorapipe.studio.renders import Renders
from sorapipe.studio.requests import Fields, File, read_fields, read_form
from sorapipe.studio.rules import Rules
from sorapipe.studio.state import Kind, State, Video
from sorapipe.studio.wanted import Wanted, request_digest


class Desk:
    """Answers requests out of `state`, by `rules`, and hands new videos to `renders`.

    With `loopback` images are fetched from addresses of this machine.
    """

    def __init__(
        self, state: State, renders: Renders, rules: Rules, clock: Clock, *, loopback: bool
    ) -> None:
        self._state = state
        self._renders = renders
        self._rules = rules
        self._clock = clock
        self._loopback = loopback

    async def create(self, request: Request) -> Response:
        """`POST /videos`."""
        fields = await read_fields(request)
        replay = self._replayed(request, fields)
        if replay:
            return replay
        cast = characters.digests(self._state, self._rules.characters(fields.get("characters")))
        image = await picture_bytes(fields.get("input_reference"), loopback=self._loopback)
        video = self._wanted(fields).created(image, cast)
        if image is None:
            return await self._take_on(request, fields, video)
        await asyncio.to_thread(check_picture, image, video.size)
        start = self._state.folder.image(video.id), image
        return await self._take_on(request, fields, video, start)

    async def remix(self, request: Request) -> Response:
        """`POST /videos/{id}/remix`."""
        fields = await read_fields(request)
        return await self._derive("remix", request, fields, _id_of(request), "video_id")

    async def edit(self, request: Request) -> Response:
        """`POST /videos/edits`."""
        return await self._derive_any("edit", request)

    async def extend(self, request: Request) -> Response:
        """`POST /videos/extensions`."""
        return await self._derive_any("extend", request)

    async def retrieve(self, request: Request) -> Response:
        """`GET /videos/{id}`."""
        return answers.answer(self._body(self._found(_id_of(request))))

    async def list_videos(self, request: Request) -> Response:
        """`GET /videos?limit&order&after`; what it costs depends on the page alone."""
        page = page_of(request.query_params)
        met = met_by(request.scope)
        rows = self._state.page(
            limit=page.limit + 1,
            after=page.after,
            newest_first=page.newest_first,
            again="duplicate-pages" in met and page.limit > 1,  # a page of one would lead nowhere
            until=self._clock.now() - LAG if "list-lag" in met else math.inf,
        )
        if rows is None:
            raise no_such_video(page.after or "", param="after")
        videos = [self._body(row) for row in rows[: page.limit]]
        return answers.answer(answers.page(videos, has_more=len(rows) > page.limit))

    async def delete(self, request: Request) -> Response:
        """`DELETE /videos/{id}`: what has ended can be deleted, and by some rules anything."""
        video = self._found(_id_of(request))
        if video.status == "queued" and self._rules.deletes == "ended":
            raise Refusal(
                f"Video '{video.id}' is still being rendered;"
                " only completed or failed videos can be deleted.",
                status=409,
                param="video_id",
                code="video_not_finished",
            )
        self._state.delete(video.id)
        if self._rules.deletes == "any-and-stops":
            self._renders.stop(video.id)
        return answers.answer(answers.deleted(video.id))

    async def content(self, request: Request) -> Response:
        """`GET /videos/{id}/content?variant=video|thumbnail|spritesheet`."""
        video = self._found(_id_of(request))
        variant = variant_of(request.query_params)
        why = self._why_no_content(video)
        if why:
            raise Refusal(f"Video '{video.id}' {why}.", status=404, param="video_id")
        path = self._state.folder.video(video.id)
        if variant == "video":
            return FileAnswer(path, video.id, request)
        from sorapipe.studio.stills import spritesheet, thumbnail

        if variant == "thumbnail":
            return Response(await asyncio.to_thread(thumbnail, path), media_type="image/webp")
        return Response(await asyncio.to_thread(spritesheet, path), media_type="image/jpeg")

    async def create_character(self, request: Request) -> Response:
        """`POST /videos/characters`."""
        made = characters.wanted(await read_form(request), self._rules, int(self._clock.now()))
        self._state.add_character(made)
        return answers.answer(answers.character(made))

    async def retrieve_character(self, request: Request) -> Response:
        """`GET /videos/characters/{id}`; there is no list of them, and no delete."""
        character_id = str(request.path_params["character_id"])
        made = self._state.character(character_id)
        if made is None:
            raise characters.no_such_character(character_id)
        return answers.answer(answers.character(made))

    async def describe(self, _: Request) -> Response:
        """`GET /openapi.json`: all of these operations, as a document."""
        return answers.answer(openapi.document(self._rules))

    async def _derive_any(self, kind: Kind, request: Request) -> Response:
        """An edit or an extension of a video of the studio's, or of one that comes along."""
        fields = await read_fields(request)
        given = fields.get("video")
        if not isinstance(given, File):
            return await self._derive(kind, request, fields, video_named(fields), "video")
        replay = self._replayed(request, fields)
        if replay:
            return replay
        from sorapipe.studio.upload import looked_at

        upload = await asyncio.to_thread(looked_at, given.data)
        video = self._wanted(fields).derived_from_upload(kind, upload, given.data)
        start = self._state.folder.parent(video.id), given.data
        return await self._take_on(request, fields, video, start)

    async def _derive(
        self, kind: Kind, request: Request, fields: Fields, parent_id: str, param: str
    ) -> Response:
        replay = self._replayed(request, fields)
        if replay:
            return replay
        parent = self._found(parent_id, param=param)
        why = self._why_no_content(parent)
        if why:
            raise Refusal(f"Video '{parent.id}' {why}.", param=param)
        return await self._take_on(request, fields, self._wanted(fields).derived(kind, parent))

    def _replayed(self, request: Request, fields: Fields) -> Response | None:
        """The answer to a request that was already taken on under its idempotency key."""
        key = key_of(request)
        known = self._state.keyed(key) if key else None
        if known is None:
            return None
        digest, video_id = known
        if digest != request_digest(request.url.path, fields):
            raise Refusal(
                "This Idempotency-Key was used for another request.",
                status=409,
                code="idempotency_key_reuse",
            )
        video = self._state.find(video_id)
        if video is None:
            raise Refusal(
                f"The video of this Idempotency-Key, '{video_id}', has been deleted.",
                status=409,
                code="idempotency_key_reuse",
            )
        return answers.answer(self._body(video), headers={"Idempotent-Replayed": "true"})

    async def _take_on(
        self,
        request: Request,
        fields: Fields,
        video: Video,
        start: tuple[Path, bytes] | None = None,
    ) -> Response:
        """Commit what is wanted, then answer it; `start` is a file that came with the request."""
        folder = self._state.folder
        video = replace(video, fault=first(met_by(request.scope), RENDERS))
        try:
            if start is not None:
                await asyncio.to_thread(start[0].write_bytes, start[1])
                # Another request with the same key may have been taken on meanwhile.
                replay = self._replayed(request, fields)
                if replay:
                    folder.drop_inputs(video.id)
                    return replay
            if video.parent_id is not None:
                folder.hold_parent(video.id, video.parent_id)
            key = key_of(request)
            digest = request_digest(request.url.path, fields) if key else ""
            self._state.add(video, key=key, request=digest)
        except (Refusal, OSError, sqlite3.Error):
            folder.drop_inputs(video.id)
            raise
        self._renders.add(video.id)
        return answers.answer(self._body(video))

    def _wanted(self, fields: Fields) -> Wanted:
        video_id = f"video_{uuid.uuid4().hex}"
        return Wanted(fields, self._rules, video_id, int(self._clock.now()))

    def _found(self, video_id: str, *, param: str = "video_id") -> Video:
        video = self._state.find(video_id)
        if video is None:
            raise no_such_video(video_id, param=param)
        return video

    def _why_no_content(self, video: Video) -> str:
        """Why the video's bytes cannot be had; empty where they can."""
        if video.status == "failed":
            return "failed, so it has no content"
        if video.status != "completed" or video.expires_at is None:
            return "is not ready yet; its content is there once its status is 'completed'"
        there = self._state.folder.video(video.id).exists()
        if self._clock.now() >= video.expires_at or not there:
            return "has expired; its content is no longer there"
        return ""

    def _body(self, video: Video) -> dict[str, Any]:
        return answers.video(video, self._renders.progress(video.id))


def _id_of(request: Request) -> str:
    return str(request.path_params["video_id"])
