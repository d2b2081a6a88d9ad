"""Payments as they begin: before anybody is asked, or with all that is to be known where nobody has to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from domain.money import NOTHING
from domain.payment_providers import PaymentProvider
from domain.payment_standing import Standing, steps_between
from models import PaymentKind, PaymentState

NOT_ASKED = Standing()
"""Where a payment stands of which nobody has heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunPayment:
    """A payment that is written down with its order."""

    id: UUID
    order_id: UUID
    provider: str
    kind: PaymentKind
    amount: Decimal
    """More than 0."""
    currency: str
    status: PaymentState = NOT_ASKED.state
    authorized: Decimal = NOT_ASKED.authorized
    captured: Decimal = NOT_ASKED.captured
    source: str | None = None
    source_customer: str | None = None
    keeps_source: bool = False

    @property
    def failure(self) -> str | None:
        """None: nobody has declined it."""
        return None

    @property
    def standing(self) -> Standing:
        """How far it is."""
        return Standing(self.status, self.authorized, self.captured)


def standing_at_once(provider: PaymentProvider, kind: PaymentKind, amount: Decimal) -> Standing:
    """Where a payment stands as it begins."""
    standing = Standing(provider.begins_as(kind) or NOT_ASKED.state)
    if not standing.holds_money:
        return standing
    captured = amount if standing.state is PaymentState.CAPTURED else NOTHING
    return Standing(standing.state, authorized=amount, captured=captured)


def first_steps(payment: BegunPayment) -> Sequence[Mapping[str, Any]]:
    """The rows of the steps to where it stands, which are settled as they are written."""
    return [
        {
            "id": uuid7(),
            "payment_id": payment.id,
            "kind": step.kind,
            "status": step.state,
            "amount": step.amount,
            "currency": payment.currency,
            "settled_at": datetime.now(UTC),
        }
        for step in steps_between(NOT_ASKED, payment.standing, payment.amount)
    ]


FIRST_STEP = ("id", "payment_id", "kind", "status", "amount", "currency", "settled_at")
"""The columns of such a row."""
