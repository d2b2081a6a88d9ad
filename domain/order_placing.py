"""Placing an order: what checkout has agreed with a buyer, written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Uuid, bindparam, func, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.core_statements import execute
from domain.errors import DomainError
from domain.given_rows import as_json, insertion_of, table_of
from domain.money import NOTHING
from domain.order_beginnings import Beginning
from domain.payment_begun import FIRST_STEP, BegunPayment, first_steps
from domain.violations import refused_by
from models import Cart, Order, OrderDiscount, OrderLine, Payment, PaymentTransaction


class CartAlreadyOrderedError(DomainError):
    """The cart has become an order already."""

    def __init__(self) -> None:
        super().__init__("This cart has become an order already. Look among your orders.")


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys: an account or a guest, as they call themselves."""

    name: str
    email: str
    phone: str | None = None
    user_id: UUID | None = None
    guest_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class OrderSums:
    """What the quote came to. `shipping_tax` is the part of `tax_total` that is for shipping."""

    subtotal: Decimal
    total: Decimal
    discount_total: Decimal = NOTHING
    shipping_total: Decimal = NOTHING
    shipping_tax: Decimal = NOTHING
    tax_total: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class DraftLine:
    """Some units of one variant, as they are called and priced now."""

    variant_id: UUID
    product_id: UUID
    sku: str
    product_name: str
    variant_name: str
    quantity: int
    unit_price: Decimal
    subtotal: Decimal
    total: Decimal
    discount: Decimal = NOTHING
    tax_rate: Decimal = NOTHING
    tax: Decimal = NOTHING
    customization: Mapping[str, Any] = field(default_factory=dict)
    is_reserved: bool = False
    """Whether `domain.reservations.reserve` gave the variant as one whose units are reserved now."""


@dataclass(frozen=True, slots=True)
class DraftDiscount:
    """What a code takes off; all of an order's make its `discount_total`."""

    code: str
    amount: Decimal
    promo_code_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an order goes, and how."""

    country_code: str | None = None
    shipping_address: Mapping[str, Any] | None = None
    billing_address: Mapping[str, Any] | None = None
    shipping_method_id: UUID | None = None
    shipping_method_name: str | None = None


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """An order before it is placed. Stock is reserved and codes are used under its id."""

    buyer: Buyer
    lines: Sequence[DraftLine]
    sums: OrderSums
    currency: str
    prices_include_tax: bool
    destination: Destination = field(default_factory=Destination)
    discounts: Sequence[DraftDiscount] = ()
    cart_id: UUID | None = None
    customer_note: str = ""
    expires_at: datetime | None = None
    """When it is given up if it is not paid by then."""
    payment: BegunPayment | None = None
    """None where nothing is to be paid, or not yet."""
    beginning: Beginning = field(default_factory=Beginning)
    """What follows from the payment, or from there being none."""
    id: UUID = field(default_factory=uuid7)


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """What was written of an order, as far as its buyer is told of it."""

    id: UUID
    number: str
    user_id: UUID | None
    customer: Mapping[str, Any]
    email: str
    currency: str
    total: Decimal


async def place(session: AsyncSession, draft: OrderDraft) -> PlacedOrder:
    """Write the order, which gets the day's next number, with its payment, and complete its cart. It moves no stock.

    Raises CartAlreadyOrderedError. The database refuses the commit when sums and lines differ.
    """
    order = _order(draft)
    given = {
        "order": as_json([order]),
        "lines": as_json(_line(draft, place, line) for place, line in enumerate(draft.lines, start=1)),
        "discounts": as_json(_discount(draft, discount) for discount in draft.discounts),
        "payments": as_json([] if draft.payment is None else [_values(draft.payment, PAYMENT)]),
        "steps": as_json([] if draft.payment is None else first_steps(draft.payment)),
        "cart": draft.cart_id,
    }
    with refused_by({"uq_orders_cart_id": CartAlreadyOrderedError()}):
        (row,) = await execute(session, _PLACING, given)
    told = {name: order[name] for name in ("id", "user_id", "customer", "email", "currency", "total")}
    return PlacedOrder(number=row.number, **told)


def _order(draft: OrderDraft) -> dict[str, Any]:
    buyer = draft.buyer
    return {
        "id": draft.id,
        "user_id": buyer.user_id,
        "guest_id": None if buyer.user_id else buyer.guest_id,
        "cart_id": draft.cart_id,
        "customer": {"name": buyer.name, "email": buyer.email, "phone": buyer.phone},
        "email": buyer.email.lower(),
        "customer_note": draft.customer_note,
        "currency": draft.currency,
        "prices_include_tax": draft.prices_include_tax,
        "expires_at": draft.expires_at,
        **_values(draft.sums, SUMS),
        **_values(draft.destination, DESTINATION),
        **_values(draft.beginning, BEGINNING),
    }


def _line(draft: OrderDraft, position: int, line: DraftLine) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "order_id": draft.id,
        "position": position,
        "currency": draft.currency,
        **_values(line, LINE),
    }


def _discount(draft: OrderDraft, discount: DraftDiscount) -> dict[str, Any]:
    return {"id": uuid7(), "order_id": draft.id, "currency": draft.currency, **_values(discount, DISCOUNT)}


def _values(part: Any, names: Sequence[str]) -> dict[str, Any]:
    """The columns that part of a draft is, which `asdict` would copy to the last value."""
    return {name: getattr(part, name) for name in names}


def _placing() -> Executable:
    """All of it at once: what refers to the order is checked at the end of the statement."""
    lines = insertion_of(OrderLine, ("id", "order_id", "position", "currency", *LINE), "lines")
    discounts = insertion_of(OrderDiscount, ("id", "order_id", "currency", *DISCOUNT), "discounts")
    payments = insertion_of(Payment, PAYMENT, "payments")
    steps = insertion_of(PaymentTransaction, FIRST_STEP, "steps")
    carts = table_of(Cart)
    completed = update(carts).where(carts.c.id == bindparam("cart", type_=Uuid())).values(completed_at=func.now())
    ordered = insertion_of(Order, (*ORDERED, *SUMS, *DESTINATION, *BEGINNING), "order")
    parts = {"lines": lines, "discounts": discounts, "payments": payments, "steps": steps, "completed": completed}
    return ordered.returning(table_of(Order).c.number).add_cte(*(part.cte(name) for name, part in parts.items()))


def _names(shape: Any) -> Sequence[str]:
    return tuple(each.name for each in fields(shape))


LINE, DISCOUNT, PAYMENT = _names(DraftLine), _names(DraftDiscount), _names(BegunPayment)
SUMS, DESTINATION, BEGINNING = _names(OrderSums), _names(Destination), _names(Beginning)
ORDERED = (
    "id",
    "user_id",
    "guest_id",
    "cart_id",
    "customer",
    "email",
    "customer_note",
    "currency",
    "prices_include_tax",
    "expires_at",
)
"""What is written of an order besides its sums, where it goes, and where it stands."""

_PLACING = _placing()
"""Its parameters are `order`, `lines`, `discounts`, `payments` and `steps` as JSON, and `cart`."""
