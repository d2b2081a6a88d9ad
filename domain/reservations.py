"""Units for orders: promised before they are paid, and then sold, or free again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from domain.conditions import among
from domain.errors import DomainError
from domain.stock_moving import Cause, Units, Why, move, open_levels
from models import MovementKind, ProductVariant, StockLevel


@dataclass(frozen=True, slots=True)
class Shortage:
    """A variant of which fewer units are left than were asked for."""

    variant_id: UUID
    sku: str
    asked: int
    left: int


class OutOfStockError(DomainError):
    """There are not enough units of some variants. Nothing was moved that is kept: the transaction must not commit."""

    def __init__(self, lines: Sequence[Shortage]) -> None:
        self.lines = tuple(lines)
        super().__init__(" ".join(f"{_left(line)} of {line.sku}, not {line.asked}." for line in lines))


class NotReservedError(Exception):
    """A fault of ours: units were to be released or sold that are not reserved. The transaction must not commit."""

    def __init__(self, variants: Iterable[UUID]) -> None:
        self.variants = tuple(variants)
        names = ", ".join(map(str, self.variants))
        super().__init__(f"So many units are not reserved of these variants: {names}.")


async def reserve(session: AsyncSession, units: Units, cause: Cause) -> frozenset[UUID]:
    """Promise units; gives the variants whose units are reserved now: those whose stock is counted.

    What is given is what is to be released or sold later. Raises OutOfStockError.
    """
    why = Why(MovementKind.RESERVED, cause)
    reserved = await move(session, units, why)
    if reserved == units.keys():
        return reserved
    opened = await open_levels(session, units.keys() - reserved)
    reserved |= await move(session, {variant: units[variant] for variant in opened}, why)
    _refuse(await _left_of(session, units.keys() - reserved, units, StockLevel.available))
    return reserved


async def release(session: AsyncSession, units: Units, cause: Cause) -> None:
    """Free units that were promised. Raises NotReservedError."""
    released = await move(session, units, Why(MovementKind.RELEASED, cause))
    if released != units.keys():
        raise NotReservedError(sorted(units.keys() - released))


async def sell(session: AsyncSession, units: Units, cause: Cause) -> None:
    """Let promised units leave the house. Raises OutOfStockError where they are not there, and NotReservedError."""
    sold = await move(session, units, Why(MovementKind.SOLD, cause))
    if sold != units.keys():
        left = await _left_of(session, units.keys() - sold, units, StockLevel.quantity)
        _refuse([line for line in left if line.left < line.asked])
        raise NotReservedError(sorted(units.keys() - sold))


async def take_back(session: AsyncSession, units: Units, cause: Cause) -> None:
    """Take units in again that had been sold."""
    await move(session, units, Why(MovementKind.RETURNED, cause))


def _left(line: Shortage) -> str:
    return "Nothing is left" if line.left == 0 else f"Only {line.left} {'is' if line.left == 1 else 'are'} left"


def _refuse(lines: Sequence[Shortage]) -> None:
    if lines:
        raise OutOfStockError(lines)


async def _left_of(
    session: AsyncSession, variants: Iterable[UUID], units: Units, left: InstrumentedAttribute[int]
) -> list[Shortage]:
    """How many are left of those whose stock is counted. `move` has locked their levels."""
    at_least_none = func.greatest(func.coalesce(left, 0), 0)
    statement = select(ProductVariant.id, ProductVariant.sku, at_least_none.label("left")).outerjoin(StockLevel)
    counted = statement.where(among(ProductVariant.id, sorted(variants)), ProductVariant.tracks_stock)
    rows = await session.execute(counted.order_by(ProductVariant.id))
    return [Shortage(row.id, row.sku, units[row.id], row.left) for row in rows]
