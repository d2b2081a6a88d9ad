"""The units of an order's lines, and the stock behind them: freed, sent, taken back, each once.

The order is locked by whoever calls. The counts in the lines say what is reserved, so they change with the stock.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import DomainError
from domain.reservations import release, reserve, sell, take_back
from domain.stock_moving import Cause, Units
from models import Order, OrderLine

LineUnits = Mapping[UUID, int]
"""How many units, of each line by its id; at least one of each."""


class UnitsNotThereError(DomainError):
    """More units of a line are meant than there are of that kind."""

    def __init__(self, line: OrderLine | None, asked: int, left: int, what: str) -> None:
        self.sku = "" if line is None else line.sku
        named = f" of {line.sku}" if line is not None else ", of a line that the order does not have"
        super().__init__(f"{asked} units{named} cannot be {what}: there are {left}.")
        self.asked, self.left = asked, left


async def lines_of(session: AsyncSession, order: Order) -> list[OrderLine]:
    """The lines of the locked order as they are now, in their order."""
    lines = select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    return list(await session.scalars(lines.execution_options(populate_existing=True)))


def chosen(lines: Iterable[OrderLine], units: LineUnits) -> Sequence[tuple[OrderLine, int]]:
    """The lines that are meant, each with its units. Raises UnitsNotThereError for a line of another order."""
    known = {line.id: line for line in lines}
    for key, asked in units.items():
        if key not in known:
            raise UnitsNotThereError(None, asked, 0, "meant")
    return [(known[key], asked) for key, asked in units.items()]


async def free_units(session: AsyncSession, order: Order) -> None:
    """Give up all units that have not left the house. Nothing is packed any more: parcels are cancelled before."""
    lines = await lines_of(session, order)
    freed = _counted((line, line.quantity - line.cancelled_quantity - line.shipped_quantity) for line in lines)
    for line in lines:
        line.cancelled_quantity, line.fulfilled_quantity = line.quantity - line.shipped_quantity, line.shipped_quantity
    await session.flush()
    await release(session, freed, cause_of(order))


async def take_units_again(session: AsyncSession, order: Order) -> None:
    """Reserve the units of an order that had given them up. Raises OutOfStockError; then nothing may be kept."""
    lines = await lines_of(session, order)
    reserved = await reserve(session, _counted((line, line.cancelled_quantity) for line in lines), cause_of(order))
    for line in lines:
        line.is_reserved = line.is_reserved and line.variant_id in reserved
        line.cancelled_quantity = 0
    await session.flush()


async def cancel_units(session: AsyncSession, order: Order, units: LineUnits) -> None:
    """Give up units that are in no parcel. Raises UnitsNotThereError."""
    meant = chosen(await lines_of(session, order), units)
    for line, count in meant:
        left = line.quantity - line.cancelled_quantity - line.fulfilled_quantity
        _require(line, count, left, "cancelled")
        line.cancelled_quantity += count
    await session.flush()
    await release(session, _counted(meant), cause_of(order))


async def send_units(session: AsyncSession, order: Order, units: LineUnits) -> None:
    """Let the units of a parcel leave the house. Raises OutOfStockError where they wait for a delivery themselves."""
    meant = [(line, units[line.id]) for line in await lines_of(session, order) if line.id in units]
    for line, count in meant:
        line.shipped_quantity += count
    await session.flush()
    await sell(session, _counted(meant), cause_of(order))


async def return_units(session: AsyncSession, order: Order, units: LineUnits, *, to_stock: bool) -> None:
    """Note units that came back, and take them into the stock if they can be sold again. Raises UnitsNotThereError."""
    meant = chosen(await lines_of(session, order), units)
    for line, count in meant:
        _require(line, count, line.shipped_quantity - line.returned_quantity, "returned")
        line.returned_quantity += count
    await session.flush()
    if to_stock:
        await take_back(session, _counted(meant), cause_of(order))


async def refund_units(session: AsyncSession, order: Order, units: LineUnits) -> None:
    """Note units whose price goes back. Raises UnitsNotThereError."""
    lines = await lines_of(session, order)
    require_unrefunded(lines, units)
    for line, count in chosen(lines, units):
        line.refunded_quantity += count
    await session.flush()


def require_unrefunded(lines: Iterable[OrderLine], units: LineUnits) -> None:
    """Refuse units whose price has gone back, or is about to. Raises UnitsNotThereError."""
    for line, count in chosen(lines, units):
        _require(line, count, line.quantity - line.refunded_quantity, "refunded")


def cause_of(order: Order) -> Cause:
    """What the movements of the order's stock say that they were for."""
    return Cause(Order.__tablename__, order.id)


def _require(line: OrderLine, asked: int, left: int, what: str) -> None:
    if not 0 < asked <= left:
        raise UnitsNotThereError(line, asked, left, what)


def _counted(units: Iterable[tuple[OrderLine, int]]) -> Units:
    """The units whose stock is counted, by variant. A variant that was deleted took its level along."""
    counted: Counter[UUID] = Counter()
    for line, count in units:
        if line.is_reserved and line.variant_id is not None and count > 0:
            counted[line.variant_id] += count
    return counted
