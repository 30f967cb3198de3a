"""How many creates reach a server, and how many it takes on (and bills), when answers go wrong.

    python -m benchmarks.creates                     prints the table
    python -m benchmarks.creates --write             writes it into docs/money.md
    python -m benchmarks.creates --only 500-after    only that row: taken on, then 500

Needs the official SDK: pip install '.[test]'. A storyboard of one shot, or one call, meets a server
whose first nine creates go wrong. The SDK keeps its defaults but for the seconds that it waits for
an answer, which do not change how often it sends.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.front import FAILURES, LASTS, Failure, Front, film, front

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "money.md"
PART = re.compile(r"(<!-- measured: creates -->\n).*?(<!-- end -->)", re.DOTALL)
PATIENCE = 2.0  # seconds that a client waits for an answer
LONGEST = 120.0  # seconds that a run may take before that is a fault of its own
BOARD = (
    "version: 1\nshots:\n  - { id: a, prompt: a wave, model: sora-2, seconds: 1, size: 64x36 }\n"
)
WORTHS = ("none", "hint", "proof")
ENDS = {0: "video", 1: "failed", 3: "held"}


@dataclass(frozen=True)
class Cell:
    """What one client did with one failure."""

    sent: int
    paid: int
    end: str

    def __str__(self) -> str:
        return f"{self.sent} sent, {self.paid} paid: {self.end}"


Client = Callable[[Front, Path], Awaitable[str]]


async def sdk(server: Front, _: Path) -> str:
    """One `client.videos.create` of the official SDK."""
    import openai

    async with openai.AsyncOpenAI(base_url=server.url, api_key="any", timeout=PATIENCE) as client:
        try:
            video = await client.videos.create(prompt="a wave", size="64x36", seconds="1")
        except openai.OpenAIError:
            return "no id"
        return "id" if video.id else "no id"


async def wrapped(server: Front, folder: Path) -> str:
    """The same call wrapped in tenacity, three times, as many scripts do."""
    from tenacity import AsyncRetrying, retry_if_result, stop_after_attempt

    again = AsyncRetrying(
        stop=stop_after_attempt(3),
        retry=retry_if_result(lambda end: end == "no id"),
        retry_error_callback=lambda _: "no id",
    )
    return await again(sdk, server, folder)


def ours(worth: str) -> Client:
    """`sorapipe run` with a profile whose list has that worth, and keys that nobody replays."""

    async def run(server: Front, folder: Path) -> str:
        config = f'[profiles.mine]\nlike = "generic"\nlist = "{worth}"\n'
        (folder / "config.toml").write_text(config)
        (folder / "board.yaml").write_text(BOARD)
        kept = {name: text for name, text in os.environ.items() if not name.startswith("SORAPIPE_")}
        homes = {f"XDG_{name}_HOME": str(folder / name) for name in ("STATE", "CACHE", "CONFIG")}
        quick = {
            "SORAPIPE_READ_TIMEOUT": str(PATIENCE),
            "SORAPIPE_SETTLE_TIMEOUT": "0.5",
            "SORAPIPE_POLL_INTERVAL": "0.05",
            "SORAPIPE_BACKOFF_CAP": "0.1",
        }
        options = (
            "--config",
            folder / "config.toml",
            "--profile",
            "mine",
            "--base-url",
            server.url,
        )
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sorapipe", "run", folder / "board.yaml"),
            *(*options, "--quiet", "--price", "sora-2=0.10"),
            cwd=ROOT,
            env={**kept, **homes, **quick},
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            _, said = await asyncio.wait_for(process.communicate(), LONGEST)
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode not in ENDS:
            raise RuntimeError(said.decode())
        return ENDS[process.returncode]

    return run


CLIENTS: dict[str, Client] = {
    "the SDK": sdk,
    "the SDK in tenacity x3": wrapped,
    **{f"sorapipe, list: {worth}": ours(worth) for worth in WORTHS},
}


async def measure(failures: tuple[Failure, ...]) -> list[list[Cell]]:
    """A row of cells for each failure; several at once."""
    turns = asyncio.Semaphore(2 * (os.cpu_count() or 1) + 2)
    with tempfile.TemporaryDirectory() as name:
        made = await film(Path(name))

        async def cell(failure: Failure, client: Client, folder: Path) -> Cell:
            async with turns, front(failure, made) as server:
                end = await client(server, folder)
                return Cell(server.sent, server.paid, end)

        def place() -> Path:
            return Path(tempfile.mkdtemp(dir=name))

        rows = [
            [cell(failure, client, place()) for client in CLIENTS.values()] for failure in failures
        ]
        return list(await asyncio.gather(*(asyncio.gather(*row) for row in rows)))


def table(failures: tuple[Failure, ...], rows: list[list[Cell]]) -> str:
    """The measured rows as Markdown."""
    head = ["every create ends in", "taken on", *CLIENTS]
    lines = [head, ["---"] * len(head)]
    for failure, row in zip(failures, rows, strict=True):
        taken = "yes" if failure.taken_on else "no"
        lines.append([failure.name, taken, *map(str, row)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def main() -> int:
    """Measure and print, or write."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--write", action="store_true", help="into docs/money.md")
    options.add_argument(
        "--only", metavar="ROW", action="append", help="such as hang-after, 429-before"
    )
    args = options.parse_args()
    warnings.simplefilter("ignore", DeprecationWarning)  # the SDK's, about OpenAI's own server
    chosen = tuple(row for row in FAILURES if not args.only or row.word in args.only)
    if not chosen:
        options.error(f"--only: there are {', '.join(row.word for row in FAILURES)}")
    measured = table(chosen, asyncio.run(measure(chosen)))
    if not args.write:
        print(measured, end="")
        return 0
    version = importlib.metadata.version("openai")
    note = f"Measured with openai {version}; the failure lasts for {LASTS} creates.\n"
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(PART.sub(lambda found: f"{found[1]}\n{measured}\n{note}\n{found[2]}", text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
