"""Carts: whose they are, and how they are opened, locked and kept.

Whoever changes a cart or its lines has locked its row, so that changes of one cart follow one another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Executable,
    Numeric,
    Uuid,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert
from uuid_utils.compat import uuid7

from domain.core_statements import execute
from domain.errors import DomainError
from domain.given_rows import table_of
from domain.introductions import actor_is_told
from domain.violations import violated
from models import Cart, CartLine, ShippingMethod, Shop
from models.shop import SHOP_ID

OPEN_CARTS = frozenset({"uq_carts_open_of_guest", "uq_carts_open_of_user"})
"""The constraints by which everybody has one open cart at the most."""

CARTS = table_of(Cart)
LEFT_ALONE = timedelta(hours=1)
"""So long after its last change a cart counts as abandoned."""

CART_LIVES = timedelta(hours=24)
"""So long after its last change a cart is kept."""


class CartNotFoundError(DomainError):
    """Whoever asks has no open cart: none was filled, or it was bought, or it has expired."""

    def __init__(self) -> None:
        super().__init__("There is no cart. Add something to it first.")


@dataclass(frozen=True, slots=True)
class Buyer:
    """Whose a cart is: an account's, or else a guest's."""

    user_id: UUID | None = None
    guest_id: UUID | None = None

    @property
    def column(self) -> str:
        """The column of carts that names the buyer, which has a unique index for the open ones."""
        return "guest_id" if self.user_id is None else "user_id"

    @property
    def key(self) -> UUID | None:
        """What stands there."""
        return self.guest_id if self.user_id is None else self.user_id

    def open_cart(self) -> ColumnElement[bool]:
        """The condition that a cart is the buyer's open one."""
        column: ColumnElement[UUID] = getattr(Cart, self.column)
        return and_(column == self.key, Cart.completed_at.is_(None))


@dataclass(frozen=True, slots=True)
class LockedCart:
    """An open cart as it is, whose row the transaction has locked: nothing of it changes until that ends."""

    id: UUID
    user_id: UUID | None
    guest_id: UUID | None
    currency: str
    email: str | None
    country_code: str | None
    shipping_address: Mapping[str, Any] | None
    billing_address: Mapping[str, Any] | None
    shipping_method_id: UUID | None
    promo_codes: Sequence[str]
    version: int


def changed() -> dict[str, Any]:
    """What each change of a cart sets."""
    return {"version": CARTS.c.version + 1, "expires_at": func.now() + CART_LIVES}


def units_in(cart: Any) -> ColumnElement[int]:
    """How many units are in a cart."""
    units = select(func.sum(CartLine.quantity)).where(CartLine.cart_id == cart.id)
    return func.coalesce(units.scalar_subquery(), 0)


def lines_in(cart: Any) -> ColumnElement[int]:
    """How many lines a cart has."""
    return select(func.count()).where(CartLine.cart_id == cart.id).scalar_subquery()


def value_of(cart: Any) -> ColumnElement[Decimal]:
    """What a cart's units cost when their buyer last saw it."""
    value = select(func.sum(CartLine.quantity * CartLine.unit_price_seen)).where(CartLine.cart_id == cart.id)
    return func.coalesce(value.scalar_subquery(), 0).cast(Numeric(14, 2))


def is_abandoned(cart: Any) -> ColumnElement[bool]:
    """It was not bought, and nobody has touched it for an hour."""
    return and_(cart.completed_at.is_(None), cart.updated_at < func.now() - LEFT_ALONE)


async def open_cart(session: AsyncSession, buyer: Buyer) -> LockedCart:
    """The buyer's open cart, as one that changes; made if there is none."""
    (cart,) = await _locked(session, OPENING[buyer.column], opener(buyer))
    return cart


def opener(buyer: Buyer) -> Mapping[str, Any]:
    """What OPENING is given."""
    return {"new_id": uuid7(), "buyer": buyer.key}


async def change_cart(session: AsyncSession, buyer: Buyer, **values: Any) -> LockedCart:
    """The buyer's open cart with these values. Raises CartNotFoundError, also if a shipping method is not offered."""
    given = {f"new_{name}": value for name, value in values.items()}
    statement = _changing(buyer.column, tuple(sorted(values)))
    return _only(await _locked(session, statement, {**given, "buyer": buyer.key}))


