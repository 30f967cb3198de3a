"""The studio's faults: what is asked for, what is drawn, what happens to a request in process."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from sorapipe.cli.main import parser
from sorapipe.clock import SystemClock
from sorapipe.errors import UsageError
from sorapipe.studio import faults
from sorapipe.studio.fault_acts import FaultyApp
from sorapipe.studio.faults import (
    KINDS,
    OPERATIONS,
    Fault,
    Faults,
    of_flag,
    of_header,
    operation_of,
)
from sorapipe.studio.limits import Limit
from sorapipe.studio.refusal import Refusal
from sorapipe.studio.studio import Studio

SMALL = {"prompt": "a wave", "size": "64x36", "seconds": "1"}
CONTENT = bytes(range(256)) * 40


class Hands(SystemClock):
    """A clock whose two times are set by hand."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def now(self) -> float:
        """The time that was set."""
        return self.time

    def monotonic(self) -> float:
        """The time that was set."""
        return self.time


def instant(_: Any, target: Path, **__: Any) -> None:
    """A renderer that takes no time."""
    target.write_bytes(CONTENT)


Client = httpx.AsyncClient


def drive(
    scenario: Callable[[Client], Awaitable[None]],
    *flags: str,
    state: Path | None = None,
    clock: Hands | None = None,
    limit: Limit | None = None,
) -> None:
    """Play the scenario in process against a studio with these faults."""

    async def play() -> None:
        studio = Studio(state, strict=False, workers=1, render=instant, clock=clock)
        app = FaultyApp(studio.app, Faults(map(of_flag, flags)), limit, clock=clock, latency=0.01)
        transport = httpx.ASGITransport(app=app)
        async with studio, Client(transport=transport, base_url="http://studio/v1") as client:
            await asyncio.wait_for(scenario(client), 10)

    asyncio.run(play())


async def created(client: Client, *kinds: str) -> httpx.Response:
    """The answer to a create that meets those faults."""
    return await client.post("/videos", json=SMALL, headers={faults.HEADER: ", ".join(kinds)})


async def ended(client: Client, video_id: str) -> dict[str, Any]:
    """That Video once it has ended."""
    while True:
        video: dict[str, Any] = (await client.get(f"/videos/{video_id}")).json()
        if video["status"] not in ("queued", "in_progress"):
            return video
        await asyncio.sleep(0.002)  # a client of this API can only ask again


async def listed(client: Client, **query: str) -> list[str]:
    """The ids of one page, oldest first."""
    page = (await client.get("/videos", params={"order": "asc", **query})).json()
    return [video["id"] for video in page["data"]]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("429", Fault("429")),
        ("500-before:0.25", Fault("500-before", 0.25)),
        ("hang:0", Fault("hang", 0.0)),
        ("reset:1@create", Fault("reset", 1.0, ("create",))),
        ("stuck", Fault("stuck", 1.0, ("create",))),
        ("slow@content", Fault("slow", 1.0, ("content",))),
    ],
)
def test_a_flag_names_a_kind_a_share_and_an_operation(text: str, fault: Fault) -> None:
    """Without a share all that the fault can happen to meets it; without an operation, any."""
    assert of_flag(text) == fault


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("500-befor", "did you mean '500-before'?"),
        ("Moderation:0.5", "did you mean 'moderation'?"),
        ("", "known are '429', "),
        ("429:2", "'2' is no share; give a number from 0 to 1"),
        ("429:", "'' is no share"),
        ("429:x", "'x' is no share"),
        ("429:-1", "'-1' is no share"),
        ("429@creat", "did you mean 'create'?"),
        ("429@", "there is no operation ''"),
        ("truncated@list", "it happens to 'content'"),
        ("500-after@list", "it happens to 'create', 'character' and 'delete'"),
    ],
)
def test_a_wrong_flag_is_told_what_would_be_right(text: str, words: str) -> None:
    """Kinds, shares and operations that cannot be are errors of usage, in one line."""
    with pytest.raises(UsageError) as caught:
        of_flag(text)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"--fault '{text}': ")


def test_a_header_names_kinds() -> None:
    """Kinds stand between commas; an unknown one is a 400 that says what was meant."""
    assert of_header("") == of_header(" , ") == ()
    assert of_header("slow,truncated , stuck") == ("slow", "truncated", "stuck")
    with pytest.raises(Refusal, match="did you mean 'truncated'") as caught:
        of_header("slow, trunkated")
    assert (caught.value.status, caught.value.code) == (400, "unknown_fault")


