"""Mutations of stock."""

from typing import Any
from uuid import UUID

from domain import stock_keeping
from domain.idempotency import Request, is_new
from domain.stock_keeping import Count
from models import BackorderPolicy, StockLevel
from resolvers.context import Context


async def receive_stock(
    context: Context, *, variant_id: UUID, units: int, idempotency_key: str, reason: str | None = None
) -> StockLevel:
    """Add units that came into the house, once under each key."""
    request = _request(context, idempotency_key, "receiveStock", variant=variant_id, units=units, reason=reason)
    async with context.writing() as session:
        if await is_new(session, request):
            return await stock_keeping.receive(session, variant_id, units, reason or None)
        return await stock_keeping.level_of(session, variant_id)


async def correct_stock(  # noqa: PLR0913 - the fields of the input
    context: Context,
    *,
    variant_id: UUID,
    expected_quantity: int,
    quantity: int,
    reason: str,
    idempotency_key: str,
) -> StockLevel:
    """Set the units in the house to what was counted, once under each key."""
    count = Count(expected_quantity, quantity, reason)
    given = {"variant": variant_id, "expected": expected_quantity, "counted": quantity, "reason": reason}
    async with context.writing() as session:
        if await is_new(session, _request(context, idempotency_key, "correctStock", **given)):
            return await stock_keeping.correct(session, variant_id, count)
        return await stock_keeping.level_of(session, variant_id)


async def set_stock_rules(
    context: Context,
    *,
    variant_id: UUID,
    minimum_level: int | None = None,
    backorder_policy: BackorderPolicy | None = None,
) -> StockLevel:
    """Say below which level stock is low, and whether orders may wait for units."""
    async with context.writing() as session:
        return await stock_keeping.set_rules(session, variant_id, minimum_level=minimum_level, policy=backorder_policy)


def _request(context: Context, key: str, operation: str, **given: Any) -> Request:
    """What a client asks to have done once. `given` is what JSON holds, or UUIDs."""
    viewer = context.viewer
    return Request(viewer.token_id or viewer.actor_id, key, operation, given)
