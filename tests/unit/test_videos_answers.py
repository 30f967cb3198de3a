"""Reading answers: lenient with what is told of a video, strict with what is told of money."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorapipe.videos import answers, reading, wire
from sorapipe.videos.errors import (
    APIAnswerError,
    APIError,
    APIStatusError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    passing,
)
from sorapipe.videos.model import VideoError, epoch, status_of, video_of
from sorapipe.videos.profile import load
from sorapipe.videos.wire import WireAnswer, WireRequest

CREATE = wire.create(load("openai"), prompt="a", model="sora-2", seconds=4, size="1280x720")
RETRIEVE = wire.retrieve(load("local"), "video_1")
LIST = wire.list_page(load("local"))


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


DATE = "Sun, 22 Nov 2026 10:00:00 GMT"


def _answer(value: object, status: int = 200, **headers: str) -> WireAnswer:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    # A name with a hyphen is written out: a gateway's own has an underscore in it.
    names = {key: key if "-" in key else key.replace("_", "-") for key in headers}
    return WireAnswer(status, {names[key]: text for key, text in headers.items()}, body)


def _error(value: object, status: int, request: WireRequest = CREATE, **headers: str) -> Any:
    with pytest.raises(APIStatusError) as caught:
        answers.video(request, _answer(value, status, **headers))
    return caught.value


def test_a_whole_video_of_the_last_form_is_read() -> None:
    """Every field of the API's own Video, with the names that sorapipe uses."""
    raw = {
        "id": "video_1",
        "object": "video",
        "model": "sora-2",
        "status": "completed",
        "progress": 100,
        "created_at": 1790000000,
        "completed_at": 1790000060,
        "expires_at": 1790003600,
        "prompt": "a cat",
        "size": "720x1280",
        "seconds": "8",
        "remixed_from_video_id": "video_0",
        "error": None,
        "quality": "standard",
    }
    video = answers.video(CREATE, _answer(raw, date=DATE, openai_poll_after_ms="2500"))
    assert (video.id, video.status, video.word) == ("video_1", "completed", "completed")
    assert (video.model, video.prompt, video.size) == ("sora-2", "a cat", "720x1280")
    assert (video.progress, video.seconds) == (100, 8)
    assert (epoch(video.created_at), epoch(video.completed_at)) == (1790000000, 1790000060)
    assert (epoch(video.expires_at), video.remixed_from) == (1790003600, "video_0")
    assert (video.error, video.url, video.cost) == (None, None, None)
    assert (video.poll_after, video.server_date) == (2.5, 1795341600.0)
    assert video.raw["quality"] == "standard"


