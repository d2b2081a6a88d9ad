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
from domain.order_payments import confirm
from domain.order_placing import place
from domain.payment_providers import PaymentProvider
from domain.payments import begin
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

    order: Order
    payment: Payment | None


async def check_out(  # noqa: PLR0913, PLR0917 - what an order is made from
    session: AsyncSession, vault: Vault, contact: Contact, wish: Wish, order_id: UUID, at: datetime
) -> Agreed:
    """Place the order of the buyer's open cart, under that id. The vault's index tells a guest who used a code before.

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
    if means is None:
        order = await place(session, draft)
        await confirm(session, order)
        return Agreed(order, None)
    patience = WAITED_FOR.get(means.kind)
    order = await place(session, replace(draft, expires_at=None if patience is None else at + patience))
    payment = await begin(
        session,
        order,
        means.provider,
        means.kind,
        order.total,
        source=means.source,
        customer=means.customer,
        keeps_source=means.keeps_source,
    )
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
