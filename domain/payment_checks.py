"""What payments promise: that the money of orders is that of their payments, and that of payments what was done."""

from typing import Final

from domain.checking import Check

MONEY_OF_ORDERS: Final = Check(
    "order_money",
    "What was promised, taken and given back of an order is that of its payments, and no more than its total.",
    """
    SELECT number AS found FROM orders CROSS JOIN LATERAL (
        SELECT
            coalesce(sum(authorized) FILTER (WHERE status IN ('AUTHORIZED', 'CAPTURED')), 0) AS authorized,
            coalesce(sum(captured), 0) AS captured, coalesce(sum(refunded), 0) AS refunded
        FROM payments WHERE order_id = orders.id
    ) AS paid
    WHERE (authorized_total, captured_total, refunded_total) <> (authorized, captured, refunded)
       OR NOT (0 <= refunded_total AND refunded_total <= captured_total AND captured_total <= authorized_total
           AND authorized_total <= total)
    """,
)
STEPS_OF_PAYMENTS: Final = Check(
    "payment_steps",
    "What was promised, taken and given back of a payment is the sum of its steps, and no more than its amount.",
    """
    SELECT payment.id::text AS found FROM payments AS payment CROSS JOIN LATERAL (
        SELECT
            coalesce(sum(amount) FILTER (WHERE kind = 'AUTHORIZE' AND status = 'SUCCEEDED'), 0) AS authorized,
            coalesce(sum(amount) FILTER (WHERE kind = 'CAPTURE' AND status = 'SUCCEEDED'), 0) AS captured,
            coalesce(sum(amount) FILTER (WHERE kind = 'REFUND' AND status = 'SUCCEEDED'), 0)
                - coalesce(sum(amount) FILTER (WHERE kind = 'REFUND_REVERSAL'), 0) AS refunded,
            coalesce(sum(amount) FILTER (WHERE kind = 'REFUND' AND status = 'PENDING'), 0) AS refunding
        FROM payment_transactions WHERE payment_id = payment.id
    ) AS done
    WHERE (payment.authorized, payment.captured, payment.refunded, payment.refunding)
        <> (done.authorized, done.captured, done.refunded, done.refunding)
       OR NOT (0 <= payment.refunded AND payment.refunded + payment.refunding <= payment.captured
           AND payment.captured <= payment.authorized AND payment.authorized <= payment.amount)
    """,
)

PAYMENT_CHECKS: Final = (MONEY_OF_ORDERS, STEPS_OF_PAYMENTS)
