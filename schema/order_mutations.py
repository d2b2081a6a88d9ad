"""What buyers and permitted staff do with orders."""

import strawberry

from auth.permissions import Gate, Permission
from resolvers import orders
from schema.declare import mutation
from schema.order_changes import (
    AddOrderNoteInput,
    AddOrderNoteResult,
    CancelFulfillmentInput,
    CancelFulfillmentResult,
    CancelMyOrderInput,
    CancelMyOrderResult,
    CancelOrderInput,
    CancelOrderResult,
    FulfilOrderInput,
    FulfilOrderResult,
    MarkFulfillmentDeliveredInput,
    MarkFulfillmentDeliveredResult,
    MarkFulfillmentShippedInput,
    MarkFulfillmentShippedResult,
    MoveOrderInput,
    MoveOrderResult,
    RecordOrderReturnInput,
    RecordOrderReturnResult,
    UpdateTrackingInput,
    UpdateTrackingResult,
)


@strawberry.type
class OrderMutations:
    """Fields of the root of changes."""

    fulfil_order: FulfilOrderResult | None = mutation(
        orders.fulfil_order,
        "Pack units of an order.",
        input=FulfilOrderInput,
        requires=Permission.ORDERS_WRITE,
    )
    mark_fulfillment_shipped: MarkFulfillmentShippedResult | None = mutation(
        orders.mark_fulfillment_shipped,
        "Let a parcel leave the house, and its units with it. The buyer is told.",
        input=MarkFulfillmentShippedInput,
        requires=Permission.ORDERS_WRITE,
    )
    mark_fulfillment_delivered: MarkFulfillmentDeliveredResult | None = mutation(
        orders.mark_fulfillment_delivered,
        "Note that a parcel has arrived.",
        input=MarkFulfillmentDeliveredInput,
        requires=Permission.ORDERS_WRITE,
    )
    cancel_fulfillment: CancelFulfillmentResult | None = mutation(
        orders.cancel_fulfillment,
        "Unpack a parcel that has not left.",
        input=CancelFulfillmentInput,
        requires=Permission.ORDERS_WRITE,
    )
    update_tracking: UpdateTrackingResult | None = mutation(
        orders.update_tracking,
        "Say who carries a parcel, and how it is followed.",
        input=UpdateTrackingInput,
        requires=Permission.ORDERS_WRITE,
    )
    move_order: MoveOrderResult | None = mutation(
        orders.move_order_on,
        "Say how far an order is in the house.",
        input=MoveOrderInput,
        requires=Permission.ORDERS_WRITE,
    )
    cancel_order: CancelOrderResult | None = mutation(
        orders.cancel_order,
        "Cancel an order before any of it has left. What was paid goes back.",
        input=CancelOrderInput,
        requires=Permission.ORDERS_WRITE,
    )
    cancel_my_order: CancelMyOrderResult | None = mutation(
        orders.cancel_my_order,
        "Cancel an order of one's own that nobody works on yet, as an account or as a guest.",
        input=CancelMyOrderInput,
        requires=Gate.PUBLIC,
    )
    add_order_note: AddOrderNoteResult | None = mutation(
        orders.add_order_note,
        "Note something in the history of an order.",
        input=AddOrderNoteInput,
        requires=Permission.ORDERS_WRITE,
    )
    record_order_return: RecordOrderReturnResult | None = mutation(
        orders.record_order_return,
        "Note that units came back.",
        input=RecordOrderReturnInput,
        requires=Permission.ORDERS_WRITE,
    )
