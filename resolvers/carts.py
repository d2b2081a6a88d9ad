"""Mutations of carts: of an account's, or of a guest's, who is made one with the first line."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypedDict, Unpack
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from auth.actors import actor_of
from auth.addresses import AddressData, own_snapshot, snapshot_of
from auth.emails import require_email
from auth.errors import AddressNotFoundError
from auth.guests import guest_id_of, new_guest_token
from auth.viewer import Viewer
from domain import cart_details, cart_lines, carts
from domain.cart_lines import ChangedLine, WantedLine
from domain.cart_merging import merge_carts
from domain.carts import Buyer, CartNotFoundError, LockedCart
from domain.countries import require_country
from domain.errors import InvalidField, InvalidInputError
from domain.order_adoption import adopt_orders
from models import Cart
from resolvers.context import Context
from resolvers.errors import ContentionError
from resolvers.writing import made_sure, tried_again
from resolvers.written_rows import WrittenRow


@dataclass(frozen=True, slots=True)
class AddedToCart:
    """What was added to, and the token of a guest who is new."""

    cart_id: UUID
    guest_token: str | None


KEPT_ADDRESSES = frozenset({"shipping_address_id", "billing_address_id"})
"""Details that name an entry of the viewer's address book, which has to be read first."""


class CartDetails(TypedDict, total=False):
    """What may be said of a cart; what is left out stays as it is, and null takes it away."""

    email: str | None
    country_code: str | None
    shipping_method_id: UUID | None
    shipping_address: AddressData | None
    shipping_address_id: UUID
    billing_address: AddressData | None
    billing_address_id: UUID


def buyer_of(viewer: Viewer) -> Buyer:
    """Whose cart the viewer fills. Raises CartNotFoundError for whoever has neither an account nor a guest's token."""
    if viewer.user_id is not None:
        return Buyer(user_id=viewer.user_id)
    if viewer.guest_id is not None:
        return Buyer(guest_id=viewer.guest_id)
    raise CartNotFoundError


async def add_to_cart(context: Context, *, lines: Sequence[WantedLine]) -> AddedToCart:
    """Add to the viewer's cart."""
    viewer, token = context.viewer, None
    if viewer.user_id is None and viewer.guest_id is None:
        token = new_guest_token()
        viewer = replace(viewer, guest_id=guest_id_of(token))
    buyer = Buyer(guest_id=viewer.guest_id) if viewer.user_id is None else Buyer(user_id=viewer.user_id)
    async with context.writing() as session:
        cart = await cart_lines.add_lines(session, buyer, lines)
    context.go_on_as(viewer)
    return AddedToCart(cart.id, token)


async def update_cart_lines(context: Context, *, lines: Sequence[ChangedLine]) -> WrittenRow:
    """Set how many units lines have."""
    async with context.writing() as session:
        return _shown(await cart_lines.set_quantities(session, buyer_of(context.viewer), lines))


async def remove_from_cart(context: Context, *, line_ids: Sequence[UUID]) -> WrittenRow:
    """Take lines out."""
    async with context.writing() as session:
        return _shown(await cart_lines.remove_lines(session, buyer_of(context.viewer), line_ids))


async def clear_cart(context: Context) -> WrittenRow:
    """Take everything out."""
    async with context.writing() as session:
        return _shown(await carts.clear_cart(session, buyer_of(context.viewer)))


async def apply_promo_code(context: Context, *, code: str) -> WrittenRow:
    """Put a code into the cart."""
    async with context.writing() as session:
        return _shown(await cart_details.apply_code(session, buyer_of(context.viewer), code))


async def remove_promo_code(context: Context, *, code: str) -> WrittenRow:
    """Take a code out of it."""
    async with context.writing() as session:
        return _shown(await cart_details.remove_code(session, buyer_of(context.viewer), code))


async def confirm_cart_prices(context: Context) -> WrittenRow:
    """Take over the prices of now."""
    async with context.writing() as session:
        return _shown(await cart_details.confirm_prices(session, buyer_of(context.viewer)))


