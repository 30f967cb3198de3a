"""Ids that a gateway forgot to mark, mended so that what was paid for can be polled."""

from __future__ import annotations

import base64

import pytest

from sorapipe.videos import calls, ids
from sorapipe.videos.profile import load
from sorapipe.videos.wire import WireAnswer


def marked(model: str, upstream: str, more: str = "") -> str:
    """An id as LiteLLM makes it."""
    text = f"litellm:custom_llm_provider:openai;model_id:{model};video_id:{upstream}{more}"
    return "video_" + base64.b64encode(text.encode()).decode()


PARENT = marked("film/sora", "video_1")


def test_a_child_without_its_model_gets_the_parents() -> None:
    """It lives where its parent does, and only so is the right server asked for it."""
    assert ids.child(PARENT, marked("", "video_2")) == marked("film/sora", "video_2")


def test_what_follows_in_the_parents_id_counts_for_the_child() -> None:
    """Newer versions name the deployment as well."""
    parent = marked("m", "video_1", ";deployment_id:d1")
    assert ids.child(parent, marked("", "video_2")) == marked("m", "video_2", ";deployment_id:d1")


@pytest.mark.parametrize(
    ("parent", "told"),
    [
        (PARENT, marked("other", "video_2")),
        (PARENT, "video_2"),
        (PARENT, "video_%%%"),
        (PARENT, "video_" + base64.b64encode(b"a;b;c").decode()),
        (PARENT, "video_" + base64.b64encode(b"\xff\xfe").decode()),
        ("video_1", marked("", "video_2")),
        (marked("", "video_1"), marked("", "video_2")),
        (PARENT, ""),
    ],
)
def test_an_id_that_needs_no_mending_stays_as_it_is(parent: str, told: str) -> None:
    """Whatever is not plainly a mark that was forgotten is the server's own business."""
    assert ids.child(parent, told) == told


def test_padding_that_was_lost_on_the_way_is_no_hindrance() -> None:
    """People copy ids without their last signs."""
    assert ids.child(PARENT.rstrip("="), marked("", "video_2").rstrip("=")) == marked(
        "film/sora", "video_2"
    )


@pytest.mark.parametrize("name", ["litellm", "generic", "openai"])
def test_litellms_children_are_mended_whatever_it_is_called(name: str) -> None:
    """A remix, an edit and an extension come back under the id that can be polled."""
    profile, told = load(name), marked("", "video_2")
    answer = WireAnswer(200, {}, b'{"id": "%s", "status": "queued"}' % told.encode())
    for call in (
        calls.remix(profile, PARENT, prompt="a"),
        calls.edit(profile, PARENT, prompt="a"),
        calls.extend(profile, PARENT, prompt="a", seconds=4),
    ):
        assert call.read(answer).id == marked("film/sora", "video_2")
    assert calls.create(profile, prompt="a").read(answer).id == told
