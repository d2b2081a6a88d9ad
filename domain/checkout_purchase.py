"""What is bought at checkout: the cart's lines as they are now, what they cost, and who buys them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.cart_pricing import facts_of, read_lines
from domain.cart_state import LineChoiceImpossible, LineNoLongerSold, LineState, problems_of, states_from
from domain.carts import LockedCart
from domain.checkout_errors import (
    CheckoutDetail,
    DetailsMissingError,
    EmptyCartError,
    LinesNotForSaleError,
    NotSentThereError,
)
from domain.order_placing import Buyer, Destination, DraftDiscount, DraftLine, OrderDraft, OrderSums
from domain.promo_code_uses import Customer
from domain.purchases import PurchaseQuote, ShippingFault
from domain.quoting import quote_read
from domain.stock_moving import Units
from domain.totals import Quote


@dataclass(frozen=True, slots=True)
class Contact:
    """Who buys, as far as the cart does not say."""

    user_id: UUID | None = None
    guest_id: UUID | None = None
    name: str = ""
    email: str | None = None
    """Of an account."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """Lines and their price."""

    lines: Sequence[LineState]
    quoted: PurchaseQuote

    @property
    def quote(self) -> Quote:
        """What everything costs."""
        return self.quoted.quote

    @property
    def units(self) -> Units:
        """How many units of each variant: several lines may be of one."""
        units: dict[UUID, int] = {}
        for line in self.lines:
            units[line.variant_id] = units.get(line.variant_id, 0) + line.quantity
        return units


async def purchase_of(session: AsyncSession, cart: LockedCart, customer: Customer, at: datetime) -> Purchase:
    """The lines of the cart and their price now.

    Raises EmptyCartError, LinesNotForSaleError, NotSentThereError, DetailsMissingError and AmountTooLargeError.
    """
    rows = await read_lines(session, cart)
    lines = states_from(rows).get(cart.id, [])
    if not lines:
        raise EmptyCartError
    unsold = [
        problem.line.line_id
        for problem in problems_of(lines)
        if isinstance(problem, LineNoLongerSold | LineChoiceImpossible)
    ]
    if unsold:
        raise LinesNotForSaleError(unsold)
    quoted = await quote_read(session, facts_of(cart, lines, customer), rows, at)
    if quoted.left_out:
        raise LinesNotForSaleError([each.key for each in quoted.left_out])
    _require_details(cart, lines, quoted)
    return Purchase(lines, quoted)


def draft_of(  # noqa: PLR0913, PLR0917 - all that an order is made from
    order_id: UUID, cart: LockedCart, purchase: Purchase, contact: Contact, note: str, reserved: Collection[UUID]
) -> OrderDraft:
    """The order of the purchase, whose units are `reserved` where they are counted."""
    quote, address = purchase.quote, cart.shipping_address
    prices = {line.key: line for line in quote.lines}
    return OrderDraft(
        id=order_id,
        buyer=_buyer(cart, contact),
        lines=[
            DraftLine(
                variant_id=line.variant_id,
                product_id=line.product_id,
                sku=line.sku,
                product_name=line.product_name,
                variant_name=line.variant_name,
                customization=line.customization,
                is_reserved=line.variant_id in reserved,
                quantity=line.quantity,
                unit_price=prices[line.line_id].unit_price,
                subtotal=prices[line.line_id].subtotal,
                discount=prices[line.line_id].discount,
                tax_rate=prices[line.line_id].tax_rate,
                tax=prices[line.line_id].tax,
                total=prices[line.line_id].total,
            )
            for line in purchase.lines
        ],
        sums=OrderSums(
            subtotal=quote.subtotal,
            discount_total=quote.discount_total,
            shipping_total=quote.shipping_total,
            shipping_tax=quote.shipping_tax,
            tax_total=quote.tax_total,
            total=quote.total,
        ),
        currency=quote.currency,
        prices_include_tax=quote.prices_include_tax,
        destination=Destination(
            country_code=purchase.quoted.country_code,
            shipping_address=address,
            billing_address=cart.billing_address or address,
            shipping_method_id=None if quote.shipping is None else quote.shipping.method_id,
            shipping_method_name=None if quote.shipping is None else quote.shipping.name,
        ),
        discounts=[DraftDiscount(each.code, each.amount, each.promo_code_id) for each in quote.applied],
        cart_id=cart.id,
        customer_note=note,
    )


def _require_details(cart: LockedCart, lines: Sequence[LineState], quoted: PurchaseQuote) -> None:
    if quoted.shipping_fault not in {None, ShippingFault.METHOD_MISSING}:
        raise NotSentThereError
    is_sent = any(line.requires_shipping for line in lines)
    missing = [
        detail
        for detail, is_missing in (
            (CheckoutDetail.SHIPPING_ADDRESS, is_sent and cart.shipping_address is None),
            (CheckoutDetail.SHIPPING_METHOD, quoted.shipping_fault is ShippingFault.METHOD_MISSING),
        )
        if is_missing
    ]
    if missing:
        raise DetailsMissingError(missing)


def _buyer(cart: LockedCart, contact: Contact) -> Buyer:
    """Who is confirmed to. Raises DetailsMissingError."""
    email = cart.email or contact.email
    if email is None:
        raise DetailsMissingError([CheckoutDetail.EMAIL])
    address = cart.shipping_address or cart.billing_address or {}
    name = address.get("name") or contact.name or email
    return Buyer(name, email, address.get("phone"), contact.user_id, contact.guest_id)
