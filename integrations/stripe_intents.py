"""What Stripe says of a PaymentIntent or a refund, in our words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from domain.payment_providers import (
    ZERO,
    ConcernedPayment,
    KeptSource,
    PaymentOutcome,
    RefundOutcome,
    ReportedRefund,
    Source,
)
from integrations.minor_units import from_minor
from models import PaymentKind, PaymentState, TransactionState
from models.payments import FAILURE_LENGTH

Json = Mapping[str, Any]

PAYMENT_ID = "payment_id"
"""The key of the metadata under which our own id goes with each intent."""

CONFIRMED_BY = "confirmed_by"
SERVER, BUYER = "server", "buyer"
"""Who asks for the money. A buyer whose card is declined may try another one on the same page."""

ORDER_NUMBER, TRANSACTION_ID = "order_number", "transaction_id"
"""Further keys of the metadata: of intents, and of refunds."""

DISPUTED = "charge.dispute.created"
DISPUTE = "The buyer's bank disputes the payment, and takes the money back unless Stripe is given evidence in time."

OURS = (PAYMENT_ID, ORDER_NUMBER, CONFIRMED_BY, TRANSACTION_ID)
HEAD = ("id", "object", "type", "created")
TELLING = ("id", "object", "payment_intent", "status", "currency", "amount", "amount_received", "amount_refunded")
"""What is kept of an event, and of the thing that it is about."""

STATES: Mapping[str, PaymentState] = MappingProxyType(
    {
        "requires_confirmation": PaymentState.REQUIRES_ACTION,
        "requires_action": PaymentState.REQUIRES_ACTION,
        "processing": PaymentState.PENDING,
        "requires_capture": PaymentState.AUTHORIZED,
        "succeeded": PaymentState.CAPTURED,
        "canceled": PaymentState.CANCELLED,
    }
)
"""By the status of the intent (docs.stripe.com/payments/paymentintents/lifecycle)."""

REFUND_STATES: Mapping[str, TransactionState] = MappingProxyType(
    {
        "succeeded": TransactionState.SUCCEEDED,
        "pending": TransactionState.PENDING,
        "requires_action": TransactionState.PENDING,
        "failed": TransactionState.FAILED,
        "canceled": TransactionState.FAILED,
    }
)

EXPAND = ("latest_charge.refunds",)
"""What has to come with an intent, for the money that went back: the ten newest refunds."""


def last_of_more(intent: Json) -> str | None:
    """The oldest refund that came with the intent, if there are older ones."""
    refunds = _refund_list(intent)
    return str(refunds["data"][-1]["id"]) if refunds.get("has_more") and refunds["data"] else None


def outcome_of(intent: Json, older_refunds: Sequence[Json] = ()) -> PaymentOutcome:
    """All that it says, with the refunds that did not come with it."""
    currency = str(intent["currency"]).upper()
    state = _state(intent)
    amount = from_minor(intent["amount"], currency)
    captured = from_minor(intent["amount_received"], currency) if state is PaymentState.CAPTURED else ZERO
    is_promised = state in {PaymentState.AUTHORIZED, PaymentState.CAPTURED}
    return PaymentOutcome(
        state=state,
        amount=amount,
        currency=currency,
        reference=intent["id"],
        authorized=amount if is_promised else ZERO,
        captured=captured,
        refunds=tuple(_refunds([*_refund_list(intent).get("data", ()), *older_refunds], currency)),
        client_secret=intent.get("client_secret") if state is PaymentState.REQUIRES_ACTION else None,
        failure=_failure(intent) if state is PaymentState.FAILED else None,
    )


def refund_outcome_of(refund: Json) -> RefundOutcome:
    """What became of it."""
    state = REFUND_STATES.get(refund["status"], TransactionState.PENDING)
    failure = refund.get("failure_reason") if state is TransactionState.FAILED else None
    return RefundOutcome(state, refund["id"], failure)


def kept_source_of(intent: Json) -> KeptSource | None:
    """The card that is attached to its customer from now on."""
    method, customer = _object(intent.get("payment_method")), intent.get("customer")
    card = _object(method.get("card"))
    if intent.get("setup_future_usage") is None or customer is None or not card or method.get("customer") != customer:
        return None
    label = f"{str(card['brand']).title()}, ending in {card['last4']}"
    return KeptSource(Source(method["id"], customer), PaymentKind.CARD, label, card.get("fingerprint") or method["id"])


def _refund_list(intent: Json) -> Json:
    return _object(_object(intent.get("latest_charge")).get("refunds"))


def _refunds(refunds: Sequence[Json], currency: str) -> Iterator[ReportedRefund]:
    for refund in refunds:
        outcome = refund_outcome_of(refund)
        step_id = _uuid(_object(refund.get("metadata")).get(TRANSACTION_ID))
        amount = from_minor(refund["amount"], currency)
        yield ReportedRefund(refund["id"], amount, outcome.state, step_id, outcome.failure)


def concerned_by(payload: Json) -> ConcernedPayment | None:
    """The payment that an event is about: of an intent, a charge, a refund or a dispute."""
    thing = _object(_object(payload.get("data")).get("object"))
    reference = thing.get("id") if thing.get("object") == "payment_intent" else thing.get("payment_intent")
    if not isinstance(reference, str) or not reference:
        return None
    alarm = DISPUTE if payload.get("type") == DISPUTED else None
    return ConcernedPayment(reference, _uuid(_object(thing.get("metadata")).get(PAYMENT_ID)), alarm)


def essence_of(message: Json) -> Json:
    """What is kept of an event: what it is about and how that stands, and no name, address or card of anybody."""
    thing = _object(_object(message.get("data")).get("object"))
    about = {**_plain(thing, TELLING), "metadata": _plain(_object(thing.get("metadata")), OURS)}
    return {**_plain(message, HEAD), "data": {"object": about}}


def _state(intent: Json) -> PaymentState:
    """Without a way to pay it waits for the buyer, unless the one that the server was given was declined."""
    if intent["status"] == "requires_payment_method":
        is_declined = intent.get("last_payment_error") is not None
        is_ours = (intent.get("metadata") or {}).get(CONFIRMED_BY, SERVER) == SERVER
        return PaymentState.FAILED if is_declined and is_ours else PaymentState.REQUIRES_ACTION
    return STATES.get(intent["status"], PaymentState.PENDING)


def _failure(intent: Json) -> str:
    error = intent.get("last_payment_error") or {}
    return str(error.get("message") or "The payment was declined.")[:FAILURE_LENGTH]


def _object(value: object) -> Json:
    """What was signed may still be of a shape that we do not know."""
    return value if isinstance(value, Mapping) else MappingProxyType({})


def _plain(thing: Json, names: Iterable[str]) -> Json:
    return {name: thing[name] for name in names if isinstance(thing.get(name), str | int)}


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