@pytest.mark.parametrize(
    ("raw", "field", "value"),
    [
        ({"seconds": 8}, "seconds", 8),
        ({"seconds": "8s"}, "seconds", 8),
        ({"duration": 2.5}, "seconds", 2.5),
        ({"size": "1280*720"}, "size", "1280x720"),
        ({"width": 640, "height": "360"}, "size", "640x360"),
        ({"progress": "45%"}, "progress", 45),
        ({"progress": 250}, "progress", 100),
        ({"created": 1790000000}, "created_at", _at(1790000000)),
        ({"created_at": 1790000000123}, "created_at", _at(1790000000.123)),
        ({"created_at": "2026-09-21T14:13:20Z"}, "created_at", _at(1790000000)),
        ({"error": "out of memory"}, "error", VideoError("", "out of memory")),
        ({"error": {"message": "no"}}, "error", VideoError("", "no")),
        ({"error": {"code": 500, "message": "no"}}, "error", VideoError("500", "no")),
        ({"error": {}}, "error", None),
        ({"url": "https://x/y.mp4"}, "url", "https://x/y.mp4"),
        ({"metadata": {"url": "https://x/y"}}, "url", "https://x/y"),
        ({"video": {"url": "https://x/y"}}, "url", "https://x/y"),
        ({"unsigned_urls": ["https://x/y"]}, "url", "https://x/y"),
        ({"usage": {"cost": 0.8}}, "cost", Decimal("0.8")),
        ({"cost": "1.25"}, "cost", Decimal("1.25")),
        ({"cost": -1}, "cost", None),
        ({"model": 7, "prompt": 8}, "prompt", None),
    ],
)
def test_what_servers_write_otherwise_is_read_all_the_same(
    raw: dict[str, Any], field: str, value: object
) -> None:
    """Each dialect's way to say a thing comes out as the same field."""
    assert getattr(video_of(raw, "v"), field) == value


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("queued", "queued"),
        ("PENDING", "queued"),
        ("not_start", "queued"),
        ("processing", "in_progress"),
        ("In Progress", "in_progress"),
        ("in-progress", "in_progress"),
        ("succeeded", "completed"),
        ("done", "completed"),
        ("failure", "failed"),
        ("cancelled", "failed"),
        ("expired", "failed"),
        ("deleted", "failed"),
        ("polishing", "in_progress"),
        ("", "in_progress"),
        (None, "in_progress"),
        ({"a": 1}, "in_progress"),
    ],
)
def test_every_word_for_a_status_is_one_of_four(word: object, status: str) -> None:
    """An unknown word means that the render goes on."""
    assert status_of(word) == status


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["8s", "1e999", "9" * 30, "2026-13-45T99:00", "0x7", "²", "1280x720"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = {
    *("id", "task_id", "request_id", "object", "status", "model", "progress", "seconds"),
    *("duration", "size", "width", "height", "prompt", "created_at", "created", "completed_at"),
    *("expires_at", "remixed_from_video_id", "error", "url", "urls", "metadata", "video", "usage"),
    *("cost", "detail", "message", "data", "has_more", "last_id", "deleted"),
}


def _reads_or_tells(read: Callable[[WireAnswer], object], answer: WireAnswer) -> None:
    told = ""
    try:
        read(answer)
    except APIError as error:
        told = str(error)
    assert "\n" not in told


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), json_values), json_values)
def test_no_answer_makes_reading_fail(raw: dict[str, Any], value: object) -> None:
    """Whatever a server writes is a video, a page, a deletion, or an error of the tree."""
    video_of(raw, "v")
    for told in (raw, value):
        for status in (200, 404, 500):
            answer = _answer(told, status, retry_after=str(value), date=str(value))
            for read in (
                lambda answer: answers.video(CREATE, answer),
                lambda answer: answers.video(RETRIEVE, answer, "video_1"),
                lambda answer: answers.page(LIST, answer),
                lambda answer: answers.deleted(RETRIEVE, answer, "video_1"),
            ):
                _reads_or_tells(read, answer)


@given(st.binary(max_size=200))
def test_no_bytes_make_parsing_fail(body: bytes) -> None:
    """A body that is not JSON is nothing, never an exception."""
    reading.parse(body)


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"9" * 10_000, b'{"a": ' * 50_000, b"\xff\xfe", b'"\xed\xa0\x80"']
)
def test_hostile_json_is_nothing(body: bytes) -> None:
    """Depth, huge numbers and broken encodings end as an unreadable answer."""
    with pytest.raises(APIAnswerError) as caught:
        answers.video(CREATE, _answer(body))
    assert caught.value.spent == "ambiguous"


@pytest.mark.parametrize(
    "beside", [b'"\xff"', b'"\xed\xa0\x80"', b"9" * 5000, b"-" + b"9" * 5000], ids=len
)
def test_what_is_broken_in_one_field_costs_no_id(beside: bytes) -> None:
    """The rest of the answer is read, and can be written down later."""
    video = answers.video(CREATE, _answer(b'{"id": "v", "prompt": ' + beside + b"}"))
    assert video.id == "v"
    json.dumps(video.raw, ensure_ascii=False).encode()


def test_an_id_that_came_broken_is_no_id() -> None:
    """Nobody could ask for it, so that the render has to be looked for."""
    with pytest.raises(APIAnswerError) as caught:
        answers.video(CREATE, _answer(b'{"id": "v\xff"}'))
    assert caught.value.spent == "ambiguous"


def test_a_video_in_an_envelope_is_read_where_the_envelope_is_nothing_itself() -> None:
    """`data` counts only where there is neither an id nor an error around it."""
    told = {"data": {"id": "v", "status": "completed"}}
    video = answers.video(CREATE, _answer({"code": 0, **told}))
    assert (video.id, video.status) == ("v", "completed")
    assert answers.video(RETRIEVE, _answer(told), "video_1").status == "completed"
    assert answers.video(CREATE, _answer({"id": "outer", **told})).id == "outer"
    for value in ({"error": "no", **told}, {"data": {"status": "queued"}}, {"data": ["v"]}):
        with pytest.raises(APIAnswerError):
            answers.video(CREATE, _answer(value))


