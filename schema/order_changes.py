"""What buyers and the staff do with orders: what is asked for, and what comes of it."""

from datetime import date
from typing import Annotated, Any

import strawberry

from domain.order_cancelling import OrderOnItsWayError
from domain.order_parcels import FulfillmentNotFoundError
from domain.order_states import OrderMoveRefusedError
from domain.order_units import UnitsNotThereError
from domain.orders import OrderNotFoundError
from models.fulfillments import LONGEST_CARRIER, LONGEST_TRACKING_NUMBER
from models.order_events import LONGEST_NOTE
from resolvers.input_rules import NestedRule
from resolvers.orders import UnitsOfLine
from schema.customer_orders import Order
from schema.enums import OrderStatus
from schema.inputs import HIGHEST_VERSION, LONGEST_URL, choice, items, key, mutation_input, number, text
from schema.out_of_stock import OutOfStock
from schema.problems import Conflict, InvalidInput, Problem, problem

MOST_UNITS = 9_999
LONGEST_REASON = 500


def read_version() -> Any:
    """The field for the version that was read."""
    return number("The version that was read; a later one is not changed.", least=1, most=HIGHEST_VERSION)


def carrier() -> Any:
    """The field for who carries a parcel."""
    return text("Who carries it.", longest=LONGEST_CARRIER, clearable=True)


def tracking_number() -> Any:
    """The field for the carrier's number."""
    return text("The number under which the carrier knows it.", longest=LONGEST_TRACKING_NUMBER, clearable=True)


def tracking_url() -> Any:
    """The field for the carrier's page."""
    return text("The page on which it is followed.", longest=LONGEST_URL, clearable=True)


def estimated_delivery() -> Any:
    """The field for the day of arrival."""
    return choice("The day on which it should arrive.", clearable=True)


@mutation_input("Units of one line of an order.")
class OrderUnitsInput:
    """So many units."""

    line_id: strawberry.ID = key("The line.", "OrderLine")
    quantity: int = number("How many of them.", least=1, most=MOST_UNITS)


def units(description: str) -> Any:
    """The field for units of lines."""
    return items(description, NestedRule(makes=UnitsOfLine), least=1)


@mutation_input("Units that are packed together.")
class FulfilOrderInput:
    """A parcel."""

    id: strawberry.ID = key("The order.", "Order")
    expected_version: int = read_version()
    lines: list[OrderUnitsInput] = units("What is in the parcel.")
    carrier: str | None = carrier()
    tracking_number: str | None = tracking_number()
    tracking_url: str | None = tracking_url()
    estimated_delivery: date | None = estimated_delivery()
    is_shipped: bool | None = choice("Whether it has left already; false when absent.")


@mutation_input("A parcel that has left.")
class MarkFulfillmentShippedInput:
    """A parcel."""

    id: strawberry.ID = key("The parcel.", "Fulfillment")


@mutation_input("A parcel that has arrived.")
class MarkFulfillmentDeliveredInput:
    """A parcel."""

    id: strawberry.ID = key("The parcel.", "Fulfillment")


@mutation_input("A parcel that does not leave.")
class CancelFulfillmentInput:
    """A parcel."""

    id: strawberry.ID = key("The parcel.", "Fulfillment")


@mutation_input("Who carries a parcel, and how it is followed. What is left out is not known any more.")
class UpdateTrackingInput:
    """Tracking."""

    id: strawberry.ID = key("The parcel.", "Fulfillment")
    expected_version: int = read_version()
    carrier: str | None = carrier()
    tracking_number: str | None = tracking_number()
    tracking_url: str | None = tracking_url()
    estimated_delivery: date | None = estimated_delivery()


@mutation_input("How far an order is in the house.")
class MoveOrderInput:
    """A move."""

    id: strawberry.ID = key("The order.", "Order")
    status: OrderStatus = choice("PROCESSING, PREPARING or DISPATCHED. All else follows from payments and parcels.")
    expected_version: int = read_version()


@mutation_input("An order that is not to be sent.")
class CancelOrderInput:
    """A cancellation."""

    id: strawberry.ID = key("The order.", "Order")
    reason: str = text("Why, in words for its buyer.", longest=LONGEST_REASON, shortest=1)


