"""What the outbox promises: that whatever a committed change asks of a provider is in it, until it is done.

A letter leaves nothing behind by which it could be missed once it is sent. That it is enqueued with its change, or not
at all, is for the transaction to keep (decision 0019).
"""

from typing import Final

from domain.checking import Check
from domain.order_cancelling import REFUND_ORDER
from domain.payment_transactions import CARRY_OUT_STEP
from domain.payments import CANCEL_PAYMENT
from domain.provider_events import APPLY_EVENT

_MESSAGES = f"""
    SELECT event_id AS found, '{APPLY_EVENT}' AS name, jsonb_build_object('event', id) AS about
    FROM provider_events WHERE applied_at IS NULL
"""  # noqa: S608 - our own words

_STEPS = f"""
    SELECT step.id::text, '{CARRY_OUT_STEP}', jsonb_build_object('step', step.id)
    FROM payment_transactions AS step JOIN payments AS payment ON payment.id = payment_id
    WHERE step.status = 'PENDING'
      AND CASE step.kind WHEN 'REFUND' THEN step.provider_reference IS NULL ELSE attention IS NULL END
"""  # noqa: S608
"""A refund that the provider knows is waited for, and a capture that came to something else is looked at."""

_CANCELLED = f"""
    SELECT number, '{REFUND_ORDER}', jsonb_build_object('order', order_id)
    FROM orders JOIN payments AS payment ON order_id = orders.id
    WHERE orders.status = 'CANCELLED' AND attention IS NULL
      AND (payment.status = 'AUTHORIZED' OR payment.status = 'CAPTURED' AND captured > refunded + refunding)
      AND NOT EXISTS (
          SELECT FROM payment_transactions AS step WHERE payment_id = payment.id
          AND (step.kind = 'REFUND_REVERSAL' OR step.kind = 'REFUND' AND step.status = 'FAILED')
      )
      AND NOT EXISTS (SELECT FROM told WHERE name = '{CANCEL_PAYMENT}' AND about ->> 'payment' = payment.id::text)
"""  # noqa: S608
"""Of money that came back after it had been given back the staff was told."""

OUTBOX: Final = Check(
    "outbox",
    "What a provider is still to be asked for is a job that waits, or one that was given up and is kept.",
    f"""
    WITH told AS MATERIALIZED (
        SELECT entrypoint AS name, convert_from(payload, 'UTF8')::jsonb AS about FROM pgqueuer
        WHERE entrypoint IN ('{APPLY_EVENT}', '{CARRY_OUT_STEP}', '{REFUND_ORDER}', '{CANCEL_PAYMENT}')
        UNION ALL
        SELECT name, payload::jsonb FROM dead_letters
        WHERE name IN ('{APPLY_EVENT}', '{CARRY_OUT_STEP}', '{REFUND_ORDER}', '{CANCEL_PAYMENT}')
    )
    SELECT found FROM ({_MESSAGES} UNION ALL {_STEPS} UNION ALL {_CANCELLED}) AS due
    WHERE NOT EXISTS (SELECT FROM told WHERE told.name = due.name AND told.about @> due.about)
    """,  # noqa: S608
)

OUTBOX_CHECKS: Final = (OUTBOX,)