def test_half_a_surrogate_pair_can_be_written_down_later() -> None:
    """What comes out of an answer can always be encoded."""
    video = answers.video(CREATE, _answer(rb'{"id": "v", "prompt": "\ud83d \ud83d\ude00"}'))
    assert video.prompt == "\ufffd \U0001f600"


@pytest.mark.parametrize(
    ("status", "spent"),
    [
        *((status, "rejected") for status in (400, 401, 402, 403, 404, 405, 410, 413, 414, 415)),
        (422, "rejected"),
        (429, "throttled"),
        *((status, "ambiguous") for status in (301, 302, 307, 408, 409, 418, 425, 451)),
        *((status, "ambiguous") for status in (500, 502, 503, 504, 529, 999)),
    ],
)
def test_a_status_says_what_a_create_has_spent(status: int, spent: str) -> None:
    """Only statuses that no proxy gives after acceptance are free."""
    assert _error({"error": {"message": "no"}}, status).spent == spent


@pytest.mark.parametrize(
    "id_", [None, "", "  ", "..", ".", "a b", "a\nb", "x" * 2000, {}, [], True]
)
def test_a_success_without_a_usable_id_is_ambiguous(id_: object) -> None:
    """It was perhaps accepted, and can't be asked for."""
    with pytest.raises(APIAnswerError) as caught:
        answers.video(CREATE, _answer({"id": id_, "status": "queued"}))
    assert caught.value.spent == "ambiguous"


def test_the_number_of_a_failed_request_is_no_video() -> None:
    """`request_id` is an id at some servers, but not beside an error."""
    assert answers.video(CREATE, _answer({"request_id": "r-1"})).id == "r-1"
    with pytest.raises(APIAnswerError, match="overloaded"):
        answers.video(CREATE, _answer({"request_id": "r-1", "error": {"message": "overloaded"}}))


def test_an_error_has_the_servers_words_and_codes() -> None:
    """Message, code, type and param of the usual envelope."""
    details = {
        "message": "Inpaint image must match the requested width and height",
        "type": "invalid_request_error",
        "param": "input_reference",
        "code": None,
    }
    error = _error({"error": details}, 400)
    assert type(error) is BadRequestError
    assert str(error) == f"POST /videos: 400 Bad Request: {details['message']}"
    assert (error.status, error.code) == (400, "")
    assert (error.kind, error.param) == ("invalid_request_error", "input_reference")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"detail": "not here"}, "not here"),
        (
            {"detail": [{"loc": ["body", "seconds"], "msg": "no int"}, {"msg": "x"}]},
            "body.seconds: no int; x",
        ),
        ({"error": "plain"}, "plain"),
        ({"error": {"error": "inner"}}, "inner"),
        ({"message": "on top"}, "on top"),
        (b"upstream timed out", "upstream timed out"),
        (b"\x1b[31mred\x07\nsecond line", "�[31mred� second line"),
    ],
)
def test_an_error_is_read_in_every_form(value: object, message: str) -> None:
    """Objects, texts, FastAPI's details and bare words all come out as one line."""
    assert _error(value, 404).what == f"404 Not Found: {message}"


BLOCKED = {
    "message": "Your request was blocked by our moderation system.",
    "type": "image_generation_user_error",
    "param": "prompt",
    "code": "sentinel_block",
}
LITELLM = (
    "litellm.BadRequestError: OpenAIException - {} LiteLLM: model group 'sora' failed with the"
    " error above. No fallback was attempted."
)


def _wrapped(inner: object) -> str:
    return LITELLM.format(json.dumps(inner))


@pytest.mark.parametrize(
    "value",
    [
        {"error": {"message": _wrapped({"error": BLOCKED}), "type": None, "code": "400"}},
        {"code": "fail_to_fetch_task", "message": json.dumps({"error": BLOCKED}), "data": None},
    ],
)
def test_what_a_gateway_quotes_is_what_the_server_behind_it_says(value: object) -> None:
    """LiteLLM's and New API's errors have the other's message and code, and not their own."""
    error = _error(value, 400)
    assert error.what == f"400 Bad Request: {BLOCKED['message']}"
    assert (error.code, error.kind, error.param) == (
        "sentinel_block",
        "image_generation_user_error",
        "prompt",
    )