@pytest.mark.parametrize(
    ("line", "operation"),
    [
        ("POST /v1/videos", "create"),
        ("POST /v1/videos/edits", "create"),
        ("POST /v1/videos/extensions", "create"),
        ("POST /v1/videos/video_1/remix", "create"),
        ("POST /api/v1/videos", "create"),
        ("POST /v1/videos/characters", "character"),
        ("GET /v1/videos/characters/char_1", "character"),
        ("GET /v1/videos", "list"),
        ("GET /v1/videos/video_1", "retrieve"),
        ("GET /v1/videos/video_1/content", "content"),
        ("DELETE /v1/videos/video_1", "delete"),
        ("HEAD /v1/videos/video_1/content", None),
        ("GET /v1/openapi.json", None),
        ("GET /v1/videosofmine", None),
        ("PUT /v1/videos", None),
    ],
)
def test_a_request_is_an_operation_by_its_path(line: str, operation: str | None) -> None:
    """All that asks for a render is a create; what is none of the API's requests meets nothing."""
    assert operation_of(*line.split()) == operation


def test_what_is_drawn_depends_on_the_seed_and_the_requests_alone() -> None:
    """The n-th request of an operation draws the same, whatever was asked for in between."""

    def creates(seed: int, polls: int) -> list[bool]:
        drawn = Faults([Fault("500-before", 0.3)], seed=seed)
        met = []
        for _ in range(200):
            met.append(drawn.met("create") == ("500-before",))
            for _ in range(polls):
                drawn.met("retrieve")
        return met

    assert creates(7, polls=0) == creates(7, polls=3)
    assert creates(7, polls=0) != creates(8, polls=0)
    assert 40 < sum(creates(7, polls=0)) < 80


def test_shares_of_none_and_of_all_are_exact() -> None:
    """A share of 0 never happens, one of 1 always."""
    drawn = Faults([Fault("429", 0.0), Fault("slow", 1.0)])
    assert {drawn.met("list") for _ in range(100)} == {("slow",)}


def test_a_named_fault_is_certain_and_disturbs_no_other_draw() -> None:
    """What a header asks for comes first, and leaves the draws of all other requests alone."""
    plain, disturbed = (Faults([Fault("429", 0.5)]) for _ in range(2))
    expected = [plain.met("create") for _ in range(20)]
    found = [disturbed.met("create", ("hang", "truncated") if n == 3 else ()) for n in range(20)]
    assert found[3] == ("hang", *expected[3])  # `truncated` cannot happen to a create
    assert found[:3] + found[4:] == expected[:3] + expected[4:]


def test_every_kind_and_operation_stands_in_the_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """The help of `serve` names all that --fault takes, and the page for it explains each."""
    monkeypatch.setenv("COLUMNS", "1000")
    (choices,) = (action.choices for action in parser()._actions if action.choices)
    help_text = dict(choices)["serve"].format_help()
    page = (Path(__file__).parents[2] / "docs" / "studio.md").read_text(encoding="utf-8")
    for name in KINDS:
        assert f" {name}," in help_text or f" {name};" in help_text, name
        assert f"| `{name}` |" in page, name
    for name in OPERATIONS:
        assert f" {name}," in help_text or f" {name}." in help_text, name
        assert f"`{name}`" in page, name


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("429", 429, "rate_limit_exceeded"),
        ("500-before", 500, None),
        ("moderation-at-submit", 400, "sentinel_block"),
    ],
)
def test_what_is_answered_instead_takes_nothing_on(kind: str, status: int, code: str) -> None:
    """The request is refused in the API's words, and no video comes of it."""

    async def scenario(client: Client) -> None:
        answer = await created(client, kind)
        assert answer.status_code == status
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
        assert answer.json()["error"]["code"] == code
        assert answer.headers.get("retry-after") == ("1" if kind == "429" else None)
        assert answer.headers[faults.HEADER] == kind
        assert await listed(client) == []

    drive(scenario)


def test_an_answer_lost_after_the_fact_leaves_the_video() -> None:
    """500-after takes the render on and says 500, in the very words of 500-before."""

    async def scenario(client: Client) -> None:
        before, after = await created(client, "500-before"), await created(client, "500-after")
        assert before.content == after.content
        assert after.status_code == 500
        (video_id,) = await listed(client)
        assert (await ended(client, video_id))["status"] == "completed"
        gone = await client.delete(f"/videos/{video_id}", headers={faults.HEADER: "500-after"})
        assert gone.status_code == 500
        assert await listed(client) == []

    drive(scenario)


