"""The settings of the shop, as its owner changes them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypedDict, Unpack

from sqlalchemy.ext.asyncio import AsyncSession

from domain.countries import require_countries
from domain.errors import ConflictError
from models import Shop
from models.shop import SHOP_ID

HUNDRED = Decimal(100)


class ShopChanges(TypedDict, total=False):
    """What may change; what is left out stays as it is. The currency stays: prices are stored in it."""

    name: str
    description: str
    countries: Sequence[str]
    contact_email: str | None
    prices_include_tax: bool
    shows_prices_with_tax: bool
    default_tax_percent: Decimal


async def change_shop(session: AsyncSession, expected_version: int, **changes: Unpack[ShopChanges]) -> Shop:
    """Change what is given. Raises InvalidInputError and ConflictError."""
    shop = await session.get_one(Shop, SHOP_ID, with_for_update=True, populate_existing=True)
    if shop.version != expected_version:
        raise ConflictError(expected_version, shop.version)
    shop.name = " ".join(changes.get("name", shop.name).split())
    shop.description = changes.get("description", shop.description)
    shop.contact_email = changes.get("contact_email", shop.contact_email)
    shop.prices_include_tax = changes.get("prices_include_tax", shop.prices_include_tax)
    shop.shows_prices_with_tax = changes.get("shows_prices_with_tax", shop.shows_prices_with_tax)
    if "countries" in changes:
        shop.countries = require_countries(changes["countries"], "countries")
    if "default_tax_percent" in changes:
        shop.default_tax_rate = changes["default_tax_percent"] / HUNDRED
    shop.version += 1
    await session.flush()
    return shop
