"""Taking over what somebody put into a cart as a guest, once they have signed in."""

from dataclasses import replace

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carts import Buyer, LockedCart, open_cart
from models import Cart, CartLine
from models.carts import MOST_CODES, MOST_LINES, MOST_UNITS_A_LINE

DETAILS = ("email", "country_code", "shipping_address", "billing_address", "shipping_method_id")


async def merge_carts(session: AsyncSession, guest: Buyer, account: Buyer) -> LockedCart | None:
    """Put the guest's cart into the account's, which keeps what it says already; None where the guest has none.

    Nothing is refused: a line has as many units as lines have, and what is too much for one cart stays out. The
    account's cart is always locked first, so that nobody waits in a circle.
    """
    if await session.scalar(select(Cart.id).where(guest.open_cart())) is None:
        return None
    cart = await open_cart(session, account)
    given = await session.scalar(select(Cart).where(guest.open_cart()).with_for_update())
    if given is None:
        return cart
    await _move_lines(session, given, cart)
    codes = list(dict.fromkeys([*cart.promo_codes, *given.promo_codes]))[:MOST_CODES]
    said = {name: getattr(given, name) for name in DETAILS if getattr(cart, name) is None}
    await session.execute(update(Cart).where(Cart.id == cart.id).values(promo_codes=codes, **said))
    await session.execute(delete(Cart).where(Cart.id == given.id))
    return replace(cart, promo_codes=codes, **said)


async def _move_lines(session: AsyncSession, given: Cart, cart: LockedCart) -> None:
    known = {(line.variant_id, line.customization_hash): line for line in await _lines(session, cart)}
    room = MOST_LINES - len(known)
    for line in await _lines(session, given):
        alike = known.get((line.variant_id, line.customization_hash))
        if alike is not None:
            alike.quantity = min(alike.quantity + line.quantity, MOST_UNITS_A_LINE)
        elif room > 0:
            line.cart_id, room = cart.id, room - 1
    await session.flush()


async def _lines(session: AsyncSession, cart: Cart | LockedCart) -> list[CartLine]:
    return list(await session.scalars(select(CartLine).where(CartLine.cart_id == cart.id).order_by(CartLine.id)))