def test_a_failed_render_behind_a_gateway_says_why_as_well() -> None:
    """So that moderation is known as such there too."""
    raw = {"status": "failed", "error": {"code": "400", "message": _wrapped({"error": BLOCKED})}}
    assert video_of(raw, "v").error == VideoError("sentinel_block", BLOCKED["message"])


@pytest.mark.parametrize(
    ("inner", "code", "message"),
    [
        ({"error": {"message": "no"}}, "400", "no"),
        ({"error": "no"}, "400", "no"),
        ({"detail": [{"loc": ["body"], "msg": "no"}]}, "400", "body: no"),
        ({"error": {"code": 7, "message": "no"}}, "7", "no"),
    ],
)
def test_a_gateways_own_code_stays_where_the_quoted_error_has_none(
    inner: object, code: str, message: str
) -> None:
    """What is quoted may be told in any form."""
    assert reading.complaint({"message": _wrapped(inner), "code": 400}) == (code, message)


@pytest.mark.parametrize(
    "message",
    [
        'your prompt was {"error": {"message": "mine"}}',
        'it failed - {"error": {"message": "half',
        "it failed - {'error': {'message': 'python'}}",
        'it failed - {"prompt": "a cat"}',
        'it failed - {"error": null, "detail": []}',
        "it failed - {",
        " - {" * 9999,
        ' - {"error":' * 9999,
        ' - {"error": ' + "9" * 9999 + "}",
    ],
)
def test_what_is_no_whole_error_is_told_as_it_came(message: str) -> None:
    """Braces, a prompt with JSON in it, half an error, and what is made to break a parser."""
    assert reading.complaint({"message": message, "code": "c"}) == ("c", message)


@given(
    st.text(max_size=20),
    st.text(max_size=20) | json_values.map(json.dumps) | json_values.map(_wrapped),
    st.text(max_size=20),
)
def test_no_quotation_makes_reading_fail(before: str, quoted: str, after: str) -> None:
    """Whatever stands in a message, an error comes out that can be written down on one line."""
    told = {"error": {"message": f"{before} - {quoted}{after}", "code": 1}}
    error = _error(told, 500)
    assert "\n" not in str(error)
    assert len(error.what) < 450
    (str(error) + error.code + error.kind + error.param).encode()


def test_a_web_page_and_a_novel_are_not_told() -> None:
    """A proxy's HTML helps nobody, and a long message is cut."""
    assert _error(b"<html><h1>Bad Gateway</h1>", 502).what == "502 Bad Gateway"
    assert len(_error({"error": "word " * 9999}, 400).what) < 450


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7),
        ({"retry_after": "1.5"}, 1.5),
        ({"retry_after_ms": "250", "retry_after": "9"}, 0.25),
        ({"llm_provider-retry-after": "3"}, 3),
        ({"retry_after": "Sun, 22 Nov 2026 10:00:30 GMT", "date": DATE}, 30),
        ({"retry_after": "Sun, 22 Nov 2026 09:00:00 GMT", "date": DATE}, 0),
        ({"retry_after": "Sun, 22 Nov 2026 10:00:30 GMT"}, None),
        ({"retry_after": "-4"}, 0),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "inf"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, milliseconds, a date by the server's own clock, or a gateway's copy."""
    error = _error({}, 429, **headers)
    assert isinstance(error, RateLimitError)
    assert error.retry_after == seconds


def test_a_video_in_an_error_is_a_video_where_it_was_asked_for() -> None:
    """Some servers tell a failed render with a 4xx or 5xx and the whole Video."""
    raw = {"id": "video_1", "status": "failed", "error": {"code": 500, "message": "OOM"}}
    video = answers.video(RETRIEVE, _answer(raw, 500), "video_1")
    assert (video.status, video.error) == ("failed", VideoError("500", "OOM"))
    with pytest.raises(InternalServerError):
        answers.video(CREATE, _answer(raw, 500))


@pytest.mark.parametrize("status", [400, 500])
def test_a_failed_video_that_a_gateway_quotes_is_a_video(status: int) -> None:
    """LiteLLM before vLLM-Omni: a render that is over is not asked for until the deadline."""
    error = {"code": 500, "message": "CUDA error: out of memory"}
    raw = {"id": "video_gen_1", "object": "video", "status": "failed", "error": error}
    message = f"litellm.InternalServerError: Hosted_vllmException - {json.dumps(raw)}\n\nLiteLLM: a"
    wrapped = _answer({"error": {"message": message, "type": None, "code": str(status)}}, status)
    video = answers.video(RETRIEVE, wrapped, "video_1")
    assert (video.id, video.status, video.error) == (
        "video_1",
        "failed",
        VideoError("500", "CUDA error: out of memory"),
    )
    with pytest.raises(APIStatusError, match="out of memory"):
        answers.video(CREATE, wrapped)


def test_an_error_with_a_status_of_its_own_is_no_video() -> None:
    """A gateway's error object must not make a paid render look failed."""
    raw = {"id": "req_7", "status": "error", "message": "try again"}
    with pytest.raises(InternalServerError):
        answers.video(RETRIEVE, _answer(raw, 502), "video_1")
    with pytest.raises(NotFoundError):
        answers.video(RETRIEVE, _answer({"detail": "gone"}, 404), "video_1")


