"""What staff does to stock: units that come in, units that were counted, and the rules of a variant's stock."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import DomainError, invalid
from domain.stock_moving import WHY, Why, move, open_levels
from domain.violations import refused_by
from models import BackorderPolicy, MovementKind, ProductVariant, StockLevel
from models.stock import MOST_UNITS


class VariantNotFoundError(DomainError):
    """There is no such variant, or not any more."""

    def __init__(self, variant_id: UUID) -> None:
        super().__init__(f"There is no variant {variant_id}. It may have been removed from its product.")


class StockChangedError(DomainError):
    """The stock is not what it was when it was counted."""

    def __init__(self, expected: int, quantity: int) -> None:
        super().__init__(f"There are {quantity} units now, not {expected}. Look at the movements, and count again.")
        self.expected, self.quantity = expected, quantity


class StockReservedError(DomainError):
    """More units are promised to orders than would be left."""

    def __init__(self, reserved: int, counted: int) -> None:
        super().__init__(f"{reserved} units are reserved: there cannot be only {counted}. Cancel orders first.")
        self.reserved = reserved


@dataclass(frozen=True, slots=True)
class Count:
    """What somebody counted, and what they had been told was there."""

    expected: int
    counted: int
    reason: str


async def receive(session: AsyncSession, variant_id: UUID, units: int, reason: str | None) -> StockLevel:
    """Note units that came into the house. Raises VariantNotFoundError, and InvalidInputError if there are too many."""
    level = await level_of(session, variant_id)
    if not await move(session, {variant_id: units}, Why(MovementKind.RECEIVED, reason=reason)):
        raise invalid("units", f"There would be more than {MOST_UNITS} units.")
    return level


async def correct(session: AsyncSession, variant_id: UUID, count: Count) -> StockLevel:
    """Set the units in the house to what was counted.

    Raises VariantNotFoundError, StockChangedError and StockReservedError.
    """
    level = await level_of(session, variant_id)
    if level.quantity != count.expected:
        raise StockChangedError(count.expected, level.quantity)
    if count.counted != count.expected:
        why = Why(MovementKind.CORRECTED, reason=count.reason)
        await session.execute(select(func.set_config(WHY, why.setting, True)))  # noqa: FBT003 - of this transaction
        counted = update(StockLevel).where(StockLevel.id == level.id).values(quantity=count.counted)
        with refused_by({"ck_stock_levels_reserved": StockReservedError(level.reserved, count.counted)}):
            await session.execute(counted.execution_options(synchronize_session=False))
    return level


async def set_rules(
    session: AsyncSession, variant_id: UUID, *, minimum_level: int | None = None, policy: BackorderPolicy | None = None
) -> StockLevel:
    """Say below which level stock is low, and whether orders may wait for units. Raises VariantNotFoundError."""
    if policy is not None:
        changed = update(ProductVariant).where(ProductVariant.id == variant_id).values(backorder_policy=policy)
        await session.execute(changed)
    level = await level_of(session, variant_id)
    if minimum_level is not None:
        await session.execute(update(StockLevel).where(StockLevel.id == level.id).values(minimum_level=minimum_level))
    return level


async def level_of(session: AsyncSession, variant_id: UUID) -> StockLevel:
    """The level of a variant, locked, and made if there is none. Raises VariantNotFoundError."""
    stored = select(StockLevel).where(StockLevel.variant_id == variant_id).with_for_update()
    stored = stored.execution_options(populate_existing=True)
    level = await session.scalar(stored)
    if level is None:
        await open_levels(session, [variant_id])
        level = await session.scalar(stored)
    if level is None:
        raise VariantNotFoundError(variant_id)
    return level
