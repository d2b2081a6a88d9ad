"""What an order consists of: lines, discounts, parcels, and its history."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

import models
from auth.permissions import Permission
from domain import order_state
from schema.declare import column, expression, identifier, many, one, part, table
from schema.enums import ActorKind, OrderEventKind, ParcelStatus
from schema.orders import ascending, descending
from schema.values import Money

if TYPE_CHECKING:
    from schema.accounts import Account
    from schema.catalog import Product, ProductVariant

IN_ORDER = ascending("entry:order", lambda row: row.id)
LAST_FIRST = descending("event:last", lambda event: event.number)
BY_NUMBER = ascending("parcel:number", lambda parcel: parcel.number)


def money(attribute: str) -> dict[str, str]:
    """The columns of an amount in the currency of its row."""
    return {"amount": attribute, "currency_code": "currency"}


@strawberry.type(description="Who bought, as they called themselves then. All is null once they are forgotten.")
class OrderCustomer:
    """A person."""

    name: str | None = strawberry.field(description="The name.")
    email: str | None = strawberry.field(description="The e-mail address, as it was given.")
    phone: str | None = strawberry.field(description="The phone number.")


@table(models.OrderLine, "Some units of one variant, as they were called and priced when they were bought.")
class OrderLine:
    """A line."""

    id: strawberry.ID = identifier()
    sku: str = column("The stock keeping unit.")
    product_name: str = column("What the product was called.")
    variant_name: str = column("What the variant was called.")
    product: Annotated["Product", strawberry.lazy("schema.catalog")] | None = one(
        models.OrderLine.product, "The product, if it is still there to be seen."
    )
    variant: Annotated["ProductVariant", strawberry.lazy("schema.catalog")] | None = one(
        models.OrderLine.variant, "The variant, if it is still there to be seen."
    )
    customization: JSON = column("The options that the buyer chose, by name.")
    quantity: int = column("How many units were bought.")
    unit_price: Money = part(Money, money("unit_price"), "What one costs, with what its options add.")
    subtotal: Money = part(Money, money("subtotal"), "What they cost together.")
    discount: Money = part(Money, money("discount"), "What codes took off.")
    tax_rate: Decimal = column("The rate of tax, such as 0.15.")
    tax: Money = part(Money, money("tax"), "The tax on them.")
    total: Money = part(Money, money("total"), "What is paid for them: less the discount, with tax.")
    cancelled_quantity: int = column("How many will not be sent.")
    fulfilled_quantity: int = column("How many are in parcels.")
    shipped_quantity: int = column("How many of them have left.")
    returned_quantity: int = column("How many of them came back.")
    refunded_quantity: int = column("The price of how many was given back.")
    open_quantity: int = expression(order_state.open_count, "How many are in no parcel yet.")


@table(models.OrderDiscount, "What a promotion code took off an order.")
class OrderDiscount:
    """A discount."""

    code: str = column("The code.")
    amount: Money = part(Money, money("amount"), "What it took off.")


@table(models.FulfillmentLine, "Units of one line in a parcel.")
class FulfillmentLine:
    """What was packed."""

    quantity: int = column("How many.")
    line: OrderLine = one(models.FulfillmentLine.order_line, "The line of the order.", owned=True)


@table(models.Fulfillment, "A parcel of an order.")
class Fulfillment:
    """A parcel."""

    id: strawberry.ID = identifier()
    number: int = column("Its place among the parcels of the order, from 1 on.")
    status: ParcelStatus = column("How far it is.")
    carrier: str | None = column("Who carries it.")
    tracking_number: str | None = column("The number under which the carrier knows it.")
    tracking_url: str | None = column("The page on which it is followed.")
    estimated_delivery: date | None = column("The day on which it should arrive.")
    created_at: datetime = column("When it was packed.")
    shipped_at: datetime | None = column("When it left.")
    delivered_at: datetime | None = column("When it arrived.")
    lines: list[FulfillmentLine] = many(models.Fulfillment.lines, "What is in it.", order=IN_ORDER, paged=False)
    version: int = column("Rises with each change: what `expectedVersion` is compared with.")


@table(models.OrderEvent, "An entry of an order's history. Nobody can alter it.")
class OrderEvent:
    """A move, or a note."""

    recorded_at: datetime = column("When it was written.")
    kind: OrderEventKind = column("What it is about.")
    from_state: str | None = column("The state before, of a move.")
    to_state: str | None = column("The state after, of a move.")
    text: str | None = column("The note, or the reason of the move.")
    fulfillment: Fulfillment | None = one(models.OrderEvent.fulfillment, "The parcel that it is about.", owned=True)
    is_public: bool | None = column("Whether the buyer may read it.", requires=Permission.ORDERS_READ)
    actor_kind: ActorKind | None = column("What kind of actor made it.", requires=Permission.ORDERS_READ)
    actor: Annotated["Account", strawberry.lazy("schema.accounts")] | None = one(
        models.OrderEvent.actor,
        "The account of whoever made it, or of the owner of the API token.",
        requires=Permission.ACCOUNTS_READ,
    )
    actor_name: str | None = column("What the job or the command is called.", requires=Permission.ORDERS_READ)
