"""Mutations of orders: what their buyers do, and what the staff does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict, Unpack
from uuid import UUID

from auth.actors import actor_of
from auth.viewer import Viewer
from domain import order_parcels
from domain.errors import invalid, require_each_once
from domain.order_cancelling import cancel, cancel_as_buyer
from domain.order_notes import Note, add_note
from domain.order_parcels import Tracking, fulfil, lock_parcel, track
from domain.order_returns import return_lines
from domain.order_states import STAFF_MOVES
from domain.order_units import LineUnits
from domain.orders import OrderNotFoundError, lock_order, move_order
from models import Order, OrderStatus
from resolvers.context import Context


@dataclass(frozen=True, slots=True)
class UnitsOfLine:
    """So many units of a line."""

    line_id: UUID
    quantity: int


class TrackingDetails(TypedDict, total=False):
    """Who carries a parcel, and how it is followed."""

    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None
    estimated_delivery: date | None


class Packed(TrackingDetails, total=False):
    """The same, and whether it has left already."""

    is_shipped: bool


async def fulfil_order(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    lines: Sequence[UnitsOfLine],
    **packed: Unpack[Packed],
) -> Order:
    """Pack units of an order, and send them if they have left."""
    tracking = _tracking(packed)
    async with context.writing() as session:
        order = await lock_order(session, id, expected_version)
        parcel = await fulfil(session, order, _units(lines), tracking)
        if packed.get("is_shipped"):
            await order_parcels.ship(session, parcel, context.visit.at)
        return order


async def mark_fulfillment_shipped(context: Context, *, id: UUID) -> Order:  # noqa: A002 - what clients call it
    """Let a parcel leave the house."""
    async with context.writing() as session:
        parcel = await lock_parcel(session, id)
        await order_parcels.ship(session, parcel, context.visit.at)
        return parcel.order


async def mark_fulfillment_delivered(context: Context, *, id: UUID) -> Order:  # noqa: A002 - what clients call it
    """Note that a parcel has arrived."""
    async with context.writing() as session:
        parcel = await lock_parcel(session, id)
        await order_parcels.deliver(session, parcel, context.visit.at)
        return parcel.order


async def cancel_fulfillment(context: Context, *, id: UUID) -> Order:  # noqa: A002 - what clients call it
    """Unpack a parcel that has not left."""
    async with context.writing() as session:
        parcel = await lock_parcel(session, id)
        await order_parcels.unpack(session, parcel)
        return parcel.order


async def update_tracking(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    **details: Unpack[TrackingDetails],
) -> Order:
    """Say anew who carries a parcel, and how it is followed."""
    async with context.writing() as session:
        parcel = await lock_parcel(session, id, expected_version)
        await track(session, parcel, _tracking(details))
        return parcel.order


async def move_order_on(context: Context, *, id: UUID, status: OrderStatus, expected_version: int) -> Order:  # noqa: A002 - what clients call it
    """Say how far an order is in the house."""
    if status not in STAFF_MOVES:
        raise invalid("status", f"It must be {', '.join(sorted(STAFF_MOVES))}. All else follows from other changes.")
    async with context.writing() as session:
        order = await lock_order(session, id, expected_version)
        await move_order(session, order, status)
        return order


async def cancel_order(context: Context, *, id: UUID, reason: str) -> Order:  # noqa: A002 - what clients call it
    """Cancel the order of whomever."""
    async with context.writing() as session:
        order = await lock_order(session, id)
        await cancel(session, order, reason)
        return order


async def cancel_my_order(context: Context, *, id: UUID, reason: str | None = None) -> Order:  # noqa: A002 - what clients call it
    """Cancel an order of one's own."""
    async with context.writing() as session:
        order = await lock_order(session, id)
        _require_buyer(order, context.viewer)
        await cancel_as_buyer(session, order, reason or "The buyer wished so.")
        return order


async def add_order_note(context: Context, *, id: UUID, text: str, is_public: bool) -> Order:  # noqa: A002 - what clients call it
    """Note something in the history of an order."""
    said = Note(text, is_public, actor_of(context.viewer, context.visit), context.visit.at)
    async with context.writing() as session:
        order = await lock_order(session, id)
        await add_note(session, order, said)
        return order


async def record_order_return(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    lines: Sequence[UnitsOfLine],
    to_stock: bool,
) -> Order:
    """Note that units came back."""
    async with context.writing() as session:
        order = await lock_order(session, id, expected_version)
        await return_lines(session, order, _units(lines), to_stock=to_stock)
        return order


def _require_buyer(order: Order, viewer: Viewer) -> None:
    """The orders of others are none for whoever asks. Raises OrderNotFoundError."""
    is_account = order.user_id is not None and order.user_id == viewer.user_id
    is_guest = order.guest_id is not None and order.guest_id == viewer.guest_id
    if not (is_account or is_guest):
        raise OrderNotFoundError


def _units(lines: Sequence[UnitsOfLine]) -> LineUnits:
    require_each_once("lines", [line.line_id for line in lines])
    return {line.line_id: line.quantity for line in lines}


def _tracking(details: TrackingDetails) -> Tracking:
    """What is empty is not known."""
    url = details.get("tracking_url") or None
    if url is not None and not url.startswith(("https://", "http://")):
        raise invalid("tracking_url", "It must begin with https:// or http://.")
    carrier, number = details.get("carrier") or None, details.get("tracking_number") or None
    return Tracking(carrier, number, url, details.get("estimated_delivery"))
