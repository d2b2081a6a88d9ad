"""How far a payment is, and what news makes of it. Pure.

News comes from answers, messages and questions, late, twice and in any order. Each is all that the provider knew at one
moment, so the further of two wins: in whichever order they are taken over, the end is the same (decision 0046).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from domain.payment_providers import ZERO, PaymentOutcome
from models import Payment, PaymentState, TransactionKind, TransactionState

RANKS: Final = MappingProxyType({state: rank for rank, state in enumerate(PaymentState)})
"""Of two states the higher is the later. A declined payment may be made after all, a promised one may be let go of, and
what was taken was taken."""

OPEN: Final = frozenset({PaymentState.PENDING, PaymentState.REQUIRES_ACTION})
"""The states in which nobody knows yet what becomes of it."""

LOST: Final = frozenset({PaymentState.FAILED, PaymentState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a payment is."""

    state: PaymentState = PaymentState.PENDING
    authorized: Decimal = ZERO
    captured: Decimal = ZERO
    failure: str | None = None

    @property
    def holds_money(self) -> bool:
        """Whether money was taken, or is promised still."""
        return self.state in {PaymentState.AUTHORIZED, PaymentState.CAPTURED}


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to a payment between two standings."""

    kind: TransactionKind
    state: TransactionState
    amount: Decimal
    failure: str | None = None


def standing_of(payment: Payment) -> Standing:
    """What is stored."""
    return Standing(payment.status, payment.authorized, payment.captured, payment.failure)


def further(standing: Standing, news: PaymentOutcome) -> Standing:
    """The standing after the news."""
    captured = max(standing.captured, news.captured)
    authorized = max(standing.authorized, news.authorized, captured)
    state = max(standing.state, news.state, key=RANKS.__getitem__)
    return Standing(state, authorized, captured, standing.failure or news.failure)


def steps_between(before: Standing, after: Standing, amount: Decimal) -> Iterator[Step]:
    """What happened, in its order. `amount` is what was to be paid."""
    if after.authorized > before.authorized:
        yield Step(TransactionKind.AUTHORIZE, TransactionState.SUCCEEDED, after.authorized - before.authorized)
    if after.captured > before.captured:
        yield Step(TransactionKind.CAPTURE, TransactionState.SUCCEEDED, after.captured - before.captured)
    if after.state is before.state:
        return
    if after.state is PaymentState.FAILED:
        yield Step(TransactionKind.AUTHORIZE, TransactionState.FAILED, amount, after.failure)
    elif after.state is PaymentState.CANCELLED:
        yield Step(TransactionKind.CANCEL, TransactionState.SUCCEEDED, after.authorized)


def differences(payment: Payment, news: PaymentOutcome) -> Sequence[str]:
    """What keeps news from being about the payment as it was agreed, in sentences for the staff."""
    found = []
    if (news.amount, news.currency) != (payment.amount, payment.currency):
        asked = f"{payment.amount} {payment.currency}"
        found.append(f"The provider speaks of {news.amount} {news.currency}, and {asked} was asked for.")
    if news.reference and payment.provider_reference and news.reference != payment.provider_reference:
        found.append(f"The provider speaks of {news.reference}, and the payment is {payment.provider_reference}.")
    if news.captured > payment.amount:
        found.append(f"The provider has taken {news.captured} {news.currency}.")
    return found
