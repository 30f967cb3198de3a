"""What the studio does about each request: one method for each operation of the Videos API."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sorapipe.clock import Clock
from sorapipe.studio import answers
from sorapipe.studio.content import FileAnswer
from sorapipe.studio.picture import check_picture
from sorapipe.studio.refusal import Refusal, no_such_video
from sorapipe.studio.renders import Renders
from sorapipe.studio.requests import Fields, read_fields
from sorapipe.studio.rules import Rules, kind_of, missing
from sorapipe.studio.state import Kind, State, Video
from sorapipe.studio.wanted import Wanted, request_digest

VARIANTS = ("video", "thumbnail", "spritesheet")
PAGE, PAGE_LIMIT = 20, 100
KEY_LENGTH = 255


class Desk:
    """Answers requests out of `state`, by `rules`, and hands new videos to `renders`."""

    def __init__(self, state: State, renders: Renders, rules: Rules, clock: Clock) -> None:
        self._state = state
        self._renders = renders
        self._rules = rules
        self._clock = clock

    async def create(self, request: Request) -> Response:
        """`POST /videos`."""
        fields = await read_fields(request)
        replay = self._replayed(request, fields)
        if replay:
            return replay
        video, image = self._wanted(fields).created()
        return await self._take_on(request, fields, video, image)

    async def remix(self, request: Request) -> Response:
        """`POST /videos/{id}/remix`."""
        fields = await read_fields(request)
        return await self._derive("remix", request, fields, _id_of(request), "video_id")

    async def edit(self, request: Request) -> Response:
        """`POST /videos/edits`."""
        fields = await read_fields(request)
        return await self._derive("edit", request, fields, _named_video(fields), "video")

    async def extend(self, request: Request) -> Response:
        """`POST /videos/extensions`."""
        fields = await read_fields(request)
        return await self._derive("extend", request, fields, _named_video(fields), "video")

    async def retrieve(self, request: Request) -> Response:
        """`GET /videos/{id}`."""
        return answers.answer(self._body(self._found(_id_of(request))))

    async def list_videos(self, request: Request) -> Response:
        """`GET /videos?limit&order&after`; what it costs depends on the page alone."""
        given = request.query_params
        limit, order = given.get("limit", str(PAGE)), given.get("order", "desc")
        if not re.fullmatch("[0-9]{1,3}", limit) or int(limit) > PAGE_LIMIT:
            what = f"expected an integer from 0 to {PAGE_LIMIT}"
            raise Refusal(f"Invalid 'limit': {what}.", param="limit", code="invalid_value")
        if order not in ("asc", "desc"):
            raise Refusal(
                "Invalid 'order': expected 'asc' or 'desc'.", param="order", code="invalid_value"
            )
        size = int(limit)
        rows = self._state.page(
            limit=size + 1, after=given.get("after"), newest_first=order == "desc"
        )
        if rows is None:
            raise Refusal(
                "Invalid 'after': no video had that id.", param="after", code="invalid_value"
            )
        videos = [self._body(row) for row in rows[:size]]
        return answers.answer(answers.page(videos, has_more=len(rows) > size))

    async def delete(self, request: Request) -> Response:
        """`DELETE /videos/{id}`: only what has ended can be deleted."""
        video = self._found(_id_of(request))
        if video.status == "queued":
            raise Refusal(
                f"Video '{video.id}' is still being rendered;"
                " only completed or failed videos can be deleted.",
                param="video_id",
            )
        self._state.delete(video.id)
        return answers.answer(answers.deleted(video.id))

    async def content(self, request: Request) -> Response:
        """`GET /videos/{id}/content?variant=video|thumbnail|spritesheet`."""
        video = self._found(_id_of(request))
        variant = request.query_params.get("variant", "video")
        if variant not in VARIANTS:
            choices = ", ".join(f"'{name}'" for name in VARIANTS)
            raise Refusal(
                f"Invalid value: '{variant[:100]}'. Supported values are: {choices}.",
                param="variant",
                code="invalid_value",
            )
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
        key = _key_of(request)
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
        self, request: Request, fields: Fields, video: Video, image: bytes | None = None
    ) -> Response:
        """Commit what is wanted, then answer it."""
        folder = self._state.folder
        try:
            if image is not None:
                await asyncio.to_thread(check_picture, image, video.size)
                await asyncio.to_thread(folder.image(video.id).write_bytes, image)
                # Another request with the same key may have been taken on meanwhile.
                replay = self._replayed(request, fields)
                if replay:
                    folder.drop_inputs(video.id)
                    return replay
            if video.parent_id is not None:
                folder.hold_parent(video.id, video.parent_id)
            key = _key_of(request)
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


def _named_video(fields: Fields) -> str:
    """The id in `{"video": {"id": ...}}`."""
    given = fields.get("video")
    if given is None:
        raise missing("video")
    video_id = given.get("id") if isinstance(given, dict) else None
    if not isinstance(video_id, str):
        raise Refusal(
            "Invalid type for 'video': expected an object with the 'id' of a completed video,"
            f" but got {kind_of(given)} instead.",
            param="video",
            code="invalid_type",
        )
    return video_id


def _key_of(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= KEY_LENGTH:
        raise Refusal(f"An Idempotency-Key must have 1 to {KEY_LENGTH} characters.")
    return key
