from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sorapipe.core.fingerprint import fingerprint
from sorapipe.core.request import request_for, source_for
from sorapipe.core.storyboard import Fit, Frame, Picture, Reference, Shot, TakeNumber, Upload

DIGESTS = st.sampled_from(["ab" * 32, "cd" * 32, "ef" * 32])
NUMBERS = st.integers(1, 20) | st.integers(1, 80).map(lambda quarters: quarters / 4)
EXTRA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(-9, 9, width=16)
    | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def shots(draw: st.DrawFn) -> Shot:
    """A shot with any request, starting from anything or nothing."""
    source = draw(st.sampled_from(["", "picture", "frame", "upload", "remix", "edit", "extend"]))
    references: dict[str, Reference] = {
        "picture": Picture("stills/tower.png"),
        "frame": Frame("dawn", draw(st.sampled_from(["first", "last"]))),
        "upload": Upload(draw(st.text(min_size=1, max_size=3))),
    }
    return Shot(
        id="shot",
        prompt=draw(st.text(min_size=1, max_size=8)),
        model=draw(st.sampled_from(["sora-2", "sora-2-pro"])),
        seconds=draw(NUMBERS),
        size=draw(st.sampled_from(["1280x720", "64x64"])),
        reference=references.get(source),
        fit=draw(st.sampled_from(["exact", "cover", "contain"])),
        remix_of="dawn" if source == "remix" else None,
        edit_of="dawn" if source == "edit" else None,
        extend_of="dawn" if source == "extend" else None,
        takes=3,
        seed=draw(st.none() | st.integers(0, 9)),
        extra=draw(st.dictionaries(st.text(max_size=3), EXTRA, max_size=3)),
    )


def mark(shot: Shot, take: int = 1, digest: str = "ab" * 32, provider: str = "local") -> str:
    """The fingerprint of that take; `digest` is that of whatever the shot starts from."""
    starts = shot.parent is not None or isinstance(shot.reference, Picture)
    source = source_for(shot, digest if starts else None)
    return fingerprint(request_for(shot, take), take, source, provider)


@settings(deadline=None)
@given(shots(), st.randoms(use_true_random=False))
def test_what_does_not_count_is_not_seen(shot: Shot, random: Any) -> None:
    """Ids, paths, tags, files, the number of takes, order and spelling of keys are nothing."""
    other = replace(
        shot,
        id="another",
        reference=Picture("elsewhere/b.jpg")
        if isinstance(shot.reference, Picture)
        else shot.reference,
        tags=("hero",),
        file=("film-", TakeNumber(0)),
        takes=9,
        path=("shots", 4),
        length=99,
        fallback="edit",
        seconds=float(shot.seconds),
        extra=respelled(shot.extra, random),
    )
    if isinstance(shot.reference, Frame):
        other = replace(other, reference=replace(shot.reference, shot="renamed"))
    for kind in ("remix_of", "edit_of", "extend_of"):
        if getattr(shot, kind):
            changes: dict[str, Any] = {kind: "renamed"}
            other = replace(other, **changes)
    assert mark(other) == mark(shot)


@settings(deadline=None)
@given(shots(), shots())
def test_equal_fingerprints_mean_equal_purchases(one: Shot, other: Shot) -> None:
    """Two takes share a fingerprint only where the same thing would be sent from the same start."""
    same = spelt(request_for(one, 1).as_data()) == spelt(request_for(other, 1).as_data())
    same = same and starts(one) == starts(other)
    assert (mark(one) == mark(other)) is same


@settings(deadline=None)
@given(shots(), st.integers(1, 3), DIGESTS)
def test_every_field_that_counts_is_seen(shot: Shot, take: int, digest: str) -> None:
    """Each change of what is sent, or of what it starts from, gives another fingerprint."""
    changed: list[dict[str, Any]] = [
        {"prompt": shot.prompt + "."},
        {"model": "veo"},
        {"seconds": shot.seconds + 0.5},
        {"size": "720x1280"},
        {"seed": 77},
        {"extra": {**shot.extra, "more": 1}},
    ]
    marks = [mark(replace(shot, **changes), take, digest) for changes in changed]
    marks += [mark(shot, take + 1, digest), mark(shot, take, digest, "openai")]
    if isinstance(shot.reference, Picture | Frame):
        other_fit: Fit = "cover" if shot.fit != "cover" else "contain"
        marks.append(mark(replace(shot, fit=other_fit), take, digest))
    if isinstance(shot.reference, Picture) or shot.parent is not None:
        marks.append(mark(shot, take, "0" * 64))
    if isinstance(shot.reference, Frame):
        frame = Frame("dawn", "first" if shot.reference.frame == "last" else "last")
        marks.append(mark(replace(shot, reference=frame), take, digest))
    marks.append(mark(shot, take, digest))
    assert len(set(marks)) == len(marks)


def spelt(data: Any) -> str:
    """The data as text, in which True is not 1."""
    return json.dumps(data, sort_keys=True)


def starts(shot: Shot) -> Any:
    """What the shot starts from, given one digest for all."""
    has = shot.parent is not None or isinstance(shot.reference, Picture)
    return source_for(shot, "ab" * 32 if has else None)


def respelled(value: Any, random: Any) -> Any:
    """The same data with its keys in another order and whole numbers as 8.0."""
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: respelled(value[key], random) for key in keys}
    if isinstance(value, list):
        return tuple(respelled(one, random) for one in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
