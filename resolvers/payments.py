"""What the staff does with payments, and what customers may choose from."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain import payment_steps
from domain.errors import require_each_once
from domain.idempotency import Request, is_new
from domain.order_refunds import RefundWish, refund_order
from domain.payment_methods import delete_method
from domain.payment_providers import PaymentOption
from domain.payment_transactions import asked_under, key_of
from domain.payments import PaymentNotFoundError
from models import Payment, PaymentTransaction
from resolvers.context import Context
from resolvers.mutations import DONE, Done
from resolvers.orders import UnitsOfLine


def options_of(context: Context) -> Sequence[PaymentOption]:
    """The kinds of payment that the shop takes."""
    return context.payments.options


async def refund(  # noqa: PLR0913 - the fields of the input
    context: Context,
    *,
    order_id: UUID,
    reason: str,
    idempotency_key: str,
    amount: Decimal | None = None,
    lines: Sequence[UnitsOfLine] = (),
    restocks: bool = False,
) -> PaymentTransaction:
    """Begin to give money back, once under each key."""
    require_each_once("lines", [each.line_id for each in lines])
    units = {each.line_id: each.quantity for each in lines}
    given = {"order": order_id, "amount": amount and str(amount), "units": units and _texts(units), "reason": reason}
    request = _request(context, idempotency_key, "refundOrder", **given, restocks=restocks)
    async with context.writing() as session:
        if await is_new(session, request):
            wish = RefundWish(order_id, reason, key_of(request), amount, units, restocks)
            return await refund_order(session, wish)
        return await _asked_before(session, request)


async def confirm_payment(context: Context, *, payment_id: UUID, idempotency_key: str) -> Payment:
    """Take money that came by hand for received; again it changes nothing."""
    request = _request(context, idempotency_key, "confirmPayment", payment=payment_id)
    async with context.writing() as session:
        await is_new(session, request)
        provider = context.payments.named((await _found(session, payment_id)).provider)
        return await payment_steps.confirm_by_hand(session, payment_id, provider)


async def capture_payment(
    context: Context, *, payment_id: UUID, idempotency_key: str, amount: Decimal | None = None
) -> Payment:
    """Have the provider take what was promised, once under each key."""
    given = {"payment": payment_id, "amount": amount and str(amount)}
    async with context.writing() as session:
        if await is_new(session, _request(context, idempotency_key, "capturePayment", **given)):
            return await payment_steps.capture(session, payment_id, amount)
        return await _found(session, payment_id)


async def cancel_payment(
    context: Context, *, payment_id: UUID, idempotency_key: str, reason: str | None = None
) -> Payment:
    """Have the provider let go of what is promised, once under each key."""
    given = {"payment": payment_id, "reason": reason}
    async with context.writing() as session:
        if await is_new(session, _request(context, idempotency_key, "cancelPayment", **given)):
            return await payment_steps.cancel(session, payment_id, reason or None)
        return await _found(session, payment_id)


async def settle_attention(context: Context, *, payment_id: UUID, expected_version: int) -> Payment:
    """Note that somebody has looked at a payment."""
    async with context.writing() as session:
        return await payment_steps.settle_attention(session, payment_id, expected_version)


async def delete_payment_method(context: Context, *, id: UUID) -> Done:  # noqa: A002 - the field of the input
    """Forget one of the viewer's own ways to pay."""
    async with context.writing() as session:
        await delete_method(session, context.safeguards.vault, context.viewer.account_id, id)
    return DONE


async def _found(session: AsyncSession, payment_id: UUID) -> Payment:
    payment = await session.get(Payment, payment_id)
    if payment is None:
        raise PaymentNotFoundError
    return payment


async def _asked_before(session: AsyncSession, request: Request) -> PaymentTransaction:
    step = await asked_under(session, key_of(request))
    if step is None:
        raise LookupError(f"The step of {request.operation} is gone.")
    return step


def _texts(units: dict[UUID, int]) -> dict[str, int]:
    return {str(line): quantity for line, quantity in sorted(units.items())}


def _request(context: Context, key: str, operation: str, **given: Any) -> Request:
    viewer = context.viewer
    return Request(viewer.token_id or viewer.actor_id, key, operation, given)
