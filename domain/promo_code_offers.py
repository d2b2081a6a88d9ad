"""The promotion codes that a buyer has given, read with all that decides what they take off."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ScalarSelect, Table, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.conditions import among
from domain.discounting import Offer
from domain.promo_code_uses import Customer, uses_by
from domain.promotions import KnownPromotion, Promotion
from models import PromoCode, promo_code_categories, promo_code_products


async def offers_of(session: AsyncSession, codes: Sequence[str], customer: Customer) -> list[Offer]:
    """Each code as it is stored, by one statement; those that there are not as unknown."""
    if not codes:
        return []
    statement = select(
        PromoCode,
        _linked(promo_code_products, "product_id").label("product_ids"),
        _linked(promo_code_categories, "category_id").label("category_ids"),
        uses_by(customer, PromoCode.id).label("uses"),
    ).where(among(PromoCode.code, codes))
    known = {
        row.PromoCode.code: Offer(
            row.PromoCode.code,
            KnownPromotion(row.PromoCode.id, _promotion(row.PromoCode, row.product_ids, row.category_ids)),
            row.uses,
        )
        for row in await session.execute(statement, execution_options={"populate_existing": True})
    }
    return [known.get(code) or Offer(code, None) for code in codes]


def _linked(table: Table, column: str) -> ScalarSelect[list[UUID]]:
    return select(func.array_agg(table.c[column])).where(table.c.promo_code_id == PromoCode.id).scalar_subquery()


def _promotion(row: PromoCode, product_ids: list[UUID] | None, category_ids: list[UUID] | None) -> Promotion:
    return Promotion(
        discount_type=row.discount_type,
        amount=row.amount,
        currency=row.currency,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        ended_at=row.ended_at,
        usage_limit=row.usage_limit,
        used_count=row.used_count,
        limit_per_customer=row.limit_per_customer,
        minimum_subtotal=row.minimum_subtotal,
        is_restricted=row.is_restricted,
        product_ids=frozenset(product_ids or ()),
        category_ids=frozenset(category_ids or ()),
    )
