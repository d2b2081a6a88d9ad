"""Letters about orders: what each one tells their buyer. Each goes out once its transaction has committed."""

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from domain.mail_jobs import MailTemplate, send_mail
from domain.order_placing import PlacedOrder
from domain.outbox import enqueue
from models import Fulfillment, Order

NO_TRACKING = "not known"


async def tell_placed(session: AsyncSession, order: Order | PlacedOrder, instructions: str | None = None) -> None:
    """The order was placed, and waits for its money; the instructions say where that is to be sent."""
    told = {"total": _money(order, order.total), "instructions": instructions or ""}
    await _tell(session, order, MailTemplate.ORDER_PLACED, **told)


async def tell_confirmed(session: AsyncSession, order: Order | PlacedOrder) -> None:
    """The shop counts on it."""
    await _tell(session, order, MailTemplate.ORDER_CONFIRMED, total=_money(order, order.total))


async def tell_failed(session: AsyncSession, order: Order) -> None:
    """Nobody waits for its money any more."""
    await _tell(session, order, MailTemplate.ORDER_FAILED)


async def tell_shipped(session: AsyncSession, order: Order, parcel: Fulfillment) -> None:
    """A parcel left the house."""
    await _tell(
        session,
        order,
        MailTemplate.ORDER_SHIPPED,
        parcel=parcel.number,
        carrier=parcel.carrier or NO_TRACKING,
        tracking_number=parcel.tracking_number or NO_TRACKING,
        tracking_url=parcel.tracking_url or "",
        estimated_delivery=f"{parcel.estimated_delivery:%d %B %Y}" if parcel.estimated_delivery else NO_TRACKING,
    )


async def tell_delivered(session: AsyncSession, order: Order) -> None:
    """All of it has arrived."""
    await _tell(session, order, MailTemplate.ORDER_DELIVERED)


async def tell_cancelled(session: AsyncSession, order: Order, reason: str = "") -> None:
    """It was cancelled, by its buyer or by the staff, who give a reason."""
    await _tell(session, order, MailTemplate.ORDER_CANCELLED, reason=reason)


async def tell_refunded(session: AsyncSession, order: Order, amount: Decimal) -> None:
    """Money goes back."""
    await _tell(session, order, MailTemplate.ORDER_REFUNDED, amount=_money(order, amount))


async def _tell(session: AsyncSession, order: Order | PlacedOrder, template: MailTemplate, **values: str | int) -> None:
    """Whoever was forgotten gets no letters."""
    if order.email is not None:
        told = {"name": order.customer["name"], "number": order.number, **values}
        await enqueue(session, send_mail(template, order.email, told))


def _money(order: Order | PlacedOrder, amount: Decimal) -> str:
    return f"{amount} {order.currency}"
