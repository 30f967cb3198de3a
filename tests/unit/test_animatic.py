"""The renderer as a whole: what is asked is what a probe finds, and the same twice is the same."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from sorapipe.studio import vocabulary
from sorapipe.studio.animatic import Animatic, Cancelled, engine, render

FRAME = 1 / 24
_WORDS = [
    word
    for table in (vocabulary.HOURS, vocabulary.GROUNDS, vocabulary.WEATHERS, vocabulary.FIGURES)
    for names in table.values()
    for word in names.split()[:2]
]


def animatic(**other: object) -> Animatic:
    """A small one, with some things said otherwise."""
    said: dict[str, object] = {
        "prompt": "A lighthouse in a storm at night",
        "model": "sora-2",
        "width": 160,
        "height": 96,
        "seconds": 1.0,
        "seed": 7,
    }
    return Animatic(**(said | other))  # type: ignore[arg-type]  # the tests' own keywords


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The MP4 of one animatic: a sunny day in the hills."""
    target = tmp_path_factory.mktemp("parent") / "parent.mp4"
    render(animatic(prompt="A sunny meadow at noon, green hills", width=320, height=180), target)
    return target


def pictures(video: Path) -> list[Image.Image]:
    """Every frame, as RGB."""
    with av.open(str(video)) as file:
        return [frame.to_image() for frame in file.decode(video=0)]


