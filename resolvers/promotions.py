"""Mutations of promotion codes, by the staff."""

from typing import Unpack
from uuid import UUID

from domain import promo_codes
from domain.promo_codes import NewPromoCode, PromoCodeChanges
from models import PromoCode
from resolvers.context import Context


async def create_promo_code(context: Context, **given: Unpack[NewPromoCode]) -> PromoCode:
    """Make a code."""
    async with context.writing() as session:
        return await promo_codes.create_promo_code(session, **given)


async def update_promo_code(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    **changes: Unpack[PromoCodeChanges],
) -> PromoCode:
    """Change its terms."""
    async with context.writing() as session:
        return await promo_codes.change_promo_code(session, id, expected_version, **changes)


async def end_promo_code(context: Context, *, id: UUID) -> PromoCode:  # noqa: A002 - what clients call it
    """Let nobody use it from now on."""
    async with context.writing() as session:
        return await promo_codes.end_promo_code(session, id)