async def merge_cart(context: Context) -> WrittenRow:
    """Give the account what the guest has left. Without a guest's cart the account's is as it was."""
    account = Buyer(user_id=context.viewer.account_id)
    async with context.writing() as session:
        guest_id = context.viewer.guest_id
        merged = None if guest_id is None else await _take_over(session, context, guest_id)
        return _shown(merged or await carts.lock_cart(session, account))


async def take_along(context: Context) -> None:
    """Give the account of a guest who has just signed in what they have left: their orders, and what is in their cart.

    The session exists by now: if others keep the rows locked for long, it is left to `mergeCart`.
    """
    guest_id = context.viewer.guest_id
    if guest_id is None:
        return

    async def take_over() -> None:
        async with context.writing() as session:
            await _take_over(session, context, guest_id)

    with suppress(ContentionError):
        await tried_again(take_over, lambda: False)


async def _take_over(session: AsyncSession, context: Context, guest_id: UUID) -> LockedCart | None:
    """The account's cart with what the guest's had in it. Orders come first, as for whoever changes one."""
    viewer, visit = context.viewer, context.visit
    await adopt_orders(session, guest_id, viewer.account_id, actor_of(viewer, visit), visit.at)
    return await merge_carts(session, Buyer(guest_id=guest_id), Buyer(user_id=viewer.account_id))


async def set_cart_details(context: Context, **given: Unpack[CartDetails]) -> WrittenRow:
    """Say where the order goes, how, and to whom it is confirmed."""
    buyer = buyer_of(context.viewer)
    _require_either(given)
    if not KEPT_ADDRESSES.isdisjoint(given):
        async with context.writing() as session:
            columns = {**_plain(given), **await _own_addresses(session, context, given)}
            return _shown(await cart_details.set_details(session, buyer, **columns))

    async def change() -> WrittenRow:
        async with context.writing(at_once=True) as session:
            return _shown(await cart_details.set_details(session, buyer, **_plain(given)))

    return await made_sure(change)


def _shown(cart: LockedCart) -> WrittenRow:
    return WrittenRow(Cart, cart.id, is_result=True)


def _require_either(given: CartDetails) -> None:
    """Raises InvalidInputError for an address that is given in two ways."""
    twice = [name for name in KEPT_ADDRESSES if name in given and name.removesuffix("_id") in given]
    if twice:
        message = "The address itself is given as well. Leave one of them out."
        raise InvalidInputError(InvalidField((name,), message) for name in sorted(twice))


def _plain(given: CartDetails) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "email" in given:
        columns["email"] = None if given["email"] is None else require_email(given["email"])
    if "country_code" in given:
        code = given["country_code"]
        columns["country_code"] = None if code is None else require_country(code, "country_code")
    if "shipping_method_id" in given:
        columns["shipping_method_id"] = given["shipping_method_id"]
    if "shipping_address" in given:
        columns["shipping_address"] = _snapshot("shipping_address", given["shipping_address"])
    if "billing_address" in given:
        columns["billing_address"] = _snapshot("billing_address", given["billing_address"])
    return columns


async def _own_addresses(session: AsyncSession, context: Context, given: CartDetails) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "shipping_address_id" in given:
        columns["shipping_address"] = await _own_address(session, context, given["shipping_address_id"])
    if "billing_address_id" in given:
        columns["billing_address"] = await _own_address(session, context, given["billing_address_id"])
    return columns


def _snapshot(name: str, data: AddressData | None) -> dict[str, str | None] | None:
    if data is None:
        return None
    try:
        return snapshot_of(data)
    except InvalidInputError as error:
        raise InvalidInputError(InvalidField((name, *each.path), each.message) for each in error.fields) from error


async def _own_address(session: AsyncSession, context: Context, address_id: UUID) -> dict[str, str | None]:
    if context.viewer.user_id is None:
        raise AddressNotFoundError
    return await own_snapshot(session, context.safeguards.vault, context.viewer.user_id, address_id)
