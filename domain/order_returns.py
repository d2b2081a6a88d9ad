"""Units whose price goes back, and units that come back. The order is locked by whoever calls."""

from sqlalchemy.ext.asyncio import AsyncSession

from domain.order_parcels import follow
from domain.order_units import LineUnits, cancel_units, chosen, lines_of, refund_units, return_units
from models import Order, OrderLine


async def refund_lines(session: AsyncSession, order: Order, units: LineUnits) -> None:
    """Note that the price of these units goes back. Those that are in no parcel yet are not sent any more.

    It moves no money: `domain.order_payments.record_payment` does. Raises UnitsNotThereError.
    """
    await refund_units(session, order, units)
    await cancel_units(session, order, _unpacked(await lines_of(session, order), units))
    await follow(session, order)


async def return_lines(session: AsyncSession, order: Order, units: LineUnits, *, to_stock: bool) -> None:
    """Note that these units came back; whole ones go into the stock. Raises UnitsNotThereError."""
    await return_units(session, order, units, to_stock=to_stock)
    await follow(session, order)


def _unpacked(lines: list[OrderLine], units: LineUnits) -> LineUnits:
    left = {
        line.id: min(count, line.quantity - line.cancelled_quantity - line.fulfilled_quantity)
        for line, count in chosen(lines, units)
    }
    return {key: count for key, count in left.items() if count}
