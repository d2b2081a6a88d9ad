"""Mutations of what the shop charges for sending, and of its settings, by its owner."""

from typing import Unpack
from uuid import UUID

from auth.emails import require_email
from domain import shipping_methods
from domain.shipping_methods import NewShippingMethod, ShippingMethodChanges
from domain.shop_settings import ShopChanges, change_shop
from models import ShippingMethod, Shop
from resolvers.context import Context


async def create_shipping_method(context: Context, **given: Unpack[NewShippingMethod]) -> ShippingMethod:
    """Make a shipping method."""
    async with context.writing() as session:
        return await shipping_methods.create_shipping_method(session, **given)


async def update_shipping_method(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    **changes: Unpack[ShippingMethodChanges],
) -> ShippingMethod:
    """Change it."""
    async with context.writing() as session:
        return await shipping_methods.change_shipping_method(session, id, expected_version, **changes)


async def update_shop(context: Context, *, expected_version: int, **changes: Unpack[ShopChanges]) -> Shop:
    """Change the settings of the shop."""
    email = changes.get("contact_email")
    if email is not None:
        changes["contact_email"] = require_email(email, "contact_email")
    async with context.writing() as session:
        return await change_shop(session, expected_version, **changes)
