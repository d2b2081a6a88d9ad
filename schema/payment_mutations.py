"""What permitted staff does with payments, and customers with their ways to pay."""

import strawberry

from auth.permissions import Gate, Permission
from resolvers import payments
from schema.declare import mutation
from schema.payments_changes import (
    CancelPaymentInput,
    CancelPaymentResult,
    CapturePaymentInput,
    CapturePaymentResult,
    ConfirmPaymentInput,
    ConfirmPaymentResult,
    DeletePaymentMethodInput,
    DeletePaymentMethodResult,
    RefundOrderInput,
    RefundOrderResult,
    SettlePaymentAttentionInput,
    SettlePaymentAttentionResult,
)


@strawberry.type
class PaymentMutations:
    """Fields of the root of changes."""

    refund_order: RefundOrderResult | None = mutation(
        payments.refund,
        "Give money of an order back: an amount, what some units cost, or all.",
        input=RefundOrderInput,
        requires=Permission.PAYMENTS_WRITE,
    )
    confirm_payment: ConfirmPaymentResult | None = mutation(
        payments.confirm_payment,
        "Say that a transfer came in, or that somebody has paid at the door.",
        input=ConfirmPaymentInput,
        requires=Permission.PAYMENTS_WRITE,
    )
    capture_payment: CapturePaymentResult | None = mutation(
        payments.capture_payment,
        "Take money that was promised.",
        input=CapturePaymentInput,
        requires=Permission.PAYMENTS_WRITE,
    )
    cancel_payment: CancelPaymentResult | None = mutation(
        payments.cancel_payment,
        "Let go of money that was promised or asked for.",
        input=CancelPaymentInput,
        requires=Permission.PAYMENTS_WRITE,
    )
    settle_payment_attention: SettlePaymentAttentionResult | None = mutation(
        payments.settle_attention,
        "Note that somebody has looked at a payment.",
        input=SettlePaymentAttentionInput,
        requires=Permission.PAYMENTS_WRITE,
    )
    delete_payment_method: DeletePaymentMethodResult | None = mutation(
        payments.delete_payment_method,
        "Forget one of one's own ways to pay.",
        input=DeletePaymentMethodInput,
        requires=Gate.SIGNED_IN,
    )
