"""The operations that ask for a render, and the waiting for it."""

from __future__ import annotations

import json
import re
import uuid
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from sorapipe.cli.exits import Exit
from sorapipe.cli.videos_files import free, save
from sorapipe.cli.videos_session import Operation, Session
from sorapipe.cli.videos_show import as_json, render_bar
from sorapipe.core.price import highest, told
from sorapipe.errors import UsageError, one_line
from sorapipe.run.prepare import address_of
from sorapipe.run.prices import Prices
from sorapipe.videos import said
from sorapipe.videos.model import Video
from sorapipe.videos.pictures import Picture
from sorapipe.videos.reference import FileId, lacks

_ADDRESS = re.compile(r"https?:|data:", re.IGNORECASE)
_FILE_ID = re.compile(r"file[-_][\w-]+")
_NOT_YET = ("queued", "in_progress")  # of other words for these the server may judge


async def create(session: Session) -> int:
    """`sorapipe videos create`."""
    args, fields = session.args, _fields(session)
    seconds, size = said.seconds(args.seconds), said.size(args.size)

    async def about_to_send() -> None:
        _announce(session, args.model, size, Decimal(seconds))
        await session.about_to_send()

    fields["before_send"] = about_to_send  # told once nothing of ours can refuse it any more
    asked = session.videos.create(
        model=args.model,
        seconds=seconds,
        size=size,
        input_reference=_reference(args.reference),
        characters=args.character,
        **fields,
    )
    return await _rendered(session, await session.bought(asked))


async def remix(session: Session) -> int:
    """`sorapipe videos remix`."""
    fields, parent = _fields(session), await _parent(session)
    asked = session.videos.remix(parent.id, **fields)
    return await _rendered(session, await session.bought(asked))


async def edit(session: Session) -> int:
    """`sorapipe videos edit`."""
    fields, parent = _fields(session), await _parent(session)
    asked = session.videos.edit(parent.id, **fields)
    return await _rendered(session, await session.bought(asked))


async def extend(session: Session) -> int:
    """`sorapipe videos extend`."""
    fields, seconds = _fields(session), said.seconds(session.args.seconds)
    parent = await _parent(session, Decimal(seconds))
    asked = session.videos.extend(parent.id, seconds=seconds, **fields)
    return await _rendered(session, await session.bought(asked))


async def wait(session: Session) -> int:
    """`sorapipe videos wait`."""
    args = session.args
    free(args.output, force=args.force)
    session.open = args.id
    return await _awaited(session, Video(id=args.id))


async def _rendered(session: Session, video: Video) -> int:
    """What becomes of a render that was accepted."""
    args = session.args
    if args.wait or args.output:
        if not args.json:
            with suppress(BrokenPipeError):  # told already; what is waited for is another thing
                session.give(video.id)  # at once: a script may want it whatever happens to us
        return await _awaited(session, video)
    session.give(as_json(video, session.provider.api_key) if args.json else video.id)
    if session.provider.base_url is None and not video.ended:
        how = session.command("wait", video.id)
        session.tell(f"the built-in studio renders only while a command waits: '{how}'")
    return Exit.OK


async def _awaited(session: Session, video: Video) -> int:
    args, limits = session.args, session.provider.limits
    with render_bar(args) as show:
        ended = await session.videos.wait(
            video,
            on_progress=show,
            timeout=limits.render_timeout if args.timeout is None else args.timeout,
            poll_interval=limits.poll_interval,
        )
    more: dict[str, Any] = {}
    if args.output:
        more = {"file": args.output, "bytes": await save(session, ended, Path(args.output))}
    if args.json:
        session.give(as_json(ended, session.provider.api_key, **more))
    elif args.operation == "wait":
        session.give(ended.id)
    return Exit.OK


def _fields(session: Session) -> dict[str, Any]:
    """What every request for a render says, checked before anything is sent."""
    args = session.args
    free(args.output, force=args.force)
    prompt = said.prompt(args.prompt)
    if session.provider.api_key.redact(prompt) != prompt:
        what = "it has your API key in it, and is sent as it is"
        session.warn(one_line("prompt", what, "take it out"))
    return {
        "prompt": prompt,
        "seed": args.seed,
        "extra": dict(map(_extra, args.extra)),
        "idempotency_key": args.idempotency_key or uuid.uuid4().hex,
        "before_send": session.about_to_send,
    }


def _extra(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise UsageError("--extra", f"'{text}' has no key and value", "say --extra KEY=JSON")
    try:
        return name, json.loads(value)
    except (ValueError, RecursionError):
        what = f"the value of '{name}' is no JSON"
        raise UsageError("--extra", what, f"for a text say '{name}=\"...\"'") from None


def _reference(text: str | None) -> Picture | None:
    """A picture by its address, its path, or, where no file has that name, a file's id."""
    if text is None or _ADDRESS.match(text) or _there(text):
        return text
    if not _FILE_ID.fullmatch(text):
        fix = "a picture's path, its URL, or the id of a file that the server has"
        raise UsageError("--reference", f"'{text[:200]}' is not there", fix)
    return FileId(text)


def _there(text: str) -> bool:
    try:
        return Path(text).exists()
    except OSError:  # a name that no file can have
        return False


async def _parent(session: Session, added: Decimal | None = None) -> Video:
    """The video that is to be changed, announced with what the change costs.

    Looking first is free, tells model and size, and spares a request that must be refused.
    """
    if not getattr(session.provider.profile, session.args.operation):
        raise lacks(session.provider.profile, session.args.operation, "use a provider that has it")
    parent = await session.videos.retrieve(session.args.id)
    if parent.status == "failed" or parent.word in _NOT_YET:
        fix = "" if parent.status == "failed" else f"'{session.command('wait', parent.id)}'"
        raise UsageError(f"video '{parent.id}'", f"it is {parent.status}, not completed", fix)
    known = None if parent.seconds is None else Decimal(str(parent.seconds))
    _announce(session, parent.model, parent.size, known if added is None else added)
    return parent


def _announce(
    session: Session, model: str | None, size: str | None, seconds: Decimal | None
) -> None:
    """Which server is asked, and what it costs there, as far as anybody knows."""
    provider, prices = session.provider, Prices(said={}, provider=session.provider)
    each = prices.per_second(model or "", size or "")
    length = Decimal(0) if each == 0 else seconds
    price = None if each is None or length is None else highest(each, float(length))
    cost = f"costs {told(price)}" if price else "adds no cost"
    if price is None:
        cost = "is of unknown price"
    elif price and (since := prices.dated(model or "", size or "")):
        cost += f" (price of {since})"
    server = f"{address_of(provider)} ({provider.profile.name}; {provider.why})"
    session.tell(f"server: {server}; this render {cost}")


OPERATIONS: dict[str, Operation] = {
    "create": create,
    "remix": remix,
    "edit": edit,
    "extend": extend,
    "wait": wait,
}
