"""Checkout: a cart becomes an order, whole or not at all.

Everything is one transaction: what is agreed, the codes that are used, the stock that is reserved, the order, and the
payment that is to begin. Locks are taken in one order: the cart, codes by their ids, stock levels by theirs. Stock
comes late, so that others who want the same units wait briefly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain import carts
from domain.carts import CartNotFoundError, LockedCart, lock_cart
from domain.checkout_errors import (
    CartChangedError,
    EmptyCartError,
    PaymentMissingError,
    PriceChangedError,
    PromotionNotApplicableError,
)
from domain.checkout_purchase import Contact, Purchase, draft_of, purchase_of
from domain.order_beginnings import beginning_of
from domain.order_letters import tell_confirmed, tell_placed
from domain.order_placing import OrderDraft, PlacedOrder, place
from domain.outbox import enqueue
from domain.payment_begun import BegunPayment, standing_at_once
from domain.payment_providers import PaymentProvider
from domain.payments import FIRST_CHECK, check
from domain.promo_code_uses import known_customer, use_code
from domain.reservations import reserve
from domain.stock_moving import Cause
from domain.vault import Vault
from models import Order, Payment, PaymentKind

WAITED_FOR: Final[Mapping[PaymentKind, timedelta]] = MappingProxyType(
    {PaymentKind.CARD: timedelta(hours=1), PaymentKind.BANK_TRANSFER: timedelta(days=7)}
)
"""How long an order is kept, with its stock reserved, until it is paid. Others are waited for without an end."""


@dataclass(frozen=True, slots=True)
class Means:
    """How the buyer pays."""

    kind: PaymentKind
    provider: PaymentProvider
    source: str | None = None
    """What the provider takes the money from, by its own name."""
    customer: str | None = None
    """What the provider calls the account, if it keeps something for it."""
    keeps_source: bool = False
    instructions: str | None = None
    """What the buyer has to do, in words for them."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the buyer was shown and agrees to."""

    expected_total: Decimal
    expected_version: int | None = None
    means: Means | None = None
    """May be missing where nothing is to be paid."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Agreed:
    """An order that was placed, and its payment, unless it costs nothing."""

    order: PlacedOrder | Order
    payment: BegunPayment | Payment | None


async def check_out(  # noqa: PLR0913, PLR0917 - what an order is made from
    session: AsyncSession, vault: Vault, contact: Contact, wish: Wish, order_id: UUID, at: datetime
) -> Agreed:
    """Place the order of the buyer's open cart, under that id. The vault's index tells a guest who used a code before.

    Where nobody has to be asked about the payment, the order stands where that leads; else its provider is to be asked.

    Raises what is in domain/checkout_errors.py, AmountTooLargeError, PromoCodeNotUsableError, OutOfStockError and
    CartAlreadyOrderedError; after any of them the transaction must not commit.
    """
    cart = await _locked(session, contact, wish)
    customer = known_customer(vault, contact.user_id, cart.email or contact.email)
    purchase = await purchase_of(session, cart, customer, at)
    means = _agreed_means(purchase, wish)
    for code in sorted(purchase.quote.applied, key=lambda applied: applied.promo_code_id):
        await use_code(session, code.promo_code_id, order_id, customer)
    reserved = await reserve(session, purchase.units, Cause(Order.__tablename__, order_id))
    draft = draft_of(order_id, cart, purchase, contact, wish.note, reserved)
    return await (_placed_for_nothing(session, draft) if means is None else _placed(session, draft, means, at))


async def _placed_for_nothing(session: AsyncSession, draft: OrderDraft) -> Agreed:
    order = await place(session, replace(draft, beginning=beginning_of(draft.sums.total, None)))
    await tell_confirmed(session, order)
    return Agreed(order, None)


async def _placed(session: AsyncSession, draft: OrderDraft, means: Means, at: datetime) -> Agreed:
    """The order with its payment. Whatever becomes of a provider's answer, a job asks for it again."""
    payment = _begun(draft, means)
    beginning = beginning_of(payment.amount, payment.standing)
    patience = WAITED_FOR.get(means.kind) if beginning.is_waiting else None
    expires_at = None if patience is None else at + patience
    order = await place(session, replace(draft, payment=payment, beginning=beginning, expires_at=expires_at))
    if not beginning.is_waiting:
        await tell_confirmed(session, order)
    elif means.provider.can_be_asked:
        await enqueue(session, check(payment.id, FIRST_CHECK))
    else:
        await tell_placed(session, order, means.instructions)
    return Agreed(order, payment)


async def agreed_before(session: AsyncSession, order_id: UUID) -> Agreed:
    """What was agreed when the order was placed, as it is now."""
    first = select(Payment).where(Payment.order_id == order_id).order_by(Payment.created_at, Payment.id).limit(1)
    return Agreed(await session.get_one(Order, order_id), await session.scalar(first))


async def _locked(session: AsyncSession, contact: Contact, wish: Wish) -> LockedCart:
    try:
        cart = await lock_cart(session, carts.Buyer(contact.user_id, contact.guest_id))
    except CartNotFoundError as error:
        raise EmptyCartError from error
    if wish.expected_version is not None and cart.version != wish.expected_version:
        raise CartChangedError(wish.expected_version, cart.version)
    return cart


def _begun(draft: OrderDraft, means: Means) -> BegunPayment:
    """The payment of all that the order costs."""
    standing = standing_at_once(means.provider, means.kind, draft.sums.total)
    return BegunPayment(
        id=uuid7(),
        order_id=draft.id,
        provider=means.provider.name,
        kind=means.kind,
        amount=draft.sums.total,
        currency=draft.currency,
        status=standing.state,
        authorized=standing.authorized,
        captured=standing.captured,
        source=means.source,
        source_customer=means.customer,
        keeps_source=means.keeps_source,
    )


def _agreed_means(purchase: Purchase, wish: Wish) -> Means | None:
    """How it is paid; None where there is nothing to pay."""
    quote = purchase.quote
    if quote.skipped:
        raise PromotionNotApplicableError(quote.skipped)
    if quote.total != wish.expected_total:
        raise PriceChangedError(wish.expected_total, quote.total, quote.currency)
    if quote.total == 0:
        return None
    if wish.means is None:
        raise PaymentMissingError
    return wish.means
