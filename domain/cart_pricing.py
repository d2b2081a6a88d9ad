"""What a cart costs as it is, whether or not it can be bought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from domain.cart_state import LINES_OF_ONE, LineState, states_from
from domain.carts import LockedCart
from domain.core_statements import Row, execute
from domain.promo_code_uses import Customer
from domain.purchases import PurchaseFacts, PurchaseLine, PurchaseQuote
from domain.quoting import quote_for, quote_read, shipping_options, with_facts
from domain.totals import AmountTooLargeError, QuotedShipping
from models import Cart


@dataclass(frozen=True, slots=True)
class PricedCart:
    """What it costs, and what sending it could cost."""

    purchase: PurchaseQuote
    options: Sequence[QuotedShipping]


async def price_cart(session: AsyncSession, cart: Cart, at: datetime) -> PricedCart | None:
    """The price of the lines that are sold; None where it is more than can be written down.

    The session is the server's own: codes and their uses are hidden from buyers. Of a guest it is not asked which codes
    they have used before: only checkout knows the address that it counts for.
    """
    rows = await read_lines(session, cart)
    facts = facts_of(cart, states_from(rows).get(cart.id, []), Customer(cart.user_id))
    try:
        purchase = await (quote_read(session, facts, rows, at) if rows else quote_for(session, facts, at))
    except AmountTooLargeError:
        return None
    return PricedCart(purchase, await shipping_options(session, purchase))


async def read_lines(session: AsyncSession, cart: Cart | LockedCart) -> Sequence[Row]:
    """What is told of the cart's lines as they are now: for `states_from`, and for `quote_read`."""
    given = {
        "cart": cart.id,
        "country_code": country_of(cart),
        "currency": cart.currency,
        "method": cart.shipping_method_id,
    }
    return await execute(session, _PRICED_LINES, given)


def facts_of(cart: Cart | LockedCart, lines: Sequence[LineState], customer: Customer) -> PurchaseFacts:
    """What the price of the cart depends on."""
    return PurchaseFacts(
        lines=tuple(PurchaseLine(line.line_id, line.variant_id, line.quantity, line.unit_price) for line in lines),
        currency=cart.currency,
        country_code=country_of(cart),
        shipping_method_id=cart.shipping_method_id,
        codes=tuple(cart.promo_codes),
        customer=customer,
    )


def country_of(cart: Cart | LockedCart) -> str | None:
    """Where the goods go: the address says it, and without one the cart."""
    return cart.country_code if cart.shipping_address is None else cart.shipping_address["country_code"]


_PRICED_LINES = with_facts(LINES_OF_ONE)
