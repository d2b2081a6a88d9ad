"""Payments by hand: bank transfers and cash on delivery, which somebody of the staff confirms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from typing_extensions import override

from domain.payment_providers import (
    ZERO,
    ConcernedPayment,
    ForgedEventError,
    KeptSource,
    PaymentOutcome,
    PaymentProvider,
    PaymentRequest,
    PaymentStep,
    RefundOutcome,
    ReportedEvent,
    SoughtPayment,
)
from models import PaymentKind, PaymentState, TransactionState

MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class ManualPayments(PaymentProvider):
    """Knows nothing but what it is told: what the staff does with the money is done when they say so.

    A transfer is waited for. Who pays at the door has promised it, so that the order is sent: the money is authorised.
    """

    @property
    @override
    def name(self) -> str:
        return MANUAL

    @property
    @override
    def kinds(self) -> frozenset[PaymentKind]:
        return frozenset({PaymentKind.BANK_TRANSFER, PaymentKind.CASH_ON_DELIVERY})

    @property
    @override
    def can_be_asked(self) -> bool:
        return False

    @override
    def begins_as(self, kind: PaymentKind) -> PaymentState:
        return PaymentState.AUTHORIZED if kind is PaymentKind.CASH_ON_DELIVERY else PaymentState.PENDING

    @override
    async def start(self, asked: PaymentRequest) -> PaymentOutcome:
        state = self.begins_as(asked.kind)
        promised = asked.amount if state is PaymentState.AUTHORIZED else ZERO
        return PaymentOutcome(state, asked.amount, asked.currency, authorized=promised)

    @override
    async def look_up(self, sought: SoughtPayment) -> PaymentOutcome | None:
        return None

    @override
    async def capture(self, step: PaymentStep) -> PaymentOutcome:
        return PaymentOutcome(
            PaymentState.CAPTURED, step.agreed, step.currency, authorized=step.agreed, captured=step.amount
        )

    @override
    async def cancel(self, payment: SoughtPayment, key: str) -> PaymentOutcome | None:
        return None

    @override
    async def refund(self, step: PaymentStep) -> RefundOutcome:
        return RefundOutcome(TransactionState.SUCCEEDED)

    @override
    async def look_up_refund(self, reference: str) -> RefundOutcome:
        return RefundOutcome(TransactionState.SUCCEEDED, reference)

    @override
    async def kept_source(self, payment: SoughtPayment) -> KeptSource | None:
        return None

    @override
    async def forget_source(self, reference: str) -> None:
        """There are none."""

    @override
    def read_event(self, body: bytes, headers: Mapping[str, str], now: datetime) -> ReportedEvent:
        raise ForgedEventError

    @override
    def payment_of(self, payload: Mapping[str, Any]) -> ConcernedPayment | None:
        return None

    @override
    async def close(self) -> None:
        """There are none."""
