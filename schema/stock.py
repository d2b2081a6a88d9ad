"""Stock: what visitors are told, and what staff see."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

import models
from auth.permissions import Permission
from domain import stock
from schema.declare import column, expression, many, one, table
from schema.enums import ActorKind, MovementKind
from schema.orders import descending
from schema.relay import Connection

if TYPE_CHECKING:
    from schema.accounts import Account
    from schema.catalog import ProductVariant

LAST_FIRST = descending("movement:last", lambda movement: movement.number)


@table(models.StockMovement, "A change of a variant's stock. Nobody can alter it.")
class StockMovement:
    """A change."""

    recorded_at: datetime = column("When it was made.")
    kind: MovementKind = column("Why.")
    quantity_change: int = column("How many units came into the house; less than 0 when some left it.")
    reserved_change: int = column("How many more units are promised to orders; less than 0 when fewer are.")
    quantity_after: int = column("The units in the house from then on.")
    reserved_after: int = column("The units promised to orders from then on.")
    reason: str | None = column("What somebody said about it.")
    cause: str | None = column("The table of the row that it was made for, such as an order.")
    cause_key: str | None = expression(stock.cause_key, "The key of that row: a UUID.")
    actor_kind: ActorKind = column("What kind of actor made it.")
    actor: Annotated["Account", strawberry.lazy("schema.accounts")] | None = one(
        models.StockMovement.actor,
        "The account of whoever made it, or of the owner of the API token.",
        requires=Permission.ACCOUNTS_READ,
    )
    actor_name: str | None = column("What the job or the command is called.")


@table(models.StockLevel, "The units of one variant.")
class StockLevel:
    """Exact numbers."""

    quantity: int = column("The units in the house.")
    reserved: int = column("The units promised to orders that are not sent yet.")
    available: int = column("The units that can be sold; less than 0 when orders wait for some.")
    minimum_level: int = column("Below this number of units that can be sold stock is low.")
    is_low: bool = expression(stock.is_low, "Whether stock is counted, and low.")
    updated_at: datetime = column("When it was last changed.")
    variant: Annotated["ProductVariant", strawberry.lazy("schema.catalog")] | None = one(
        models.StockLevel.variant, "What the units are of."
    )
    movements: Connection[StockMovement] | None = many(
        models.StockLevel.movements,
        "How the units came to be, the last change first. They sum to `quantity` and `reserved`.",
        order=LAST_FIRST,
        requires=Permission.STOCK_READ,
    )
