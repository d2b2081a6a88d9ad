"""Messages of Stripe: signed by one of our secrets, and lately."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
import stripe

from domain.payment_providers import ForgedEventError, ReportedEvent
from integrations.stripe_intents import essence_of

TOLERANCE_SECONDS = 300
"""How old a message may be, and how far ahead of our clock. What was overheard is of no use after that."""

LONGEST_NAME = 255


def read_signed_event(body: bytes, signature: str, secrets: Sequence[str], now: datetime) -> ReportedEvent:
    """The message. While a secret is being changed, several are good. Raises ForgedEventError."""
    signed = [_is_signed(body, signature, secret) for secret in secrets]  # all of them, however long that takes
    if not any(signed):
        raise ForgedEventError
    if abs(now.timestamp() - _signed_at(signature)) > TOLERANCE_SECONDS:
        raise ForgedEventError
    try:
        return _event(orjson.loads(body))
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise ForgedEventError from error


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether one of the signatures is of that secret; the library compares them in constant time."""
    try:
        return bool(stripe.WebhookSignature.verify_header(body, signature, secret))
    except (stripe.SignatureVerificationError, UnicodeDecodeError, TypeError):
        return False  # TypeError: signatures that are no ASCII cannot be compared


def _signed_at(signature: str) -> int:
    """When it was signed, which is part of what was signed; the library has found it to be a number."""
    return int(next(part for part in signature.split(",") if part.startswith("t="))[2:])


def _event(message: Any) -> ReportedEvent:
    names = message["id"], message["type"]
    if message["object"] != "event" or not all(
        isinstance(name, str) and 0 < len(name) <= LONGEST_NAME for name in names
    ):
        raise ForgedEventError
    return ReportedEvent(*names, essence_of(message))
