"""1,000 shots with prompts as people write them, at a small size: time, memory, a no-op after."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

from tests.kills import paid_creates

ALLOWED = 100  # MiB beyond the encoder
NO_OP = 1.0  # seconds

SUBJECTS = (
    "a red fox",
    "an old lighthouse keeper",
    "两个孩子",
    "a ceramic mug with a chip in its rim",
    "una mujer mayor",
    "a steam locomotive",
    "ein Fahrradkurier",
    "a humpback whale",
    "three paper boats",
    "рыбак",
    "a sneaker with orange laces",
    "桜の木",
    "a robot vacuum",
    "the last bookshop in town",
    "une danseuse",
    "a taxi, its roof light on",
)
PLACES = (
    "in a birch forest after the first snow",
    "on a pier at low tide",
    "in a kitchen with morning light",
    "in the Sahara at noon",
    "under the ice",
    "on a rooftop in Hong Kong during rain",
    "inside a greenhouse",
    "in a field of sunflowers",
    "on Mars",
    "in an empty swimming pool",
    "at a night market",
    "in the library at 3 a.m.",
)
CAMERAS = (
    "Locked camera, 35 mm.",
    "Handheld, close, shallow focus.",
    "Slow dolly in; anamorphic flare.",
    "Drone, rising until the coast is seen.",
    "Macro, f/2.8, dust in the light.",
    "POV - no cuts!",
    'Tracking shot, left to right; 24 fps "film look".',
    "Time-lapse: 6h -> 4s.",
)
SOUNDS = (
    "Sound: rain on tin.",
    "No music; room tone only.",
    'Dialogue: "You came back."',
    "SFX: gulls, surf, a bell.",
    "",
    "#nofilter & 100% natural",
)


def add(names: Any) -> None:
    """Add the run to the command line."""
    parser = names.add_parser("thousand", help=__doc__)
    parser.add_argument("--shots", type=int, default=1000, help="how many (default %(default)s)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> tuple[bool, str, str]:
    """(whether it held, what was covered, what came of it)."""
    with tempfile.TemporaryDirectory(prefix="sorapipe-thousand-") as folder:
        root = Path(folder)
        storyboard = root / "board.json"  # JSON is YAML, and quotes prompts for us
        storyboard.write_text(
            json.dumps(
                {"defaults": {"seconds": 1, "size": "64x64"}, "shots": _shots(args.shots)},
                ensure_ascii=False,
            ),
            "utf-8",
        )
        encoder, _, _ = _measured(root, sys.executable, "-c", ENCODER, str(root / "plain.mp4"))
        command = (
            sys.executable,
            "-m",
            "sorapipe",
            "run",
            str(storyboard),
            "--out",
            str(root / "out"),
            "--store",
            str(root / "store"),
            "--quiet",
        )
        peak, seconds, code = _measured(root, *command)
        creates = paid_creates(root / "out")
        again = [_measured(root, *command) for _ in range(3)]
        no_op = min(took for _, took, _ in again)
    beyond = peak - encoder
    good = (
        code == 0
        and creates == args.shots
        and beyond <= ALLOWED
        and no_op < NO_OP
        and not any(ended for _, _, ended in again)
    )
    memory = f"peak {peak:.0f} MiB, {beyond:.0f} beyond a plain encoder's {encoder:.0f}"
    whole = f"exit {code}, {creates} paid creates in {seconds:.0f} s"
    result = f"{whole}; {memory}; no-op in {no_op:.2f} s"
    return good, f"{args.shots} shots of 64x64, 1 s", result


def _shots(count: int) -> list[dict[str, Any]]:
    """Varied shots; every fifth remixes the one before it, every eleventh has two paragraphs."""
    chance = Random(20)
    shots: list[dict[str, Any]] = []
    for number in range(count):
        words = [chance.choice(part) for part in (SUBJECTS, PLACES, CAMERAS, SOUNDS)]
        prompt = f"{words[0][:1].upper()}{words[0][1:]} {words[1]}. {words[2]} {words[3]}".strip()
        if number % 11 == 0:
            prompt += "\n\nStyle: " + " ".join(
                chance.choice(CAMERAS) for _ in range(chance.randint(3, 12))
            )
        shot: dict[str, Any] = {"id": f"s{number:04}", "prompt": f"{prompt} ({number})"}
        if number % 5 == 4:
            shot["remix-of"] = f"s{number - 1:04}"
        shots.append(shot)
    return shots


def _measured(root: Path, *command: str) -> tuple[float, float, int]:
    """(peak resident memory in MiB, seconds, exit code) of a command, as the kernel counts it."""
    kept = {
        name: value for name, value in os.environ.items() if not re.match("SORAPIPE_|XDG_", name)
    }
    env = {**kept, "XDG_STATE_HOME": str(root / "state"), "XDG_CONFIG_HOME": str(root / "config")}
    begun = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-c", WAIT, *command],
        env=env,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds = time.monotonic() - begun
    peak, code = map(int, ran.stdout.split())
    return peak / (2**20 if sys.platform == "darwin" else 2**10), seconds, code


# Runs what it is told to, and prints what the kernel counted of that child alone.
WAIT = """
import os, sys
_, status, used = os.wait4(os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:]), 0)
print(used.ru_maxrss, os.waitstatus_to_exitcode(status))
"""
# One animatic of the same size as the run's, rendered in a process that does nothing else.
ENCODER = """
import sys
from pathlib import Path
from sorapipe.studio.animatic import Animatic, render
one = Animatic(prompt="a lighthouse", model="sora-2", width=64, height=64, seconds=1, seed=1)
render(one, Path(sys.argv[1]))
"""