@mutation_input("An order of one's own that is not wanted any more.")
class CancelMyOrderInput:
    """A cancellation."""

    id: strawberry.ID = key("The order.", "Order")
    reason: str | None = text("Why.", longest=LONGEST_REASON)


@mutation_input("Something that is to stand in the history of an order.")
class AddOrderNoteInput:
    """A note."""

    id: strawberry.ID = key("The order.", "Order")
    text: str = text("The note.", longest=LONGEST_NOTE, shortest=1)
    is_public: bool = choice("Whether the buyer may read it.")


@mutation_input("Units that came back.")
class RecordOrderReturnInput:
    """A return."""

    id: strawberry.ID = key("The order.", "Order")
    expected_version: int = read_version()
    lines: list[OrderUnitsInput] = units("What came back.")
    to_stock: bool = choice("Whether they can be sold again.")


@problem(OrderNotFoundError, "There is no such order, or it is not the viewer's own.")
class OrderNotFound(Problem):
    """Look among one's orders."""


@problem(FulfillmentNotFoundError, "There is no such parcel.")
class FulfillmentNotFound(Problem):
    """Look at the order again."""


@problem(OrderMoveRefusedError, "What is asked for does not follow from the state.")
class OrderMoveRefused(Problem):
    """Read it again: it may have moved on."""

    state: str = strawberry.field(description="The state that it is in.")
    to: str = strawberry.field(description="The state that it was to be in.")
    allowed: list[str] = strawberry.field(description="The states that may follow.")


@problem(OrderOnItsWayError, "Some of the order is packed or has left already.")
class OrderOnItsWay(Problem):
    """What has arrived may be returned."""


@problem(UnitsNotThereError, "More units of a line are meant than there are of that kind.")
class UnitsNotThere(Problem):
    """Read the order again."""

    sku: str = strawberry.field(description="What is meant; empty for a line of another order.")
    asked: int = strawberry.field(description="How many units are meant.")
    left: int = strawberry.field(description="How many there are.")


FulfilOrderResult = Annotated[
    Order | InvalidInput | OrderNotFound | Conflict | OrderMoveRefused | UnitsNotThere | OutOfStock,
    strawberry.union("FulfilOrderResult", description="The order with its parcel, or why there is none."),
]
MarkFulfillmentShippedResult = Annotated[
    Order | InvalidInput | FulfillmentNotFound | OrderNotFound | Conflict | OrderMoveRefused | OutOfStock,
    strawberry.union("MarkFulfillmentShippedResult", description="The order, or why the parcel is still there."),
]
MarkFulfillmentDeliveredResult = Annotated[
    Order | InvalidInput | FulfillmentNotFound | OrderNotFound | Conflict | OrderMoveRefused,
    strawberry.union("MarkFulfillmentDeliveredResult", description="The order, or why nothing has arrived."),
]
CancelFulfillmentResult = Annotated[
    Order | InvalidInput | FulfillmentNotFound | OrderNotFound | Conflict | OrderMoveRefused,
    strawberry.union("CancelFulfillmentResult", description="The order, or why the parcel stays."),
]
UpdateTrackingResult = Annotated[
    Order | InvalidInput | FulfillmentNotFound | OrderNotFound | Conflict,
    strawberry.union("UpdateTrackingResult", description="The order, or why the parcel is as it was."),
]
MoveOrderResult = Annotated[
    Order | InvalidInput | OrderNotFound | Conflict | OrderMoveRefused,
    strawberry.union("MoveOrderResult", description="The order, or why it stands where it stood."),
]
CancelOrderResult = Annotated[
    Order | InvalidInput | OrderNotFound | Conflict | OrderMoveRefused | OrderOnItsWay,
    strawberry.union("CancelOrderResult", description="The cancelled order, or why it is not."),
]
CancelMyOrderResult = Annotated[
    Order | InvalidInput | OrderNotFound | Conflict | OrderMoveRefused | OrderOnItsWay,
    strawberry.union("CancelMyOrderResult", description="The cancelled order, or why it is not."),
]
AddOrderNoteResult = Annotated[
    Order | InvalidInput | OrderNotFound | Conflict,
    strawberry.union("AddOrderNoteResult", description="The order with the note, or why there is none."),
]
RecordOrderReturnResult = Annotated[
    Order | InvalidInput | OrderNotFound | Conflict | UnitsNotThere,
    strawberry.union("RecordOrderReturnResult", description="The order, or why nothing came back."),
]
