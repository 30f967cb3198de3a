"""Videos as people and programs read them, and bars for those who wait."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sorapipe.core.price import as_number
from sorapipe.errors import printable
from sorapipe.report.plan import table
from sorapipe.videos.model import Character, Video
from sorapipe.videos.secret import Secret

_PROMPT = 48  # characters of a prompt in a table


def as_data(video: Video, key: Secret) -> dict[str, Any]:
    """A video for programs; what the server did not tell is null."""
    error = video.error
    return {
        "id": video.id,
        "status": video.status,
        "model": _hidden(video.model, key),
        "progress": _number(video.progress),
        "seconds": _number(video.seconds),
        "size": video.size,
        "prompt": _hidden(video.prompt, key),
        "created_at": _time(video.created_at),
        "completed_at": _time(video.completed_at),
        "expires_at": _time(video.expires_at),
        "remixed_from": video.remixed_from,
        "error": None if error is None else {"code": error.code, "message": error.message},
        "url": _hidden(video.url, key),  # at some it carries the key as a parameter
        "cost": as_number(video.cost),
    }


def as_json(video: Video, key: Secret, **more: object) -> str:
    """A video as one line of JSON, with what else is to be told of it."""
    return line({**as_data(video, key), **more})


def as_text(video: Video, key: Secret) -> str:
    """What is known of a video, a line each."""
    told = {name: value for name, value in as_data(video, key).items() if value is not None}
    if video.error is not None:
        told["error"] = ": ".join(filter(None, (video.error.code, video.error.message)))
    return _pairs(told)


def as_table(videos: Iterable[Video], key: Secret) -> str:
    """A line for each of several videos."""
    head = ("id", "status", "%", "seconds", "size", "model", "created", "prompt")
    return "\n".join(table(head, [_row(as_data(video, key)) for video in videos]))


def character(found: Character) -> dict[str, Any]:
    """A character for programs."""
    return {"id": found.id, "name": found.name, "created_at": _time(found.created_at)}


def character_text(found: Character) -> str:
    """What is known of a character, a line each."""
    return _pairs({name: value for name, value in character(found).items() if value is not None})


def line(data: dict[str, Any]) -> str:
    """One line of JSON."""
    return json.dumps(data, ensure_ascii=False)


@contextmanager
def render_bar(args: argparse.Namespace) -> Iterator[Callable[[Video], None]]:
    """What is told of a render that is waited for: a bar on a terminal, else each new status."""
    if args.quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        from tqdm import tqdm

        with tqdm(total=100, unit="%", file=sys.stderr, leave=False, dynamic_ncols=True) as bar:

            def show(video: Video) -> None:
                bar.set_description_str(printable(f"{video.id} {video.status}"), refresh=False)
                bar.update((video.progress or 0) - bar.n)
                bar.refresh()

            yield show
    else:
        yield _each_status()


def _each_status() -> Callable[[Video], None]:
    last = ""

    def tell(video: Video) -> None:
        nonlocal last
        if video.status != last:
            last = video.status
            print(printable(f"{video.id}: {last}"), file=sys.stderr, flush=True)

    return tell


@contextmanager
def bytes_bar(args: argparse.Namespace) -> Iterator[Callable[[int, int | None], None]]:
    """What is told of a download: a bar on a terminal, else nothing."""
    if args.quiet or not sys.stderr.isatty():
        yield lambda _received, _total: None
        return
    from tqdm import tqdm

    with tqdm(unit="B", unit_scale=True, file=sys.stderr, leave=False, dynamic_ncols=True) as bar:

        def show(received: int, total: int | None) -> None:
            bar.total = total
            bar.update(received - bar.n)

        yield show


def _row(told: dict[str, Any]) -> tuple[str, ...]:
    prompt = told["prompt"] or ""
    cells = ("id", "status", "progress", "seconds", "size", "model", "created_at")
    short = prompt if len(prompt) <= _PROMPT else prompt[: _PROMPT - 1] + "…"
    values = [told[name] for name in cells]
    shown = ("" if value is None else str(value) for value in (*values, short))
    return tuple(map(printable, shown))


def _pairs(told: dict[str, Any]) -> str:
    width = max(map(len, told))
    return "\n".join(f"{name:<{width}}  {printable(str(value))}" for name, value in told.items())


def _hidden(text: str | None, key: Secret) -> str | None:
    return None if text is None else key.redact(text)


def _number(value: float | None) -> int | float | None:
    """Whole numbers as such: servers tell seconds and percents in whole ones."""
    return int(value) if value is not None and value == int(value) else value


def _time(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat(timespec="seconds")