def apart(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, 0..255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


@pytest.mark.parametrize(
    ("width", "height", "seconds"),
    [(16, 16, 0.5), (50, 34, 1.0), (130, 98, 1.37), (160, 96, 2.0), (36, 64, 0.04)],
)
def test_asked_size_and_length_are_what_a_probe_finds(
    tmp_path: Path, width: int, height: int, seconds: float
) -> None:
    """Size, frames, rate, codecs and the container's length are as asked, to the frame."""
    target = tmp_path / "a.mp4"
    render(animatic(width=width, height=height, seconds=seconds), target)
    with av.open(str(target)) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        assert (video.width, video.height) == (width, height)
        assert video.codec_context.name == "h264"
        assert video.codec_context.pix_fmt == "yuv420p"
        assert video.average_rate == 24
        assert sum(1 for _ in file.decode(video)) == max(1, round(seconds * 24))
        assert file.duration is not None
        assert abs(file.duration / av.time_base - seconds) <= FRAME
        assert (audio.codec_context.name, audio.rate) == ("aac", 48_000)
        assert audio.codec_context.layout.name == "stereo"
        assert audio.duration is not None
        assert audio.time_base is not None
        assert abs(float(audio.duration * audio.time_base) - seconds) <= FRAME


def test_index_comes_before_the_pictures(tmp_path: Path) -> None:
    """The file can be played while it is being fetched: `moov` stands before `mdat`."""
    target = tmp_path / "a.mp4"
    render(animatic(), target)
    data = target.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_keyframes_come_every_second(tmp_path: Path) -> None:
    """A still can be had cheaply: the first of every 24 frames is a keyframe."""
    target = tmp_path / "a.mp4"
    render(animatic(seconds=2.5), target)
    with av.open(str(target)) as file:
        keys = [i for i, frame in enumerate(file.decode(video=0)) if frame.key_frame]
    assert keys == [0, 24, 48]


_CHILD = """
import os, sys
from pathlib import Path
if sys.argv[2] == "one" and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from sorapipe.studio.animatic import Animatic, render
render(Animatic(prompt="Rain over a harbour city at dusk, a boat", model="sora-2", width=192,
                height=108, seconds=1.5, seed=3), Path(sys.argv[1]))
"""


def test_same_bytes_in_any_process_on_any_number_of_cores(tmp_path: Path) -> None:
    """Two processes with different hash seeds, one held to one core, write the same file."""
    digests = set()
    for seed, cores in (("1", "all"), ("2", "one")):
        target = tmp_path / f"{seed}.mp4"
        subprocess.run(
            [sys.executable, "-c", _CHILD, str(target), cores],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
        )
        digests.add(hashlib.sha256(target.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_another_seed_is_another_picture(tmp_path: Path) -> None:
    """Takes of one prompt differ."""
    shown = []
    for seed in (1, 2):
        render(animatic(seed=seed, seconds=0.1), tmp_path / f"{seed}.mp4")
        shown.append(pictures(tmp_path / f"{seed}.mp4")[0])
    assert apart(*shown) > 2


def test_it_moves(tmp_path: Path) -> None:
    """The picture at the end is not the one at the start."""
    render(animatic(prompt="Hills by day", seconds=2.0), tmp_path / "a.mp4")
    shown = pictures(tmp_path / "a.mp4")
    assert apart(shown[0], shown[-1]) > 1


def test_it_is_heard(tmp_path: Path) -> None:
    """The sound is not silence, and starts and ends softly."""
    render(animatic(seconds=2.0), tmp_path / "a.mp4")
    with av.open(str(tmp_path / "a.mp4")) as file:
        loud = [max(abs(v) for v in _levels(frame)) for frame in file.decode(audio=0)]
    assert max(loud) > 0.05
    assert max(loud[0], loud[-1]) < max(loud) / 3


def test_remix_keeps_the_picture_and_changes_its_mood(tmp_path: Path, parent: Path) -> None:
    """A remix at night is darker than its parent; its edges are where the parent's are."""
    target = tmp_path / "remix.mp4"
    wanted = animatic(
        prompt="The same at midnight", width=320, height=180, kind="remix", parent=parent
    )
    render(wanted, target)
    old, new = pictures(parent)[12], pictures(target)[12]
    assert len(pictures(target)) == 24
    assert apart(old, new) > 15
    box = (0, 0, 320, 120)
    before, after = old.crop(box).convert("L"), new.crop(box).convert("L")
    assert ImageStat.Stat(after).mean[0] < ImageStat.Stat(before).mean[0] * 0.9
    assert _correlation(before, after) > 0.9


def test_remix_covers_the_parents_caption(tmp_path: Path, parent: Path) -> None:
    """A remix without words of its own leaves none of the parent's to be read."""
    target = tmp_path / "remix.mp4"
    render(animatic(prompt="", width=320, height=180, kind="edit", parent=parent), target)
    place = (16, 132, 180, 156)
    assert _strokes(pictures(parent)[12].crop(place)) > 60
    assert _strokes(pictures(target)[12].crop(place)) < 25


def test_extension_is_the_stitched_whole(tmp_path: Path, parent: Path) -> None:
    """The parent's frames come first, then a continuation that starts from its last one."""
    target = tmp_path / "longer.mp4"
    wanted = animatic(
        prompt="Night falls", width=320, height=180, seconds=2.0, kind="extend", parent=parent
    )
    render(wanted, target)
    old, new = pictures(parent), pictures(target)
    assert len(new) == 24 + 48
    assert apart(old[10], new[10]) < 3
    assert apart(new[23], new[24]) < 6
    assert apart(new[23], new[-1]) > 20
    with av.open(str(target)) as file:
        assert file.duration is not None
        assert abs(file.duration / av.time_base - 3) <= FRAME


def test_extension_of_a_silent_video_is_heard_only_where_it_is_new(tmp_path: Path) -> None:
    """A parent without sound, of another rate and codec, is taken as it is."""
    silent = tmp_path / "silent.mp4"
    with av.open(str(silent), "w") as file:
        stream = file.add_stream("mpeg4", rate=12)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for shade in range(12):
            image = Image.new("RGB", (160, 96), (shade * 20, 40, 90))
            file.mux(stream.encode(av.VideoFrame.from_image(image)))
        file.mux(stream.encode(None))
    target = tmp_path / "longer.mp4"
    render(animatic(kind="extend", parent=silent), target)
    assert len(pictures(target)) == 48
    with av.open(str(target)) as file:
        loud = [(frame.time, max(abs(v) for v in _levels(frame))) for frame in file.decode(audio=0)]
    assert max(level for time, level in loud if time < 0.9) < 0.01
    assert max(level for time, level in loud if time > 1.2) > 0.02


def test_reference_is_pushed_in_on(tmp_path: Path) -> None:
    """A reference fills the picture, and what is at its border leaves it in time."""
    still = Image.new("RGB", (500, 300), (200, 40, 40))
    still.paste((30, 60, 200), (30, 20, 470, 280))
    still.save(tmp_path / "still.png")
    target = tmp_path / "a.mp4"
    data = (tmp_path / "still.png").read_bytes()
    render(animatic(prompt="a box", seconds=4.0, reference=data), target)
    shown = pictures(target)
    assert shown[0].getpixel((4, 40))[0] > 150
    assert shown[0].getpixel((80, 40))[2] > 150
    first, last = (image.crop((0, 0, 160, 60)).getchannel("R") for image in (shown[0], shown[-1]))
    assert ImageStat.Stat(last).mean[0] < ImageStat.Stat(first).mean[0] * 0.9


def test_cancelled_stops_soon(tmp_path: Path) -> None:
    """Once told to stop it draws no more than a few frames."""
    told: list[float] = []
    with pytest.raises(Cancelled):
        render(
            animatic(seconds=20.0),
            tmp_path / "a.mp4",
            progress=told.append,
            cancelled=lambda: len(told) >= 3,
        )
    assert len(told) == 3


def test_progress_rises_from_0_to_1(tmp_path: Path) -> None:
    """Progress is told in order, and its last word is 1."""
    told: list[float] = []
    render(animatic(), tmp_path / "a.mp4", progress=told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)


def test_engine_names_what_the_bytes_depend_on() -> None:
    """The studio's edition, PyAV's and Pillow's versions."""
    assert engine().split("/")[0] == "studio"
    assert f"av/{av.__version__}" in engine()


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    prompt=st.one_of(
        st.text(max_size=300),
        st.sampled_from(["", "\n\n", "x" * 32_000, "שלום 123"]),
        st.lists(st.sampled_from(_WORDS), min_size=1, max_size=5).map(" ".join),
    ),
    kind=st.sampled_from(["create", "remix", "extend"]),
    width=st.integers(8, 70).map(lambda n: n * 2),
    height=st.integers(8, 70).map(lambda n: n * 2),
    seed=st.integers(-(2**63), 2**63),
)
def test_any_prompt_at_any_small_size_is_rendered(
    tmp_path: Path, parent: Path, prompt: str, kind: str, width: int, height: int, seed: int
) -> None:
    """No prompt, no size and no source makes it fail."""
    target = tmp_path / "a.mp4"
    source = parent if kind != "create" else None
    asked = animatic(
        prompt=prompt, width=width, height=height, seed=seed, seconds=0.1, kind=kind, parent=source
    )
    render(asked, target)
    assert len(pictures(target)) == (26 if kind == "extend" else 2)


def _correlation(one: Image.Image, other: Image.Image) -> float:
    a, b = one.resize((64, 36)).tobytes(), other.resize((64, 36)).tobytes()
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    both = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    spread_a = sum((x - mean_a) ** 2 for x in a) ** 0.5
    spread_b = sum((y - mean_b) ** 2 for y in b) ** 0.5
    return both / (spread_a * spread_b)


def _strokes(image: Image.Image) -> float:
    """How much neighbouring columns differ: letters have edges, frosted glass has none."""
    grey = image.convert("L")
    moved = ImageChops.difference(
        grey.crop((1, 0, grey.width, grey.height)), grey.crop((0, 0, grey.width - 1, grey.height))
    )
    return float(max(moved.tobytes()))


def _levels(frame: av.AudioFrame) -> memoryview:
    # A plane may be longer than its samples; what follows them is anything.
    return memoryview(bytes(frame.planes[0])[: frame.samples * 4]).cast("f")
