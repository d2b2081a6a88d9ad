"""Orders, as their buyers and permitted staff see them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

import models
from auth.permissions import Permission
from domain import order_state
from schema.declare import column, expression, many, one, part, record, table
from schema.enums import FulfillmentStatus, OrderStatus, PaymentStatus
from schema.order_parts import (
    BY_NUMBER,
    IN_ORDER,
    LAST_FIRST,
    Fulfillment,
    OrderCustomer,
    OrderDiscount,
    OrderEvent,
    OrderLine,
    money,
)
from schema.orders import BY_POSITION
from schema.payments import OLDEST_FIRST, PAYMENTS_OF_ORDER, Payment
from schema.postal_addresses import PostalAddress
from schema.relay import Connection, Node
from schema.scalars import CountryCode
from schema.values import Money

if TYPE_CHECKING:
    from schema.accounts import Account


@table(models.Order, "A purchase, as it was agreed.")
class Order(Node):
    """An order. Its buyer and permitted staff see it, and nobody else."""

    number: str = column("What people call it by, such as `NC-20261122-0001`.")
    status: OrderStatus = column("Where it stands.")
    payment_status: PaymentStatus = column("How much of it is paid.")
    fulfillment_status: FulfillmentStatus = column("How much of it is in parcels, and how far they all are.")
    customer: OrderCustomer = record(OrderCustomer, "customer", "Who bought, as they called themselves then.")
    account: Annotated["Account", strawberry.lazy("schema.accounts")] | None = one(
        models.Order.user, "The account of whoever bought; null for guests.", requires=Permission.ACCOUNTS_READ
    )
    shipping_address: PostalAddress | None = record(PostalAddress, "shipping_address", "Where it goes.")
    billing_address: PostalAddress | None = record(PostalAddress, "billing_address", "Where the bill goes.")
    country_code: CountryCode | None = column("The country whose taxes it bears.")
    shipping_method_name: str | None = column("How it is sent, as it was called then.")
    customer_note: str = column("What the buyer said about it.")
    prices_include_tax: bool = column("Whether the prices have the tax in them.")
    subtotal: Money = part(Money, money("subtotal"), "What the lines cost together.")
    discount_total: Money = part(Money, money("discount_total"), "What codes took off.")
    shipping_total: Money = part(Money, money("shipping_total"), "What sending it costs.")
    tax_total: Money = part(
        Money, money("tax_total"), "The tax on all of it. It adds to the total unless prices have it in them."
    )
    total: Money = part(Money, money("total"), "What it costs.")
    captured_total: Money = part(Money, money("captured_total"), "What was paid of it.")
    refunded_total: Money = part(Money, money("refunded_total"), "What was given back of that.")
    placed_at: datetime = column("When it was placed.")
    expires_at: datetime | None = column("When it is given up if it is not paid by then.")
    updated_at: datetime = column("When it was last changed.")
    version: int = column("Rises with each change: what `expectedVersion` is compared with.")
    metadata: JSON | None = column("What integrations keep with it.", "attributes", requires=Permission.ORDERS_READ)
    unit_count: int = expression(order_state.unit_count, "How many units were ordered.")
    lines: list[OrderLine] = many(models.Order.lines, "What was bought.", order=BY_POSITION, paged=False)
    discounts: list[OrderDiscount] = many(
        models.Order.discounts, "What the codes took off.", order=IN_ORDER, paged=False
    )
    fulfillments: list[Fulfillment] = many(
        models.Order.fulfillments, "The parcels that it is sent in.", order=BY_NUMBER, paged=False
    )
    payments: list[Payment] = many(
        PAYMENTS_OF_ORDER, "How it was paid, or was to be.", order=OLDEST_FIRST, paged=False, owned=False
    )
    events: Connection[OrderEvent] = many(models.Order.events, "Its history, the last entry first.", order=LAST_FIRST)
