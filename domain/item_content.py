"""The content of an item: read from its row, and laid into it."""

from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.conditions import among
from domain.content_kinds import TAGS, Item, Kind
from domain.content_values import Content, as_json
from domain.errors import InvalidField, InvalidInputError, invalid
from domain.rendering import has_text, render_rows
from domain.slugs import slugify
from models import Tag

NOTHING: Final[Content] = MappingProxyType({})


async def content_of(session: AsyncSession, kind: Kind[Item], row: Item) -> dict[str, Any]:
    """What the row holds."""
    content = columns_of(kind, row)
    if kind.tags is not None:
        content[TAGS] = await _tags_of(session, kind.tags, row.id)
    if kind.parts is not None:
        content |= (await kind.parts.read(session, [row]))[row.id]
    return content


def columns_of(kind: Kind[Item], row: Item) -> dict[str, Any]:
    """What the row's own columns hold."""
    return {name: as_json(getattr(row, name)) for name in kind.columns}


async def lay(session: AsyncSession, kind: Kind[Item], row: Item, content: Content) -> None:
    """Let the row hold the content. Fields that the content does not know stay as they are.

    Raises InvalidInputError when something that it names anew is not there any more, or its parts do not fit.
    """
    await require_referents(session, kind, content, columns_of(kind, row))
    put_columns(kind, row, content)
    if has_text(row, content):
        await render_rows(session, [row])
    await session.flush()
    if kind.tags is not None and TAGS in content:
        await _link(session, kind.tags, row.id, content[TAGS])
    if kind.parts is not None and (faults := await kind.parts.lay(session, [(row, content)])):
        raise InvalidInputError(faults[row.id])


def put_columns(kind: Kind[Item], row: Item, content: Content) -> None:
    """Let the row's own columns hold the content; its relations and parts are written apart from it."""
    for name in kind.columns:
        if name in content:
            setattr(row, name, kind.decoded(name, content[name]))


async def require_referents(
    session: AsyncSession, kind: Kind[Item], content: Content, before: Content = NOTHING
) -> None:
    """Refuse a content that names rows which are not there, or lie in the trash. Raises InvalidInputError.

    What it named before is not asked about: it went into the trash with the item in it, which is in none meanwhile.
    Whoever would put one into the trash meanwhile waits (FOR SHARE).
    """
    faults = []
    for column, model in kind.references.items():
        key = content.get(column)
        if key is None or key == before.get(column):
            continue
        there = select(model.id).where(model.id == UUID(key), model.__table__.c.deleted_at.is_(None))
        if await session.scalar(there.with_for_update(read=True)) is None:
            faults.append(InvalidField((kind.keyword_of(column),), "There is none with this id."))
    if faults:
        raise InvalidInputError(faults)


async def known_tags(session: AsyncSession, names: Iterable[str]) -> list[str]:
    """The slugs of labels, in their order; those that are missing are made. Raises InvalidInputError."""
    by_slug = {slugify(name): name for name in names}
    if "" in by_slug:
        raise invalid(TAGS, "A label needs a letter or a digit.")
    slugs = sorted(by_slug)
    if slugs:
        new = [{"id": uuid7(), "slug": slug, "name": by_slug[slug].strip()} for slug in slugs]
        await session.execute(insert(Tag).on_conflict_do_nothing(index_elements=["slug"]), new)
    return slugs


async def _tags_of(session: AsyncSession, links: Table, row_id: UUID) -> list[str]:
    found = select(Tag.slug).join(links, links.c.tag_id == Tag.id).where(links.c[owner_of(links)] == row_id)
    return sorted(await session.scalars(found))


async def _link(session: AsyncSession, links: Table, row_id: UUID, slugs: Sequence[str]) -> None:
    owner = owner_of(links)
    keys = list(await session.scalars(select(Tag.id).where(among(Tag.slug, slugs)).order_by(Tag.id)))
    await session.execute(delete(links).where(links.c[owner] == row_id, links.c.tag_id.not_in(keys)))
    if keys:
        new = [{owner: row_id, "tag_id": key} for key in keys]
        await session.execute(insert(links).on_conflict_do_nothing(), new)


def owner_of(links: Table) -> str:
    """The column of what carries the labels."""
    return next(column.name for column in links.c if column.name != "tag_id")
