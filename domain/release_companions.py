"""What comes out together with an item: the others in releases of it that are still to come out (decision 0052)."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, literal, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.content_kinds import Kind
from domain.links import Slugs
from domain.release_moves import RELEASE_WAYS, ReleaseMove
from domain.releases import RELEASABLE
from models import Release, ReleaseAction, ReleaseItem, Revision
from models.base import Base


async def slugs_beside(session: AsyncSession, kind: Kind[Any], row_id: UUID) -> Slugs:
    """The slugs under which they come out, which are those of their newest versions."""
    releases = _releases_of(kind, row_id)
    found = await session.execute(union(*(_coming(name, releases) for name in RELEASABLE)))
    slugs: dict[type[Base], set[str]] = defaultdict(set)
    for row in found:
        slugs[RELEASABLE[row.name].model].add(row.slug)
    return slugs


def _releases_of(kind: Kind[Any], row_id: UUID) -> Select[UUID]:
    """The releases with which the item is still to come out; those that were taken back may do so again."""
    own = aliased(ReleaseItem)
    name = next(name for name, each in RELEASABLE.items() if each.model is kind.model)
    waiting = sorted(RELEASE_WAYS[ReleaseMove.PUBLISH].since)
    return (
        select(own.release_id)
        .join(Release, Release.id == own.release_id)
        .where(getattr(own, f"{name}_id") == row_id, own.action == ReleaseAction.PUBLISH, Release.status.in_(waiting))
    )


def _coming(name: str, releases: Select[UUID]) -> Select[str, str]:
    """What comes out of one kind with them."""
    table = RELEASABLE[name].model.__table__
    columns = table.c
    newest = select(Revision.content["slug"].as_string()).where(
        Revision.table_name == RELEASABLE[name].table_name,
        Revision.row_id == columns.id,
        Revision.version == columns.version,
    )
    slug = func.coalesce(newest.scalar_subquery(), columns.slug).label("slug")
    coming = select(literal(name).label("name"), slug)
    return coming.join_from(table, ReleaseItem, getattr(ReleaseItem, f"{name}_id") == columns.id).where(
        ReleaseItem.release_id.in_(releases), ReleaseItem.action == ReleaseAction.PUBLISH, columns.deleted_at.is_(None)
    )
