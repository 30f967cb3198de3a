"""What changed since a take was made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorapipe.core.take import Take
from sorapipe.core.why import (
    Change,
    Making,
    changes,
    in_a_word,
    making_of,
    source_alone,
    word_by_word,
)

REQUEST = {
    "operation": "create",
    "prompt": "a sea",
    "model": "sora-2",
    "seconds": 4,
    "size": "1280x720",
}
PICTURE = {"kind": "picture", "sha256": "aa" * 32, "fit": "exact", "size": "1280x720"}
FRAME = {"kind": "frame", "sha256": "bb" * 32, "frame": "last", "fit": "exact", "size": "1280x720"}


def made(source: Mapping[str, str] | None = None, provider: str = "local", **more: Any) -> Making:
    """A take's making, with some of its request otherwise."""
    return Making({**REQUEST, **more}, source, provider)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (made(), made(), []),
        (made(), made(seconds=4.0), []),
        (made(), made(prompt="a lake"), ["prompt"]),
        (made(), made(size="720x1280", model="sora-2-pro"), ["model", "size"]),
        (made(), made(seed=7), ["seed"]),
        (made(file_id="x"), made(), ["reference"]),
        (made(extra={"a": 1, "b": 2}), made(extra={"b": 3, "a": 1, "c": 0}),
         ["extra.b", "extra.c"]),
        (made(), made(provider="openai"), ["provider"]),
        (made(PICTURE), made({**PICTURE, "sha256": "cc" * 32}), ["reference"]),
        (made(PICTURE), made({**PICTURE, "fit": "cover"}), ["fit"]),
        (made(FRAME), made({**FRAME, "frame": "first"}), ["frame"]),
        (made(FRAME), made({**FRAME, "sha256": "cc" * 32}), ["parent"]),
        (made(PICTURE), made(FRAME), ["reference", "parent", "frame"]),
        (made(PICTURE), made(), ["reference"]),
        (made(extra={"loop": 1}), made(extra={"loop": True}), ["extra.loop"]),
        (made(), made({"kind": "video", "sha256": "dd" * 32}, operation="remix"),
         ["operation", "parent"]),
    ],
)  # fmt: skip
def test_every_field_that_differs_is_named_once(
    before: Making, after: Making, told: list[str]
) -> None:
    """Fields are told in the storyboard's words, and only where their values differ."""
    assert [change.field for change in changes(before, after)] == told


def test_a_source_that_is_still_open_is_not_compared() -> None:
    """While the parent is to be rendered, nobody knows whether it comes out the same."""
    wanted = Making({**REQUEST, "prompt": "a lake"}, None, "local", open=True)
    assert changes(made(FRAME), wanted) == [Change("prompt", "a sea", "a lake")]


def test_a_take_is_stale_only_by_its_source() -> None:
    """An edit is a new wish; a parent that came out differently only makes a take stale."""
    by_source = changes(made(FRAME), made({**FRAME, "sha256": "cc" * 32}))
    by_edit = changes(made(FRAME), made({**FRAME, "sha256": "cc" * 32}, prompt="a lake"))
    assert (in_a_word(by_source), source_alone(by_source)) == ("stale: parent", True)
    assert (in_a_word(by_edit), source_alone(by_edit)) == ("changed: prompt, parent", False)
    assert in_a_word([]) == "changed"


def test_what_a_take_is_made_of_stands_in_the_event_that_brought_it() -> None:
    """A bought take remembers its intent, a reused one its own event; an old ledger nothing."""
    facts = {"request": REQUEST, "source": None, "provider": "local"}
    assert making_of(Take(fingerprint="f", intent=facts, kept={"sha256": "x"})) == made()
    assert making_of(Take(fingerprint="f", kept=facts)) == made()
    assert making_of(Take(fingerprint="f", kept={"sha256": "x"})) is None


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("a sea", "a sea", "a sea"),
        ("a slow sunrise over the sea", "a quick sunset over the sea",
         "a [-slow sunrise-]{+quick sunset+} over the sea"),
        ("in rain", "in heavy rain", "in {+heavy +}rain"),
        ("rain, at night", "rain", "rain[-, at night-]"),
        ("", "new", "{+new+}"),
    ],
)  # fmt: skip
def test_prompts_are_compared_word_by_word(before: str, after: str, told: str) -> None:
    """What went and what came are marked, and neighbours are told together."""
    assert word_by_word(before, after) == told


@given(st.text("ab ,\n", max_size=20), st.text("ab ,\n", max_size=20))
def test_both_prompts_can_be_read_out_of_their_comparison(before: str, after: str) -> None:
    """Without what came it is the old text, without what went the new one."""
    told = word_by_word(before, after)
    gone, came = r"\[-(.*?)-\]", r"\{\+(.*?)\+\}"
    assert re.sub(gone, r"\1", re.sub(came, "", told, flags=re.DOTALL), flags=re.DOTALL) == before
    assert re.sub(came, r"\1", re.sub(gone, "", told, flags=re.DOTALL), flags=re.DOTALL) == after
