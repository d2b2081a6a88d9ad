"""Payments that somebody of the staff has to look at: never silent, because there is money in them."""

import logging

from models import Payment
from models.payments import FAILURE_LENGTH

logger = logging.getLogger("merkato.payments")


def call_for_attention(payment: Payment, why: str) -> None:
    """Say why, in a sentence. The staff is told when the transaction commits (migration 0030)."""
    if payment.attention == why:
        return
    payment.attention = why[:FAILURE_LENGTH]
    payment.version += 1
    logger.error("The payment %s needs somebody's attention. %s", payment.id, why)