def test_what_was_refused_anyway_cannot_be_lost() -> None:
    """A create that the studio turns down is answered so, since nothing was taken on."""

    async def scenario(client: Client) -> None:
        answer = await client.post("/videos", json={}, headers={faults.HEADER: "500-after"})
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "missing_required_parameter"

    drive(scenario)


@pytest.mark.parametrize(
    ("kind", "code"), [("failed", "server_error"), ("moderation", "moderation_blocked")]
)
def test_a_render_fails_when_asked(kind: str, code: str) -> None:
    """The create is answered as ever, and the render ends failed with that code."""

    async def scenario(client: Client) -> None:
        answer = await created(client, kind)
        assert answer.status_code == 200
        assert answer.json()["status"] == "queued"
        video = await ended(client, answer.json()["id"])
        assert (video["status"], video["error"]["code"]) == ("failed", code)

    drive(scenario)


def test_an_expired_video_is_completed_and_gone() -> None:
    """Its content is 404 from the beginning, and `expires_at` is no later than it was completed."""

    async def scenario(client: Client) -> None:
        video = await ended(client, (await created(client, "expired")).json()["id"])
        assert video["status"] == "completed"
        assert video["expires_at"] <= video["completed_at"]
        answer = await client.get(f"/videos/{video['id']}/content")
        assert answer.status_code == 404
        assert "expired" in answer.json()["error"]["message"]

    drive(scenario)


def test_a_stuck_render_stays_where_it_is_also_after_a_restart(tmp_path: Path) -> None:
    """It is in progress for good, holds up no other render, and the next studio knows it."""
    ids: list[str] = []

    async def stuck(client: Client) -> None:
        video = {"status": "queued"}
        while video["status"] == "queued":
            await asyncio.sleep(0.002)  # a client of this API can only ask again
            video = (await client.get(f"/videos/{ids[0]}")).json()
        assert (video["status"], video["progress"]) == ("in_progress", 99)

    async def first(client: Client) -> None:
        ids.append((await created(client, "stuck")).json()["id"])
        await ended(client, (await created(client)).json()["id"])
        await stuck(client)

    async def second(client: Client) -> None:
        await stuck(client)
        await ended(client, (await created(client)).json()["id"])
        await stuck(client)

    drive(first, state=tmp_path)
    drive(second, state=tmp_path)


def test_a_remix_can_be_stuck_too() -> None:
    """What asks for a render meets the faults of renders, whichever operation it is."""

    async def scenario(client: Client) -> None:
        parent = await ended(client, (await created(client)).json()["id"])
        path, head = f"/videos/{parent['id']}/remix", {faults.HEADER: "moderation"}
        made = await client.post(path, json={"prompt": "a storm"}, headers=head)
        assert (await ended(client, made.json()["id"]))["error"]["code"] == "moderation_blocked"

    drive(scenario)


def test_pages_repeat_the_entry_that_they_follow() -> None:
    """With duplicate-pages every page begins with the last entry of the one before."""

    async def scenario(client: Client) -> None:
        ids = [(await created(client)).json()["id"] for _ in range(4)]
        assert await listed(client, limit="2") == ids[:2]
        assert await listed(client, limit="2", after=ids[1]) == ids[1:3]
        assert await listed(client, limit="2", after=ids[2]) == ids[2:]
        assert await listed(client, limit="1", after=ids[1]) == [ids[2]]  # or it would never end

    drive(scenario, "duplicate-pages")


def test_a_list_that_lags_has_new_videos_later() -> None:
    """For LAG seconds a video can be retrieved, and is not in the list."""
    clock = Hands()

    async def scenario(client: Client) -> None:
        video_id = (await created(client)).json()["id"]
        assert (await client.get(f"/videos/{video_id}")).status_code == 200
        assert await listed(client) == []
        clock.time += faults.LAG
        assert await listed(client) == [video_id]

    drive(scenario, "list-lag", clock=clock)


def test_a_slow_answer_is_whole() -> None:
    """It comes late, in pieces, and with every byte."""

    async def scenario(client: Client) -> None:
        video = await ended(client, (await created(client, "slow")).json()["id"])
        begun = asyncio.get_running_loop().time()
        content = await client.get(
            f"/videos/{video['id']}/content", headers={faults.HEADER: "slow"}
        )
        assert content.content == CONTENT
        assert asyncio.get_running_loop().time() - begun > 0.04  # 0.01 of latency, and four times

    drive(scenario)