async def lock_cart(session: AsyncSession, buyer: Buyer) -> LockedCart:
    """The buyer's open cart as it is. Raises CartNotFoundError."""
    return _only(await _locked(session, _LOCKING[buyer.column], {"buyer": buyer.key}))


async def complete_again(session: AsyncSession, cart_id: UUID) -> None:
    """Say of a cart that was opened again that it was bought after all."""
    still_open = update(Cart).where(Cart.id == cart_id, Cart.completed_at.is_(None))
    await session.execute(still_open.values(completed_at=func.now()).execution_options(synchronize_session=False))


async def reopen_cart(session: AsyncSession, cart_id: UUID) -> bool:
    """Open a cart again whose payment came to nothing.

    False where there is nothing to open: it is gone, was never completed, or its buyer has filled another one.
    """
    reopened = update(Cart).where(Cart.id == cart_id, Cart.completed_at.is_not(None)).returning(Cart.id)
    try:
        async with session.begin_nested():
            return await session.scalar(reopened.values(completed_at=None, **changed())) is not None
    except IntegrityError as error:
        if violated(error) in OPEN_CARTS:
            return False
        raise


async def clear_cart(session: AsyncSession, buyer: Buyer) -> LockedCart:
    """Take everything out of the cart, codes included. Raises CartNotFoundError."""
    cart = await change_cart(session, buyer, promo_codes=[])
    await session.execute(delete(CartLine).where(CartLine.cart_id == cart.id))
    return cart


async def _locked(session: AsyncSession, statement: Executable, given: Mapping[str, Any]) -> Sequence[LockedCart]:
    return [LockedCart(**row) for row in await execute(session, statement, given)]


def _only(found: Sequence[LockedCart]) -> LockedCart:
    """A buyer has one open cart at the most. Raises CartNotFoundError."""
    if not found:
        raise CartNotFoundError
    return found[0]


def _opening(column: str) -> ReturningInsert[Any]:
    """Its parameters are `new_id` and `buyer`."""
    currency = select(Shop.currency).where(Shop.id == SHOP_ID).scalar_subquery()
    id_, key = bindparam("new_id", type_=Uuid()), bindparam("buyer", type_=Uuid())
    values = {"id": id_, column: key, "currency": currency, "expires_at": func.now() + CART_LIVES}
    row = select(*values.values()).where(actor_is_told())
    added = insert(CARTS).from_select([*values], row, include_defaults=False)
    opened = added.on_conflict_do_update(
        index_elements=[column],
        index_where=text("completed_at IS NULL"),
        set_=changed(),
    )
    return opened.returning(*LOCKED)


@cache
def _changing(column: str, names: tuple[str, ...]) -> Executable:
    """Its parameters are `buyer`, and `new_` with each of the names."""
    new = {name: bindparam(f"new_{name}", type_=CARTS.c[name].type) for name in names}
    changing = update(CARTS).where(_is_open(column), actor_is_told()).values({**changed(), **new})
    if "shipping_method_id" in new:
        changing = changing.where(_may_be_chosen(new["shipping_method_id"]))
    return changing.returning(*LOCKED)


def _may_be_chosen(method: ColumnElement[UUID]) -> ColumnElement[bool]:
    """None, or a shipping method that is offered, which stays while the transaction lasts."""
    offered = select(ShippingMethod.id).where(ShippingMethod.id == method, ShippingMethod.is_active)
    return or_(method.is_(None), exists(offered.with_for_update(read=True, key_share=True)))


def _locking(column: str) -> Executable:
    """Its parameter is `buyer`."""
    return select(*LOCKED).where(_is_open(column), actor_is_told()).with_for_update()


def _is_open(column: str) -> ColumnElement[bool]:
    return and_(CARTS.c[column] == bindparam("buyer", type_=Uuid()), CARTS.c.completed_at.is_(None))


LOCKED = tuple(CARTS.c[each.name] for each in fields(LockedCart))
"""The columns of a LockedCart."""

BUYERS = ("guest_id", "user_id")
OPENING = {column: _opening(column) for column in BUYERS}
"""By the column of the buyer, what opens a cart, and gives it as it is locked."""

_LOCKING = {column: _locking(column) for column in BUYERS}
