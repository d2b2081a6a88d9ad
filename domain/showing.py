"""Items that staff show and hide by a switch, and what readers see of them: the newest version at that moment."""

from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from domain.content_kinds import Kind
from domain.editing import lay_newest, open_item
from domain.errors import ConflictError
from domain.revisions import Opened, keep_as_published
from domain.trash import ReadItem
from models.publishing import Switched

Shown = TypeVar("Shown", bound=Switched)


async def show_item(session: AsyncSession, kind: Kind[Shown], wanted: ReadItem) -> Shown:
    """Let readers see the newest version of an item.

    Raises ItemNotFoundError, ConflictError, and when what it names is not there any more or its slug is taken
    InvalidInputError and SlugTakenError.
    """
    item = await _as_it_was_read(session, kind, wanted)
    item.row.show(is_out=True)
    await lay_newest(session, kind, item.row, item.content)
    await keep_as_published(session, kind, item.row, item.content)
    return item.row


async def hide_item(session: AsyncSession, kind: Kind[Shown], wanted: ReadItem) -> Shown:
    """Let readers see an item no more; a draft beside it stays. Raises ItemNotFoundError and ConflictError."""
    item = await _as_it_was_read(session, kind, wanted)
    item.row.show(is_out=False)
    await session.flush()
    return item.row


async def _as_it_was_read(session: AsyncSession, kind: Kind[Shown], wanted: ReadItem) -> Opened[Shown]:
    item = await open_item(session, kind, wanted.id)
    if item.row.version != wanted.expected_version:
        raise ConflictError(wanted.expected_version, item.row.version)
    return item
