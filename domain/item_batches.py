"""Many items of one kind at once: locked, read, laid into their rows and kept, in as few statements as one takes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic
from uuid import UUID

from sqlalchemy import Table, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.conditions import among
from domain.content_kinds import TAGS, Item, Kind
from domain.content_values import Content
from domain.item_content import columns_of, owner_of, put_columns
from domain.kept_renderings import take_renderings
from domain.rendering import is_rewritten, render_rows
from domain.revisions import Opened
from models import Revision, Tag
from models.base import Versioned
from models.publishing import Drafted


@dataclass(frozen=True, slots=True)
class Batch(Generic[Item]):
    """Locked items of a kind by their ids. What is gone, or lies in the trash, is not among them."""

    kind: Kind[Item]
    items: Mapping[UUID, Opened[Item]]
    kept: frozenset[UUID]
    """Those whose newest version is a revision."""

    def only(self, keys: Iterable[UUID]) -> "Batch[Item]":
        """Some of them."""
        return Batch(self.kind, {key: self.items[key] for key in keys}, self.kept)


async def open_items(session: AsyncSession, kind: Kind[Item], keys: Collection[UUID]) -> Batch[Item]:
    """Lock items in the order of their ids, and read what the newest version of each says."""
    model = kind.model
    wanted = select(model).where(among(model.id, list(keys)), model.deleted_at.is_(None)).order_by(model.id)
    locked = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    rows = (await session.scalars(locked)).all()
    newest = await contents_at(session, kind, {row.id: row.version for row in rows})
    whole = {key: content for key, content in newest.items() if content.keys() >= set(kind.fields)}
    stored = await contents_of(session, kind, [row for row in rows if row.id not in whole])
    for row in rows:
        if row.id in stored and _has_draft(row):  # of before a field was added, which is as the row has it
            stored[row.id] = {**stored[row.id], **newest.get(row.id, {})}
    contents = {**whole, **stored}
    return Batch(kind, {row.id: Opened(kind, row, contents[row.id]) for row in rows}, frozenset(newest))


def _has_draft(row: Versioned) -> bool:
    return isinstance(row, Drafted) and row.has_draft


async def contents_of(session: AsyncSession, kind: Kind[Item], rows: Sequence[Item]) -> dict[UUID, Content]:
    """What the rows hold."""
    if not rows:
        return {}
    contents = {row.id: columns_of(kind, row) for row in rows}
    if kind.tags is not None:
        labels = await _labels_of(session, kind.tags, list(contents))
        for key, content in contents.items():
            content[TAGS] = sorted(labels[key])
    if kind.parts is not None:
        for key, parts in (await kind.parts.read(session, rows)).items():
            contents[key] |= parts
    return dict(contents)


async def contents_at(session: AsyncSession, kind: Kind[Any], versions: Mapping[UUID, int]) -> dict[UUID, Content]:
    """What each item said in that version of it; those of which nobody kept it are left out."""
    said = select(Revision.row_id, Revision.version, Revision.content).where(
        Revision.table_name == kind.table_name,
        among(Revision.row_id, list(versions)),
        among(Revision.version, sorted(set(versions.values()))),
    )
    found = await session.execute(said)
    return {row.row_id: {**kind.since, **row.content} for row in found if versions[row.row_id] == row.version}


async def lay_items(session: AsyncSession, kind: Kind[Item], contents: Sequence[tuple[Item, Content]]) -> None:
    """Let each row hold a content, apart from its parts. What it names was looked at before (domain/batch_checks.py).

    Where a rival was faster a constraint is violated.
    """
    rewritten = [row for row, content in contents if is_rewritten(row, content)]
    for row, content in contents:
        put_columns(kind, row, content)
    await render_rows(session, await take_renderings(session, rewritten))
    await session.flush()
    if kind.tags is not None:
        await _link(session, kind.tags, {row.id: content[TAGS] for row, content in contents if TAGS in content})


async def keep_as_published(session: AsyncSession, batch: Batch[Item]) -> None:
    """Keep what readers see of each from now on, and that they did."""
    if not batch.items:
        return
    kind, model = batch.kind, batch.kind.model
    new = [
        {
            "id": uuid7(),
            "table_name": kind.table_name,
            "row_id": key,
            "version": item.row.version,
            "content": item.content,
        }
        for key, item in batch.items.items()
        if key not in batch.kept
    ]
    if new:
        await session.execute(insert(Revision).on_conflict_do_nothing(), new)
    seen = update(Revision).where(
        Revision.table_name == kind.table_name,
        Revision.row_id == model.id,
        Revision.version == model.version,
        among(model.id, list(batch.items)),
        Revision.published_at.is_(None),
    )
    await session.execute(seen.values(published_at=func.now()), execution_options={"synchronize_session": False})


async def _labels_of(session: AsyncSession, links: Table, keys: Sequence[UUID]) -> Mapping[UUID, list[str]]:
    owner = links.c[owner_of(links)]
    carried = select(owner, Tag.slug).join(links, links.c.tag_id == Tag.id).where(among(owner, keys))
    labels = defaultdict(list)
    for key, slug in await session.execute(carried):
        labels[key].append(slug)
    return labels


async def _link(session: AsyncSession, links: Table, wanted: Mapping[UUID, Collection[str]]) -> None:
    """Let each item carry those labels, by their slugs."""
    if not wanted:
        return
    owner = links.c[owner_of(links)]
    carried = set(map(tuple, await session.execute(select(owner, links.c.tag_id).where(among(owner, list(wanted))))))
    keys = await _tag_keys(session, {slug for slugs in wanted.values() for slug in slugs})
    due = {(key, keys[slug]) for key, slugs in wanted.items() for slug in slugs if slug in keys}
    await _unlink(session, links, carried - due)
    new = [{owner.name: key, "tag_id": tag} for key, tag in sorted(due - carried)]
    if new:
        await session.execute(insert(links).on_conflict_do_nothing(), new)


async def _unlink(session: AsyncSession, links: Table, pairs: Iterable[tuple[UUID, UUID]]) -> None:
    owner = links.c[owner_of(links)]
    gone = sorted(pairs)
    if gone:
        await session.execute(delete(links).where(tuple_(owner, links.c.tag_id).in_(gone)))


async def _tag_keys(session: AsyncSession, slugs: Collection[str]) -> dict[str, UUID]:
    found = await session.execute(select(Tag.slug, Tag.id).where(among(Tag.slug, sorted(slugs))))
    return {slug: key for slug, key in found}  # noqa: C416 - rows are no pairs to the type checker
