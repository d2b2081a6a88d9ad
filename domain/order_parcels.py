"""The parcels of an order: packed, sent, delivered, or unpacked. The order is locked before they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.errors import ConflictError, DomainError
from domain.order_letters import tell_delivered, tell_shipped
from domain.order_states import (
    BEING_FULFILLED,
    ORDER_MOVES,
    PARCEL_MOVES,
    OrderMoveRefusedError,
    Units,
    require_move,
)
from domain.order_units import LineUnits, UnitsNotThereError, chosen, lines_of, send_units
from domain.orders import advance, lock_order, save, set_fulfillment
from models import Fulfillment, FulfillmentLine, FulfillmentStatus, Order, OrderStatus, ParcelStatus

ORDER_FOLLOWS: Mapping[FulfillmentStatus, OrderStatus] = MappingProxyType(
    {
        FulfillmentStatus.SHIPPED: OrderStatus.SHIPPED,
        FulfillmentStatus.DELIVERED: OrderStatus.DELIVERED,
    }
)
"""Where an order stands once all of it has left, or arrived."""


class FulfillmentNotFoundError(DomainError):
    """There is no such parcel."""

    def __init__(self) -> None:
        super().__init__("There is no such fulfilment.")


@dataclass(frozen=True, slots=True)
class Tracking:
    """Who carries a parcel, and how it is followed."""

    carrier: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    estimated_delivery: date | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel with its order, both locked."""

    order: Order
    row: Fulfillment


async def fulfil(session: AsyncSession, order: Order, units: LineUnits, tracking: Tracking) -> Parcel:
    """Pack units of the locked order. Raises OrderMoveRefusedError where it is not time to, and UnitsNotThereError."""
    if order.status not in BEING_FULFILLED:
        raise OrderMoveRefusedError(
            f"The order {order.number}", order.status, OrderStatus.PROCESSING, ORDER_MOVES[order.status]
        )
    meant = chosen(await lines_of(session, order), units)
    for line, count in meant:
        left = line.quantity - line.cancelled_quantity - line.fulfilled_quantity
        if not 0 < count <= left:
            raise UnitsNotThereError(line, count, left, "packed")
        line.fulfilled_quantity += count
    parcel = Fulfillment(id=uuid7(), order_id=order.id, number=await _next_number(session, order))
    _track(parcel, tracking)
    session.add(parcel)
    await session.flush()
    session.add_all(FulfillmentLine(fulfillment_id=parcel.id, order_line_id=line.id, quantity=n) for line, n in meant)
    await follow(session, order)
    return Parcel(order, parcel)


async def lock_parcel(session: AsyncSession, parcel_id: UUID, expected_version: int | None = None) -> Parcel:
    """The parcel and its order, which is locked first. Raises FulfillmentNotFoundError and ConflictError."""
    order_id = await session.scalar(select(Fulfillment.order_id).where(Fulfillment.id == parcel_id))
    if order_id is None:
        raise FulfillmentNotFoundError
    order = await lock_order(session, order_id)
    row = await session.get_one(Fulfillment, parcel_id, populate_existing=True)
    if expected_version is not None and row.version != expected_version:
        raise ConflictError(expected_version, row.version)
    return Parcel(order, row)


async def ship(session: AsyncSession, parcel: Parcel, at: datetime) -> None:
    """Let the parcel leave the house, and its units with it. Raises OrderMoveRefusedError and OutOfStockError."""
    _move(parcel.row, ParcelStatus.SHIPPED)
    parcel.row.shipped_at = at
    await send_units(session, parcel.order, await _packed(session, parcel.row))
    await follow(session, parcel.order)
    await tell_shipped(session, parcel.order, parcel.row)


async def deliver(session: AsyncSession, parcel: Parcel, at: datetime) -> None:
    """Note that it has arrived. Raises OrderMoveRefusedError."""
    _move(parcel.row, ParcelStatus.DELIVERED)
    parcel.row.delivered_at = at
    await session.flush()
    await follow(session, parcel.order)
    if parcel.order.status is OrderStatus.DELIVERED:
        await tell_delivered(session, parcel.order)


async def unpack(session: AsyncSession, parcel: Parcel) -> None:
    """Take the units out of a parcel that has not left. They stay reserved. Raises OrderMoveRefusedError."""
    require_move(PARCEL_MOVES, f"The parcel {parcel.row.number}", parcel.row.status, ParcelStatus.CANCELLED)
    await _unpack(session, parcel.order, parcel.row)
    await follow(session, parcel.order)


async def cancel_parcels(session: AsyncSession, order: Order) -> None:
    """Unpack whatever has not left the house."""
    packed = select(Fulfillment).where(Fulfillment.order_id == order.id, Fulfillment.status == ParcelStatus.PACKED)
    for row in await session.scalars(packed.order_by(Fulfillment.number)):
        await _unpack(session, order, row)


async def track(session: AsyncSession, parcel: Parcel, tracking: Tracking) -> None:
    """Say anew who carries it, and how it is followed."""
    _track(parcel.row, tracking)
    parcel.row.version += 1
    await save(session, parcel.order)


async def follow(session: AsyncSession, order: Order) -> None:
    """Let the order's own states follow from its units and parcels."""
    to = (await _units(session, order)).status
    set_fulfillment(order, to)
    follows = ORDER_FOLLOWS.get(to)
    if follows is not None and follows in ORDER_MOVES[order.status]:
        await advance(session, order, follows)
    else:
        await save(session, order)


def _track(row: Fulfillment, tracking: Tracking) -> None:
    row.carrier, row.tracking_number = tracking.carrier, tracking.tracking_number
    row.tracking_url, row.estimated_delivery = tracking.tracking_url, tracking.estimated_delivery


def _move(row: Fulfillment, to: ParcelStatus) -> None:
    require_move(PARCEL_MOVES, f"The parcel {row.number}", row.status, to)
    row.status = to
    row.version += 1


async def _unpack(session: AsyncSession, order: Order, row: Fulfillment) -> None:
    row.status = ParcelStatus.CANCELLED
    row.version += 1
    units = await _packed(session, row)
    for line in await lines_of(session, order):
        line.fulfilled_quantity -= units.get(line.id, 0)
    await session.flush()


async def _packed(session: AsyncSession, row: Fulfillment) -> LineUnits:
    packed = select(FulfillmentLine.order_line_id, FulfillmentLine.quantity)
    rows = await session.execute(packed.where(FulfillmentLine.fulfillment_id == row.id))
    return {line.order_line_id: line.quantity for line in rows}


async def _next_number(session: AsyncSession, order: Order) -> int:
    last = await session.scalar(select(func.max(Fulfillment.number)).where(Fulfillment.order_id == order.id))
    return (last or 0) + 1


async def _units(session: AsyncSession, order: Order) -> Units:
    lines = await lines_of(session, order)
    arrived = func.sum(case((Fulfillment.status == ParcelStatus.DELIVERED, FulfillmentLine.quantity), else_=0))
    delivered = select(arrived).join(Fulfillment.lines).where(Fulfillment.order_id == order.id)
    return Units(
        wanted=sum(line.quantity - line.cancelled_quantity for line in lines),
        fulfilled=sum(line.fulfilled_quantity for line in lines),
        shipped=sum(line.shipped_quantity for line in lines),
        delivered=await session.scalar(delivered) or 0,
    )
