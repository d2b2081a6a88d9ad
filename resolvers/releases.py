"""Mutations of releases. Whoever changes one may publish every kind of item in it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, Unpack
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from auth.permissions import Permission
from domain import release_publishing, release_rollback, releases
from domain.publishing import Plan
from domain.releases import ReadRelease, ReleaseChanges, WantedItem
from models import Release, ReleaseAction
from resolvers.access import require
from resolvers.context import Context

PUBLISHED_BY: Final[Mapping[str, Permission]] = MappingProxyType(
    {
        "post": Permission.CONTENT_PUBLISH,
        "page": Permission.CONTENT_PUBLISH,
        "product": Permission.CATALOG_WRITE,
        "service": Permission.SERVICES_WRITE,
    }
)
"""What publishing an item of a kind alone asks for."""


async def create_release(context: Context, *, title: str, notes: str = "") -> Release:
    """Make a release without items."""
    async with context.writing() as session:
        return await releases.create_release(session, title, notes, context.viewer.actor_id)


async def update_release(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    **changes: Unpack[ReleaseChanges],
) -> Release:
    """Say something else of a release."""
    async with context.writing() as session:
        return await releases.update_release(session, ReadRelease(id, expected_version), changes)


async def add_to_release(context: Context, *, id: UUID, items: Sequence[WantedItem]) -> Release:  # noqa: A002 - the same
    """Put items into a release."""
    async with context.writing() as session:
        _require_all(context, {name for each in items for name in each.named})
        return await releases.add_items(session, id, items)


async def remove_from_release(context: Context, *, id: UUID, items: Sequence[UUID]) -> Release:  # noqa: A002 - the same
    """Take items out of a release."""
    async with context.writing() as session:
        return await releases.remove_items(session, id, items)


async def schedule_release(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    at: datetime,
    time_zone: str = "UTC",
) -> Release:
    """Have a release come out later."""
    async with context.writing() as session:
        await _require_kinds(context, session, id)
        plan = Plan(at, None, time_zone)
        read = ReadRelease(id, expected_version)
        return await release_publishing.schedule_release(session, read, plan, context.viewer.actor_id)


async def publish_release(context: Context, *, id: UUID, expected_version: int) -> Release:  # noqa: A002 - the same
    """Let all items of a release come out or go."""
    async with context.writing() as session:
        await _require_kinds(context, session, id)
        read = ReadRelease(id, expected_version)
        return await release_publishing.publish_release(session, read, context.viewer.actor_id)


async def roll_back_release(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    leaving: Collection[UUID] = (),
) -> Release:
    """Let readers see what they saw before."""
    async with context.writing() as session:
        await _require_kinds(context, session, id)
        read = ReadRelease(id, expected_version)
        return await release_rollback.roll_back_release(session, read, leaving, context.viewer.actor_id)


async def unschedule_release(context: Context, *, id: UUID, expected_version: int) -> Release:  # noqa: A002 - the same
    """Let a release wait."""
    async with context.writing() as session:
        return await releases.unschedule_release(session, ReadRelease(id, expected_version), context.viewer.actor_id)


async def archive_release(context: Context, *, id: UUID, expected_version: int) -> Release:  # noqa: A002 - the same
    """Put a release away."""
    async with context.writing() as session:
        return await releases.archive_release(session, ReadRelease(id, expected_version), context.viewer.actor_id)


def wanted_item(*, action: ReleaseAction = ReleaseAction.PUBLISH, **named: UUID) -> WantedItem:
    """The fields of an input that names an item."""
    return WantedItem(named, action)


async def _require_kinds(context: Context, session: AsyncSession, release_id: UUID) -> None:
    _require_all(context, await releases.names_in(session, release_id))


def _require_all(context: Context, names: Collection[str]) -> None:
    for name in sorted(names):
        require(PUBLISHED_BY[name], context.viewer)
