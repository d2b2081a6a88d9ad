"""Mutations of pages of text, one at a time."""

from typing import Unpack
from uuid import UUID

from domain.content_kinds import PAGE
from domain.editing import ItemChange, create_item, edit_item
from domain.page_fields import NewPage, PageChanges
from models import Page
from resolvers.context import Context


async def create_page(context: Context, **given: Unpack[NewPage]) -> Page:
    """Make a page."""
    async with context.writing() as session:
        return await create_item(session, PAGE, given, context.viewer.actor_id)


async def update_page(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    **changes: Unpack[PageChanges],
) -> Page:
    """Change a page."""
    async with context.writing() as session:
        wanted = ItemChange(id, expected_version, changes)
        return await edit_item(session, PAGE, wanted, context.viewer.actor_id)