@pytest.mark.parametrize("kind", ["reset", "lost-reply", "truncated", "endless"])
def test_in_process_a_broken_connection_is_an_error(kind: str) -> None:
    """Where there is no connection to break off, the client meets what a socket would raise."""

    async def scenario(client: Client) -> None:
        video = await ended(client, (await created(client)).json()["id"])
        content = kind in faults.CONTENT
        path = f"/videos/{video['id']}/content" if content else "/videos"
        send = client.build_request(
            "GET" if content else "POST",
            path,
            json=None if content else SMALL,
            headers={faults.HEADER: kind},
        )
        with pytest.raises(ConnectionResetError):
            await client.send(send)
        assert len(await listed(client)) == (2 if kind == "lost-reply" else 1)

    drive(scenario)


def test_a_fault_of_content_leaves_refusals_alone() -> None:
    """A 404 has no content that could end too soon, or never."""

    async def scenario(client: Client) -> None:
        for kind in faults.CONTENT:
            answer = await client.get("/videos/video_x/content", headers={faults.HEADER: kind})
            assert answer.status_code == 404

    drive(scenario)


def test_an_unknown_fault_in_the_header_is_refused() -> None:
    """It is a 400 with the nearest name, and nothing is taken on."""

    async def scenario(client: Client) -> None:
        answer = await created(client, "lost-replay")
        assert answer.status_code == 400
        assert "did you mean 'lost-reply'" in answer.json()["error"]["message"]
        assert await listed(client) == []

    drive(scenario)


def test_without_the_faults_app_the_header_means_nothing() -> None:
    """The studio in process, as a run has it, never looks at it."""

    async def scenario() -> None:
        async with Studio(None, strict=False, render=instant) as studio:
            transport = httpx.ASGITransport(app=studio.app)
            async with Client(transport=transport, base_url="http://studio/v1") as client:
                video = (await created(client, "500-after", "failed")).json()
                assert (await ended(client, video["id"]))["status"] == "completed"

    asyncio.run(scenario())


def test_other_scopes_go_straight_through() -> None:
    """What is no HTTP request is none of ours."""
    seen = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def scenario() -> None:
        await FaultyApp(inner, Faults())({"type": "lifespan"}, None, None)  # type: ignore[arg-type]  # unused

    asyncio.run(scenario())
    assert seen == ["lifespan"]


def test_the_limit_admits_so_many_in_any_minute() -> None:
    """One more is refused with the seconds to wait, after which it is admitted."""
    limit = Limit(2)
    limit.admit(0.0)
    limit.admit(20.5)
    with pytest.raises(Refusal) as caught:
        limit.admit(30.0)
    assert caught.value.headers == {"Retry-After": "30"}
    with pytest.raises(Refusal):
        limit.admit(59.9)
    limit.admit(60.0)
    with pytest.raises(Refusal) as caught:
        limit.admit(60.0)
    assert caught.value.headers == {"Retry-After": "21"}


def test_never_more_than_the_limit_in_a_minute() -> None:
    """However the requests come, no 60 seconds have more than were allowed."""
    limit, admitted = Limit(5), []
    for tick in range(3000):
        now = tick / 7
        try:
            limit.admit(now)
        except Refusal:
            continue
        admitted.append(now)
    most = Counter(sum(at <= other < at + 60 for other in admitted) for at in admitted)
    assert max(most) == 5


def test_a_limit_is_told_on_every_answer_and_counts_only_renders() -> None:
    """The usual headers stand on creates, polls and refusals; 429 has Retry-After and a code."""
    clock = Hands()

    def told(answer: httpx.Response) -> list[str]:
        names = ("limit", "remaining", "reset")
        return [answer.headers[f"x-ratelimit-{name}-requests"] for name in names]

    async def scenario(client: Client) -> None:
        assert told(await client.get("/videos")) == ["2", "2", "0s"]
        assert told(await created(client)) == ["2", "1", "60s"]
        clock.time += 12.5
        assert told(await client.get("/videos/video_x")) == ["2", "1", "47.5s"]
        assert told(await created(client)) == ["2", "0", "60s"]
        refused = await created(client)
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "48"
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        assert told(refused) == ["2", "0", "60s"]
        assert len(await listed(client)) == 2
        clock.time += 48
        assert (await created(client)).status_code == 200

    drive(scenario, clock=clock, limit=Limit(2))
