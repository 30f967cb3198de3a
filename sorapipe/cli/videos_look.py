"""The operations that ask for no render: looking, fetching, removing, and characters."""

from __future__ import annotations

from pathlib import Path

from sorapipe.cli.exits import Exit
from sorapipe.cli.videos_files import free, named_by, save
from sorapipe.cli.videos_session import Operation, Session
from sorapipe.cli.videos_show import as_json, as_table, as_text, character, character_text, line
from sorapipe.errors import one_line
from sorapipe.videos.errors import NotFoundError
from sorapipe.videos.model import Character
from sorapipe.videos.wire import PAGE

_SHOWN = 20  # videos on a page, unless said


async def retrieve(session: Session) -> int:
    """`sorapipe videos retrieve`."""
    video = await session.videos.retrieve(session.args.id)
    tell = as_json if session.args.json else as_text
    session.give(tell(video, session.provider.api_key))
    return Exit.OK


async def listing(session: Session) -> int:
    """`sorapipe videos list`."""
    args, key = session.args, session.provider.api_key
    limit = args.limit if args.limit is not None else PAGE if args.all else _SHOWN
    page = await session.videos.list(limit=limit, order=args.order, after=args.after)
    found = [video async for video in page] if args.all else [*page.data]
    if args.json:
        for video in found:
            session.give(as_json(video, key))
    elif found:
        session.give(as_table(found, key))
    if not found:
        session.tell("no videos")
    elif not args.all and page.has_next_page():
        session.tell(f"there are more: say --after {page.last_id}, or --all")
    return Exit.OK


async def download(session: Session) -> int:
    """`sorapipe videos download`."""
    args = session.args
    path = args.output or named_by(args.id, args.variant)
    free(path, force=args.force)
    received = await save(session, args.id, Path(path), args.variant)
    told = {"id": args.id, "variant": args.variant, "file": path, "bytes": received}
    session.give(line(told) if args.json else path)
    return Exit.OK


async def delete(session: Session) -> int:
    """`sorapipe videos delete`."""
    code = Exit.OK
    for video in session.args.ids:
        try:
            answer = await session.videos.delete(video)
        except NotFoundError as error:  # the others are still to be removed
            code = Exit.FAILED
            session.warn(str(error))
            continue
        if answer.deleted:
            session.give(line({"id": video, "deleted": True}) if session.args.json else video)
        else:
            code = Exit.FAILED
            session.warn(one_line(f"video '{video}'", "the server says that it did not delete it"))
    return code


async def create_character(session: Session) -> int:
    """`sorapipe videos create-character`."""
    made = await session.videos.create_character(
        name=session.args.name, video=Path(session.args.film)
    )
    _give_character(session, made, made.id)
    return Exit.OK


async def retrieve_character(session: Session) -> int:
    """`sorapipe videos retrieve-character`."""
    found = await session.videos.retrieve_character(session.args.id)
    _give_character(session, found, character_text(found))
    return Exit.OK


def _give_character(session: Session, found: Character, text: str) -> None:
    session.give(line(character(found)) if session.args.json else text)


OPERATIONS: dict[str, Operation] = {
    "retrieve": retrieve,
    "list": listing,
    "download": download,
    "delete": delete,
    "create-character": create_character,
    "retrieve-character": retrieve_character,
}
