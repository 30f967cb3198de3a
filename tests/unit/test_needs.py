"""What a storyboard needs and the server lacks is told with its place, before anything is spent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sorapipe.core.wording import Fault
from sorapipe.load import load
from sorapipe.run.needs import unmet
from sorapipe.videos.dialect import ImageForms
from sorapipe.videos.profile import Profile
from sorapipe.videos.profile import load as profile


def needs(folder: Path, shot: str, name: str | Profile = "openai", more: str = "") -> list[Fault]:
    """What a storyboard with a parent and that shot lacks at the profile."""
    path = folder / "storyboard.yaml"
    path.write_text(f"shots:\n  - {{ id: p, prompt: p{more} }}\n  - {shot}\n")
    return unmet(load(path).storyboard, profile(name) if isinstance(name, str) else name)


@pytest.mark.parametrize(
    ("shot", "key", "words"),
    [
        ("{ id: a, prompt: a, size: 640x360 }", "size", "has no size 640x360"),
        ("{ id: a, prompt: a, size: 1920x1080 }", "size", "has no size 1920x1080"),
        ("{ id: a, prompt: a, seconds: 5 }", "seconds", "has no 5 s"),
        ("{ id: a, prompt: a, model: sora-3 }", "model", "has no model 'sora-3'"),
        ("{ id: a, prompt: a, seed: 7 }", "seed", "takes no seed"),
    ],
)
def test_a_need_that_is_not_met_is_told_at_its_key(
    tmp_path: Path, shot: str, key: str, words: str
) -> None:
    """Each lack names the shot, stands at the key that asks for it, and says what would work."""
    (fault,) = needs(tmp_path, shot)
    assert fault.path == ("shots", 1, key)
    assert words in fault.what
    assert "'a'" in fault.what
    assert fault.fix


def test_the_studio_takes_any_even_size_and_any_length_to_a_minute(tmp_path: Path) -> None:
    """Odd sides and more than 60 s are told; all else goes."""
    assert (
        needs(tmp_path, "{ id: a, prompt: a, size: 66x42, seconds: 7.5, seed: 1 }", "local") == []
    )
    assert len(needs(tmp_path, "{ id: a, prompt: a, size: 65x42 }", "local")) == 1
    assert len(needs(tmp_path, "{ id: a, prompt: a, seconds: 61 }", "local")) == 1


def test_what_a_child_inherits_is_not_asked_again(tmp_path: Path) -> None:
    """A remix has its parent's model, size and length: only the parent is at fault for them."""
    assert needs(tmp_path, "{ id: a, prompt: a, remix-of: p }") == []


@pytest.mark.parametrize(
    ("shot", "key", "words"),
    [
        ("{ id: a, prompt: a, seconds: 7.5 }", "seconds", "has no 7.5 s"),
        ("{ id: a, prompt: a, reference: { file-id: f } }", "reference", "takes no file-id"),
        ("{ id: a, prompt: a, remix-of: p }", "remix-of", "cannot remix"),
        ("{ id: a, prompt: a, edit-of: p }", "edit-of", "cannot edit"),
        ("{ id: a, prompt: a, extend-of: p, seconds: 4 }", "extend-of", "cannot extend"),
        ("{ id: a, prompt: a, remix-of: p, fallback: edit }", "remix-of", "cannot remix, nor edit"),
        ("{ id: a, prompt: a, extra: { duration: 4 } }", "extra", "has 'duration'"),
    ],
)
def test_what_openrouter_lacks_is_told(tmp_path: Path, shot: str, key: str, words: str) -> None:
    """A server with creates alone: every other start is told at the key that names it."""
    (fault,) = needs(tmp_path, shot, "openrouter")
    assert fault.path == ("shots", 1, key)
    assert words in fault.what
    assert fault.fix


def test_what_would_work_is_told(tmp_path: Path) -> None:
    """Who can, and which fallbacks this server can do; not those that it can't."""
    remix = "{ id: a, prompt: a, remix-of: p }"
    (fault,) = needs(tmp_path, remix, "openrouter")
    assert "azure, generic, litellm, local, new-api, openai" in fault.fix
    assert fault.fix.endswith("or say 'fallback: reference'")
    (fault,) = needs(tmp_path, remix, replace(profile("openai"), remix=False))
    assert fault.fix.endswith("or say 'fallback: edit or reference'")
    (fault,) = needs(tmp_path, "{ id: a, prompt: a, edit-of: p }", "azure")
    assert fault.fix == "choose a provider that can (generic, litellm, local, openai)"


@pytest.mark.parametrize("fallback", ["edit", "reference"])
def test_a_fallback_that_the_server_can_do_meets_the_need(tmp_path: Path, fallback: str) -> None:
    """Nothing is left to tell."""
    able = replace(profile("openai"), remix=False)
    shot = f"{{ id: a, prompt: a, remix-of: p, fallback: {fallback} }}"
    assert needs(tmp_path, shot, able) == []


def test_a_server_that_takes_no_pictures_is_told_wherever_one_would_be_sent(tmp_path: Path) -> None:
    """For a reference, a frame of another shot, and a fallback to one."""
    blind = replace(profile("openai"), remix=False, image=ImageForms(part="", field=""))
    frame = "{ id: a, prompt: a, reference: { shot: p, frame: last } }"
    (fault,) = needs(tmp_path, frame, blind)
    assert (fault.path[2], "takes no picture" in fault.what) == ("reference", True)
    (fault,) = needs(tmp_path, "{ id: a, prompt: a, remix-of: p, fallback: reference }", blind)
    assert (fault.path[2], "takes no picture" in fault.what) == ("fallback", True)


def test_a_fallback_asks_for_all_of_a_stitched_video_at_once(tmp_path: Path) -> None:
    """A remix of an extension can be 40 s long; a create cannot, and says so at the fallback."""
    path = tmp_path / "storyboard.yaml"
    path.write_text(
        "shots:\n  - { id: p, prompt: p, seconds: 20 }\n"
        "  - { id: e, prompt: e, extend-of: p, seconds: 20 }\n"
        "  - { id: a, prompt: a, remix-of: e, fallback: reference }\n"
    )
    storyboard = load(path).storyboard
    assert unmet(storyboard, profile("openai")) == []
    (fault,) = unmet(storyboard, replace(profile("openai"), remix=False))
    assert fault.path == ("shots", 2, "fallback")
    assert "has no 40 s" in fault.what


def test_a_lack_of_a_thousand_rows_is_told_once(tmp_path: Path) -> None:
    """With the first of the shots and the number of the others."""
    rows = "{ n: [" + ", ".join(map(str, range(1000))) + "] }"
    (need,) = needs(tmp_path, f"{{ id: 'a-{{n}}', prompt: a, seconds: 5, each: {rows} }}")
    assert need.what == "'openai' has no 5 s for model 'sora-2' (shot 'a-0' and 999 more)"
