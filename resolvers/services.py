"""Mutations of services, one at a time."""

from typing import Unpack
from uuid import UUID

from domain.catalog_fields import NewService, ServiceChanges
from domain.catalog_kinds import SERVICE
from domain.editing import ItemChange, create_item, edit_item
from models import Service
from resolvers.context import Context


async def create_service(context: Context, **given: Unpack[NewService]) -> Service:
    """Make a service."""
    async with context.writing() as session:
        return await create_item(session, SERVICE, given, context.viewer.actor_id)


async def update_service(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    **changes: Unpack[ServiceChanges],
) -> Service:
    """Change a service."""
    async with context.writing() as session:
        wanted = ItemChange(id, expected_version, changes)
        return await edit_item(session, SERVICE, wanted, context.viewer.actor_id)
