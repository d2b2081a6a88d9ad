"""Revisions: kept with each change, and compared when two people have changed the same item (decision 0041)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Generic
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.content_kinds import Item, Kind
from domain.content_values import Content
from domain.errors import ConflictError
from domain.item_parts import Patch
from models import Revision
from models.base import Versioned
from models.publishing import Drafted


@dataclass(frozen=True, slots=True)
class Opened(Generic[Item]):
    """An item whose row is locked, and what its newest version says: the draft, where there is one."""

    kind: Kind[Item]
    row: Item
    content: Content


async def keep(
    session: AsyncSession, kind: Kind[Item], row: Item, content: Content, editor_id: UUID | None = None
) -> None:
    """Keep the content as the revision of the row's version, unless there is one already."""
    values = {"table_name": kind.table_name, "row_id": row.id, "version": row.version}
    published_at = func.now() if _is_seen(row) else None
    revision = insert(Revision).values(id=uuid7(), **values, content=content, editor_id=editor_id)
    await session.execute(revision.values(published_at=published_at).on_conflict_do_nothing())


async def keep_as_published(session: AsyncSession, kind: Kind[Item], row: Item, content: Content) -> None:
    """Keep what readers see from now on, and that they did."""
    await keep(session, kind, row, content)
    its = (Revision.table_name == kind.table_name, Revision.row_id == row.id, Revision.version == row.version)
    seen = update(Revision).where(*its, Revision.published_at.is_(None)).values(published_at=func.now())
    await session.execute(seen, execution_options={"synchronize_session": False})


async def editor_of(session: AsyncSession, kind: Kind[Item], row: Item) -> UUID | None:
    """Who made the newest version of an item; None where no account did, and where nobody kept it."""
    its = (Revision.table_name == kind.table_name, Revision.row_id == row.id, Revision.version == row.version)
    return await session.scalar(select(Revision.editor_id).where(*its))


def _is_seen(row: Versioned) -> bool:
    """Whether the row's newest version is what readers see."""
    return isinstance(row, Drafted) and row.is_out and not row.has_draft


async def content_at(session: AsyncSession, kind: Kind[Item], row_id: UUID, version: int) -> dict[str, Any] | None:
    """What the item said in that version; None when nobody kept it."""
    found = select(Revision.content).where(
        Revision.table_name == kind.table_name, Revision.row_id == row_id, Revision.version == version
    )
    said = await session.scalar(found)
    return None if said is None else {**kind.since, **said}


async def require_mergeable(session: AsyncSession, item: Opened[Item], expected_version: int, given: Content) -> None:
    """Let a change be laid over what others have changed since the version that its author read.

    Raises ConflictError when one of the fields that it changes was changed by others as well, unless both wish the
    same; and when nobody knows any more what its author read.
    """
    version = item.row.version
    if expected_version == version:
        return
    read = await content_at(session, item.kind, item.row.id, expected_version)
    both = given.keys() if read is None else _changed_by_both(read, item.content, given)
    if both or expected_version > version:
        raise ConflictError(expected_version, version, sorted(map(item.kind.keyword_of, both)))


def _changed_by_both(read: Content, stored: Content, given: Content) -> Collection[str]:
    return [name for name, value in given.items() if _meets(value, read.get(name), stored.get(name))]


def _meets(value: Any, read: Any, stored: Any) -> bool:
    if isinstance(value, Patch):
        return value.meets(read or {}, stored or {})
    return bool(read != stored != value)
