"""Mutations of categories, one at a time."""

from typing import Unpack
from uuid import UUID

from domain.catalog_fields import CategoryChanges, NewCategory
from domain.content_kinds import CATEGORY
from domain.editing import ItemChange, create_item, edit_item
from models import Category
from resolvers.context import Context


async def create_category(context: Context, **given: Unpack[NewCategory]) -> Category:
    """Make a category."""
    async with context.writing() as session:
        return await create_item(session, CATEGORY, given, context.viewer.actor_id)


async def update_category(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    **changes: Unpack[CategoryChanges],
) -> Category:
    """Change a category."""
    async with context.writing() as session:
        wanted = ItemChange(id, expected_version, changes)
        return await edit_item(session, CATEGORY, wanted, context.viewer.actor_id)