def test_a_servers_own_word_for_an_unknown_id_is_as_good_as_a_404() -> None:
    """But only of a look at an id: a create may be refused with any word."""
    profile = load("new-api")
    gone = _answer({"code": "task_not_exist", "message": "task_not_exist", "data": None}, 400)
    with pytest.raises(NotFoundError) as caught:
        answers.video(wire.retrieve(profile, "task_1"), gone, "task_1", profile=profile)
    assert (caught.value.status, caught.value.code) == (400, "task_not_exist")
    for read in (
        lambda: answers.video(CREATE, gone, profile=profile),
        lambda: answers.video(RETRIEVE, gone, "task_1", profile=load("generic")),
        lambda: answers.deleted(RETRIEVE, gone, "task_1"),
    ):
        with pytest.raises(BadRequestError):
            read()


def test_an_unknown_id_does_not_pass_with_time_whatever_status_says_it() -> None:
    """A server's own word for it stands above the status of a passing fault."""
    profile = replace(load("generic"), unknown_id=("gone",))
    with pytest.raises(NotFoundError) as caught:
        answers.video(RETRIEVE, _answer({"code": "gone"}, 500), "video_1", profile=profile)
    assert not passing(caught.value)


def test_a_success_that_is_no_video_is_an_error_where_it_was_asked_for_too() -> None:
    """A login page in the place of the API is not a render that goes on for ever."""
    with pytest.raises(APIAnswerError, match="which is not a video") as caught:
        answers.video(RETRIEVE, _answer(b"<html>log in</html>"), "video_1")
    assert caught.value.spent == "not_sent"


def test_a_video_keeps_the_id_it_was_asked_by() -> None:
    """The id in a gateway's answer may be one that can't be polled."""
    raw = {"id": "video_re-encoded", "object": "video", "status": "queued"}
    assert answers.video(RETRIEVE, _answer(raw), "video_1").id == "video_1"


def test_a_page_without_its_own_cursor_has_one() -> None:
    """`last_id` is the last video's where the server gives none; entries without an id are left."""
    page = answers.page(LIST, _answer({"data": [{"id": "a"}, {"no": "id"}, "x", {"id": "b"}]}))
    assert [video.id for video in page.data] == ["a", "b"]
    assert (page.last_id, page.has_more, page.told) == ("b", True, False)


def test_a_list_may_be_bare_and_may_say_that_it_ends() -> None:
    """A JSON array is a page too, and an empty page without a word is the last one."""
    assert [v.id for v in answers.page(LIST, _answer([{"id": "a"}])).data] == ["a"]
    assert answers.page(LIST, _answer({"data": []})).has_more is False
    told = answers.page(LIST, _answer({"data": [{"id": "a"}], "has_more": False}))
    assert (told.has_more, told.told) == (False, True)


@pytest.mark.parametrize(
    ("word", "more", "told"),
    [
        ("false", False, True),
        ("True", True, True),
        (0, False, True),
        (1, True, True),
        ("", True, False),
    ],
)
def test_true_and_false_are_read_in_every_form(word: object, more: bool, told: bool) -> None:
    """A text that says false is not true for being a text; what says neither says nothing."""
    page = answers.page(LIST, _answer({"data": [{"id": "v"}], "has_more": word}))
    assert (page.has_more, page.told) == (more, told)


