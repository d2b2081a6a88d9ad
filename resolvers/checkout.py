"""Checkout: the order is placed in one transaction, then the provider is asked, then its answer is taken over.

Whoever is cut off in between sends the same again: under its key the order is found, and the payment goes on from
where it was. A job does so too (domain/payments.py).
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from auth.active_accounts import lock_account
from auth.viewer import Viewer
from domain.checkout import Agreed, Means, Wish, agreed_before, check_out
from domain.checkout_errors import EmptyCartError, PaymentDeclinedError
from domain.checkout_purchase import Contact
from domain.errors import InvalidField, InvalidInputError
from domain.idempotency import Request, is_new, outcome_of
from domain.order_placing import PlacedOrder
from domain.payment_applying import apply_outcome
from domain.payment_asking import FORGOTTEN
from domain.payment_begun import BegunPayment
from domain.payment_methods import PaymentMethodNotFoundError, customer_of, own_method
from domain.payment_providers import (
    Keeping,
    PaymentKindNotOfferedError,
    PaymentProviderAwayError,
    PaymentRequest,
    Source,
)
from domain.payment_standing import OPEN
from integrations.manual_payments import MANUAL
from models import Order, Payment, PaymentKind, PaymentState
from resolvers.context import Context
from resolvers.writing import tried_again


@dataclass(frozen=True, slots=True)
class GivenPayment:
    """How the buyer says that they pay."""

    kind: PaymentKind
    source: str | None = None
    payment_method_id: UUID | None = None
    keeps_source: bool = False
    return_url: str | None = None


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """An order that was placed, and its payment."""

    order_id: UUID
    payment_id: UUID | None = None
    client_secret: str | None = None
    """With it the buyer's browser goes on, where the payment asks for that."""


async def checkout(  # noqa: PLR0913 - the fields of the input
    context: Context,
    *,
    expected_total: Decimal,
    idempotency_key: str,
    expected_version: int | None = None,
    payment: GivenPayment | None = None,
    customer_note: str = "",
) -> CheckedOut:
    """Buy what is in the viewer's cart, once under each key."""
    wish = Wish(expected_total, expected_version, note=customer_note.strip())
    given = {
        "expected_total": str(expected_total),
        "expected_version": expected_version,
        "payment": payment,
        "customer_note": customer_note,
    }
    request = Request(_buyer_key(context.viewer), idempotency_key, "checkout", given)
    async with context.writing() as session:
        agreed = await _agreed(session, context, request, wish, payment)
    if agreed.payment is None:
        return CheckedOut(agreed.order.id)
    if agreed.payment.status not in OPEN or agreed.payment.provider == MANUAL or _is_old(agreed.payment, context):
        return _settled(agreed.order, agreed.payment, None)
    return await _paid(context, agreed.order, agreed.payment, None if payment is None else payment.return_url)


def _is_old(payment: BegunPayment | Payment, context: Context) -> bool:
    """Whether the provider may have forgotten that it began the payment, and would charge for it once more."""
    return isinstance(payment, Payment) and payment.created_at < context.visit.at - FORGOTTEN


def _buyer_key(viewer: Viewer) -> UUID:
    """Whose keys are told from those of others. Raises EmptyCartError for whoever can have no cart."""
    key = viewer.user_id or viewer.guest_id
    if key is None:
        raise EmptyCartError
    return key


async def _means(session: AsyncSession, context: Context, given: GivenPayment | None) -> Means | None:
    """Raises PaymentKindNotOfferedError, PaymentMethodNotFoundError and InvalidInputError."""
    if given is None:
        return None
    if all(option.kind is not given.kind for option in context.payments.options):
        raise PaymentKindNotOfferedError(given.kind)
    provider, vault, user_id = context.payments.for_kind(given.kind), context.safeguards.vault, context.viewer.user_id
    if given.payment_method_id is not None:
        _require_alone(given)
        if user_id is None:
            raise PaymentMethodNotFoundError
        kept = await own_method(session, vault, user_id, given.payment_method_id)
        if (kept.provider, kept.kind) != (provider.name, given.kind):
            raise PaymentMethodNotFoundError
        return Means(given.kind, provider, kept.source.reference, kept.source.customer)
    if not given.keeps_source or not provider.can_be_asked:
        instructions = context.payments.instructions(given.kind)
        return Means(given.kind, provider, given.source, instructions=instructions)
    if user_id is None:
        raise _refused("keeps_source", "Only accounts keep ways to pay. Sign in first, or leave it out.")
    customer = await customer_of(session, vault, user_id, provider.name)
    return Means(given.kind, provider, given.source, customer, keeps_source=True)


def _require_alone(given: GivenPayment) -> None:
    """Raises InvalidInputError."""
    if given.source is not None or given.keeps_source:
        raise _refused("payment_method_id", "It is kept already: neither `source` nor `keepsSource` goes with it.")


def _refused(name: str, message: str) -> InvalidInputError:
    return InvalidInputError([InvalidField(("payment", name), message)])


async def _agreed(
    session: AsyncSession, context: Context, request: Request, wish: Wish, given: GivenPayment | None
) -> Agreed:
    """The order, placed now or before."""
    order_id = uuid7()
    if not await is_new(session, request, order_id):
        return await agreed_before(session, await outcome_of(session, request))
    contact = await _contact(session, context.viewer)
    meant = replace(wish, means=await _means(session, context, given))
    return await check_out(session, context.safeguards.vault, contact, meant, order_id, context.visit.at)


async def _contact(session: AsyncSession, viewer: Viewer) -> Contact:
    """Raises AccountGoneError."""
    if viewer.user_id is None:
        return Contact(guest_id=viewer.guest_id)
    user = await lock_account(session, viewer.user_id)
    return Contact(user_id=user.id, name=f"{user.first_name} {user.last_name}".strip(), email=user.email)


async def _paid(
    context: Context, order: PlacedOrder | Order, payment: BegunPayment | Payment, return_url: str | None
) -> CheckedOut:
    """Have the provider begin, or go on, and take its answer over. Raises PaymentDeclinedError.

    A provider that does not answer leaves the payment open: a job asks it again.
    """
    try:
        outcome = await context.payments.named(payment.provider).start(_asked(order, payment, return_url))
    except PaymentProviderAwayError:
        return CheckedOut(order.id, payment.id)

    async def apply() -> Payment:
        async with context.writing() as session:
            return await apply_outcome(session, payment.id, outcome)

    return _settled(order, await tried_again(apply, lambda: False), outcome.client_secret)


def _asked(order: PlacedOrder | Order, payment: BegunPayment | Payment, return_url: str | None) -> PaymentRequest:
    return PaymentRequest(
        payment.id,
        order.number,
        payment.amount,
        payment.currency,
        payment.kind,
        source=None if payment.source is None else Source(payment.source, payment.source_customer),
        return_url=return_url,
        email=order.email,
        keeping=Keeping(order.user_id, payment.source_customer) if payment.keeps_source and order.user_id else None,
    )


def _settled(order: PlacedOrder | Order, payment: BegunPayment | Payment, client_secret: str | None) -> CheckedOut:
    if payment.status is PaymentState.FAILED:
        raise PaymentDeclinedError(payment.failure)
    is_waiting = payment.status is PaymentState.REQUIRES_ACTION
    return CheckedOut(order.id, payment.id, client_secret if is_waiting else None)
