"""Mutations of categories and products, one at a time."""

from typing import Unpack
from uuid import UUID

from domain.catalog_fields import CategoryChanges, NewCategory, NewProduct, ProductChanges
from domain.catalog_kinds import PRODUCT
from domain.content_kinds import CATEGORY
from domain.editing import ItemChange, create_item, edit_item
from models import Category, Product
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


async def create_product(context: Context, **given: Unpack[NewProduct]) -> Product:
    """Make a product."""
    async with context.writing() as session:
        return await create_item(session, PRODUCT, given, context.viewer.actor_id)


async def update_product(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    **changes: Unpack[ProductChanges],
) -> Product:
    """Change a product."""
    async with context.writing() as session:
        wanted = ItemChange(id, expected_version, changes)
        return await edit_item(session, PRODUCT, wanted, context.viewer.actor_id)


def picture_of(*, url: str, alt_text: str = "") -> dict[str, str]:
    """The fields of an input of a picture, as a content holds it."""
    return {"url": url, "alt_text": alt_text}