def test_a_list_that_was_cut_is_no_list() -> None:
    """A page over the limit proves nothing about what it did not show."""
    cut = WireAnswer(200, {}, b'{"data": []}', whole=False)
    with pytest.raises(APIAnswerError, match="of more than 8388608 bytes"):
        answers.page(LIST, cut)


def test_a_deletion_is_read_in_every_form() -> None:
    """`deleted`, a Video, or nothing at all mean yes; only a clear no is one."""
    for value in ({"id": "v", "deleted": True}, {"id": "v", "status": "deleted"}, b""):
        assert answers.deleted(RETRIEVE, _answer(value), "v").deleted
    assert not answers.deleted(RETRIEVE, _answer({"deleted": False}), "v").deleted


def test_a_profile_has_words_and_places_of_its_own() -> None:
    """Its words for a status come before everybody's, and where it keeps results likewise."""
    words = {"baking": "in_progress", "finished": "failed"}
    mine = replace(load("generic"), statuses=words, result_urls=("out.files.1", "out.link"))
    told: dict[str, Any] = {"id": "v", "status": "Finished", "url": "https://a"}
    told["out"] = {"files": [1, "https://b"]}
    video = answers.video(CREATE, _answer(told), profile=mine)
    assert (video.status, video.word, video.url) == ("failed", "Finished", "https://b")
    told["out"] = {"files": "none", "link": {"no": "text"}}
    assert answers.video(CREATE, _answer(told), profile=mine).url == "https://a"
    assert answers.video(CREATE, _answer({"id": "v", "status": "baking"})).status == "in_progress"


@pytest.mark.parametrize(
    ("name", "told", "expected"),
    [
        (
            "openrouter",
            {
                "id": "gen-vid-1",
                "status": "completed",
                "polling_url": "/api/v1/videos/gen-vid-1",
                "unsigned_urls": ["https://openrouter.ai/api/v1/videos/gen-vid-1/content?index=0"],
                "urls": ["https://store.example.com/signed"],
                "usage": {"cost": 3.2, "is_byok": False},
            },
            ("gen-vid-1", "completed", "https://store.example.com/signed", Decimal("3.2")),
        ),
        (
            "openrouter",
            {"id": "gen-vid-1", "status": "cancelled", "error": "provider gave up"},
            ("gen-vid-1", "failed", None, None),
        ),
        (
            "new-api",
            {
                "id": "task_1",
                "task_id": "task_1",
                "status": "unknown",
                "progress": "0%",
                "metadata": {"url": "https://store.example.com/1"},
            },
            ("task_1", "queued", "https://store.example.com/1", None),
        ),
        (
            "sglang",
            {"id": "r1", "status": "completed", "url": "", "urls": [None], "seconds": "4"},
            ("r1", "completed", None, None),
        ),
    ],
)
def test_each_dialects_answer_is_a_video(
    name: str, told: dict[str, Any], expected: tuple[object, ...]
) -> None:
    """Id, status, where it lies and what it cost, in whatever fields that server has them."""
    video = answers.video(CREATE, _answer(told, 202), profile=load(name))
    assert (video.id, video.status, video.url, video.cost) == expected


def test_sglangs_answer_to_a_delete_is_a_deletion() -> None:
    """It is the video itself, with a status that says so."""
    told = {"id": "r1", "object": "video", "status": "deleted"}
    assert answers.deleted(RETRIEVE, _answer(told), "r1").deleted


def test_a_character_is_read_leniently() -> None:
    """Its id is all that is needed; without one it is no answer."""
    told = {"id": "char_1", "name": "Ada", "created_at": 1790000000, "odd": True}
    found = answers.character(RETRIEVE, _answer(told))
    assert (found.id, found.name, found.created_at) == ("char_1", "Ada", _at(1790000000))
    assert found.raw["odd"]
    assert answers.character(RETRIEVE, _answer({"x": 1}), "char_1").id == "char_1"
    with pytest.raises(APIAnswerError):
        answers.character(RETRIEVE, _answer({"name": "Ada"}))
    with pytest.raises(APIStatusError):
        answers.character(RETRIEVE, _answer({"error": {"message": "no"}}, 404))
