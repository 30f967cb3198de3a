"""The sound of a scene: a soft chord that breathes, and air, water or rain around it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from random import Random

import av
import av.filter
from av.filter import Graph
from av.filter.context import FilterContext

from sorapipe.studio.encode import FPS, RATE
from sorapipe.studio.scene import Scene

_BLOCK = 1024
_LOW_RATE = 8_000  # enough for the chord's notes, and six times cheaper to make
# Steps of a scale above the root, by mood: bright, calm, dark.
_CHORDS = {
    "day": ((0, 7, 16, 21), (0, 7, 14, 19)),
    "dawn": ((0, 7, 14, 19), (0, 5, 12, 19)),
    "dusk": ((0, 7, 15, 22), (0, 10, 15, 19)),
    "night": ((0, 7, 14, 15), (0, 7, 12, 15)),
}
_LOUDNESS = (0.090, 0.068, 0.044, 0.034)
_ROOTS = (98.0, 110.0, 123.47, 130.81)


@dataclass(frozen=True, slots=True)
class _Air:
    """Filtered noise: which colour, which band (Hz), how loud, and how it swells (Hz, depth)."""

    colour: str
    low: int
    high: int
    loud: float
    swell: tuple[float, float] = (0.15, 0.5)


# Never silence beneath the chord: it would sound dead, and an encoder is slow on almost nothing.
_ROOM = _Air("pink", 150, 1600, 0.018)
_AIRS = {
    "sea": _Air("pink", 120, 1400, 0.10, (0.13, 0.85)),
    "underwater": _Air("brown", 60, 320, 0.30, (0.2, 0.5)),
    "city": _Air("brown", 70, 420, 0.16),
    "street": _Air("brown", 70, 700, 0.16),
    "forest": _Air("pink", 600, 3200, 0.035, (0.17, 0.7)),
    "desert": _Air("pink", 180, 700, 0.07, (0.12, 0.8)),
    "mountains": _Air("pink", 220, 900, 0.06, (0.12, 0.8)),
    "fire": _Air("brown", 200, 2400, 0.14, (7.3, 0.5)),
    "space": _Air("brown", 40, 160, 0.30, (0.11, 0.6)),
    "rain": _Air("white", 900, 7000, 0.030, (0.21, 0.2)),
    "storm": _Air("brown", 40, 260, 0.55, (0.16, 0.9)),
    "snow": _Air("pink", 300, 1100, 0.05, (0.14, 0.8)),
}


def pad(scene: Scene, seconds: float, rng: Random) -> Iterator[av.AudioFrame]:
    """The sound of `scene`: stereo, planar floats, round(seconds * 48,000) samples."""
    graph = av.filter.Graph()
    chord, root = rng.choice(_CHORDS[scene.hour]), rng.choice(_ROOTS)
    if "storm" in scene.weather or scene.ground in {"space", "underwater"}:
        root /= 2
    breaths = [0.1 + 0.045 * number + rng.random() * 0.03 for number in range(len(chord))]
    airs = [_AIRS.get(name, _ROOM) for name in (scene.ground, *sorted(scene.weather))]
    sides = []
    for detune in (0.9985, 1.0015):
        voices = [
            _tone(graph, pitch, loud * part)
            for step, breath, loud in zip(chord, breaths, _LOUDNESS, strict=True)
            # Two tones `breath` apart swell and sink together that many times a second.
            for pitch, part in _pair(root * 2 ** (step / 12) * detune, breath)
        ]
        parts = [_join(graph, "amix", f"inputs={len(voices)}:normalize=0", voices)]
        parts = [_chain(graph, [("aresample", str(RATE))], parts[0])]
        parts += [_noise(graph, air, rng.randrange(1 << 30)) for air in airs]
        mixed = _join(graph, "amix", f"inputs={len(parts)}:normalize=0", parts)
        sides.append(mixed)
    both = _join(graph, "join", "inputs=2:channel_layout=stereo", sides)
    _chain(graph, _finish(seconds), both)
    graph.configure()
    return _pulled(graph)


def _pair(pitch: float, breath: float) -> tuple[tuple[float, float], tuple[float, float]]:
    return (pitch, 0.64), (pitch + breath, 0.36)


def _finish(seconds: float) -> list[tuple[str, str]]:
    fade = min(0.6, seconds / 4)
    return [
        ("lowpass", "f=5200"),
        ("atrim", f"end_sample={round(seconds * RATE)}"),
        ("afade", f"t=in:d={fade:.4f}"),
        ("afade", f"t=out:st={seconds - fade:.4f}:d={fade:.4f}"),
        ("aformat", "sample_fmts=fltp:channel_layouts=stereo"),
        ("asetnsamples", f"n={_BLOCK}:p=0"),
        ("abuffersink", ""),
    ]


def _tone(graph: Graph, pitch: float, loud: float) -> FilterContext:
    return _chain(
        graph,
        [
            ("sine", f"f={pitch:.4f}:r={_LOW_RATE}:samples_per_frame={_BLOCK}"),
            ("aformat", "sample_fmts=fltp"),
            ("volume", f"{loud * 8:.4f}"),  # the source's own loudness is an eighth
        ],
    )


def _noise(graph: Graph, air: _Air, seed: int) -> FilterContext:
    rate, depth = air.swell
    swell = f"{air.loud:.4f}*(1-{depth / 2:.3f}*(1+sin({math.tau * rate:.4f}*t)))"
    return _chain(
        graph,
        [
            ("anoisesrc", f"r={RATE}:c={air.colour}:seed={seed}:n={_BLOCK}"),
            ("aformat", "sample_fmts=fltp"),
            ("highpass", f"f={air.low}"),
            ("lowpass", f"f={air.high}"),
            ("volume", f"volume='{swell}':eval=frame"),
        ],
    )


def _chain(
    graph: Graph, steps: list[tuple[str, str]], after: FilterContext | None = None
) -> FilterContext:
    for name, options in steps:
        step = graph.add(name, options or None)
        if after is not None:
            after.link_to(step)
        after = step
    assert after is not None
    return after


def _join(graph: Graph, name: str, options: str, parts: list[FilterContext]) -> FilterContext:
    joint = graph.add(name, options)
    for number, part in enumerate(parts):
        part.link_to(joint, 0, number)
    return joint


def _pulled(graph: Graph) -> Iterator[av.AudioFrame]:
    while True:
        try:
            frame = graph.pull()
        except (av.EOFError, av.BlockingIOError):
            return
        assert isinstance(frame, av.AudioFrame)
        yield frame


def joined(
    first: Iterator[av.AudioFrame], frames: int, then: Iterator[av.AudioFrame]
) -> Iterator[av.AudioFrame]:
    """A parent's sound, cut or filled with silence to the length of `frames`, and then another."""
    want = frames * RATE // FPS
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE, frame_size=_BLOCK)
    given = 0
    for frame in chain(first, (None,)):
        for part in resampler.resample(frame):
            if given + part.samples <= want:
                given += part.samples
                yield part
    while given < want:
        size = min(_BLOCK, want - given)
        given += size
        yield _silence(size)
    yield from then


def _silence(samples: int) -> av.AudioFrame:
    frame = av.AudioFrame(format="fltp", layout="stereo", samples=samples)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate = RATE
    return frame
