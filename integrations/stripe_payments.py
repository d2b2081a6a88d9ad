"""Payments with Stripe: PaymentIntents, through the official library (decision 0046).

An intent is made under our payment's id as the idempotency key, so that the same request again gives the same intent,
and carries that id in its metadata, so that it is found when its answer was lost.
"""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import stripe
from stripe.params import PaymentIntentCreateParams
from typing_extensions import override

from domain.payment_providers import (
    ConcernedPayment,
    KeptSource,
    PaymentOutcome,
    PaymentProvider,
    PaymentProviderAwayError,
    PaymentRequest,
    PaymentStep,
    PaymentStepRefusedError,
    RefundOutcome,
    ReportedEvent,
    SoughtPayment,
)
from integrations.minor_units import UncountableAmountError, to_minor
from integrations.stripe_http import StripeTransport
from integrations.stripe_intents import (
    BUYER,
    CONFIRMED_BY,
    EXPAND,
    ORDER_NUMBER,
    PAYMENT_ID,
    SERVER,
    TRANSACTION_ID,
    concerned_by,
    kept_source_of,
    last_of_more,
    outcome_of,
    refund_outcome_of,
)
from integrations.stripe_signatures import read_signed_event
from models import PaymentKind, PaymentState

STRIPE = "stripe"
API_BASE = "https://api.stripe.com"
SIGNATURE = "stripe-signature"
MOST_REFUNDS = 100
"""As many as Stripe lists at once."""

NOT_BEGUN = "The payment could not be begun. Choose another way to pay."

logger = logging.getLogger("merkato.payments")


@dataclass(frozen=True, slots=True)
class StripeAccount:
    """The shop's account with Stripe, and how we speak with it."""

    secret_key: str = field(repr=False)
    webhook_secrets: Sequence[str] = field(default=(), repr=False)
    api_base: str = API_BASE
    captures_later: bool = False
    """Whether money is only promised at first, and taken when the staff says so."""
    timeout_seconds: float = 6


class StripePayments(PaymentProvider):
    """Cards."""

    def __init__(self, account: StripeAccount) -> None:
        self._account = account
        self._transport = StripeTransport(account.timeout_seconds)
        self._client = stripe.StripeClient(
            account.secret_key,
            base_addresses={"api": account.api_base},
            http_client=self._transport,
            max_network_retries=0,
        )

    @property
    @override
    def name(self) -> str:
        return STRIPE

    @property
    @override
    def kinds(self) -> frozenset[PaymentKind]:
        return frozenset({PaymentKind.CARD})

    @property
    @override
    def can_be_asked(self) -> bool:
        return True

    @override
    def begins_as(self, kind: PaymentKind) -> None:
        return None

    @override
    async def start(self, asked: PaymentRequest) -> PaymentOutcome:
        """The first answer to a request comes again for the same key; what became of the intent since is asked for."""
        try:
            async with _understandable():
                params = self._params(asked)
                if asked.keeping is not None:
                    params["customer"] = asked.keeping.customer or await self._customer(asked.keeping.user_id)
                    params["setup_future_usage"] = "on_session"
                intent = await self._client.v1.payment_intents.create_async(
                    params, {"idempotency_key": str(asked.payment_id)}
                )
                return await self._now(intent.id) if _was_replayed(intent) else outcome_of(intent.to_dict())
        except PaymentStepRefusedError as error:
            return await self._declined(asked, error)

    @override
    async def look_up(self, sought: SoughtPayment) -> PaymentOutcome | None:
        """Without a reference it is searched for, which finds what is older than a minute."""
        async with _understandable():
            if sought.reference is not None:
                return await self._now(sought.reference)
            query = f"metadata['{PAYMENT_ID}']:'{sought.payment_id}'"
            found = await self._client.v1.payment_intents.search_async({"query": query, "limit": 1})
            return await self._now(found.data[0].id) if found.data else None

    @override
    async def capture(self, step: PaymentStep) -> PaymentOutcome:
        async with _understandable():
            params: Any = {"amount_to_capture": to_minor(step.amount, step.currency), "expand": list(EXPAND)}
            reference = await self._reference(step.payment)
            intent = await self._client.v1.payment_intents.capture_async(
                reference, params, {"idempotency_key": step.key}
            )
            return outcome_of(intent.to_dict())

    @override
    async def cancel(self, payment: SoughtPayment, key: str) -> PaymentOutcome | None:
        """What is taken already stays taken, and the outcome says so."""
        found = await self.look_up(payment)
        if found is None or found.reference is None or found.state in {PaymentState.CAPTURED, PaymentState.CANCELLED}:
            return found
        try:
            async with _understandable():
                await self._client.v1.payment_intents.cancel_async(found.reference, {}, {"idempotency_key": key})
        except PaymentStepRefusedError as error:
            logger.warning("Stripe does not cancel %s: %s", found.reference, error)
        return await self.look_up(SoughtPayment(payment.payment_id, found.reference))

    @override
    async def refund(self, step: PaymentStep) -> RefundOutcome:
        async with _understandable():
            refund = await self._client.v1.refunds.create_async(
                {
                    "payment_intent": await self._reference(step.payment),
                    "amount": to_minor(step.amount, step.currency),
                    "metadata": {TRANSACTION_ID: step.key},
                },
                {"idempotency_key": step.key},
            )
            return refund_outcome_of(refund.to_dict())

    @override
    async def look_up_refund(self, reference: str) -> RefundOutcome:
        async with _understandable():
            refund = await self._client.v1.refunds.retrieve_async(reference)
            return refund_outcome_of(refund.to_dict())

    @override
    async def kept_source(self, payment: SoughtPayment) -> KeptSource | None:
        async with _understandable():
            params: Any = {"expand": ["payment_method"]}
            intent = await self._client.v1.payment_intents.retrieve_async(await self._reference(payment), params)
            return kept_source_of(intent.to_dict())

    @override
    async def forget_source(self, reference: str) -> None:
        try:
            async with _understandable():
                await self._client.v1.payment_methods.detach_async(reference)
        except PaymentStepRefusedError as error:
            logger.warning("Stripe does not forget %s, if it knows it: %s", reference, error)

    @override
    def read_event(self, body: bytes, headers: Mapping[str, str], now: datetime) -> ReportedEvent:
        return read_signed_event(body, headers.get(SIGNATURE, ""), self._account.webhook_secrets, now)

    @override
    def payment_of(self, payload: Mapping[str, Any]) -> ConcernedPayment | None:
        return concerned_by(payload)

    @override
    async def close(self) -> None:
        await self._transport.close_async()

    def _params(self, asked: PaymentRequest) -> PaymentIntentCreateParams:
        """With a source the money is asked for at once; without one the buyer's browser goes on."""
        later: Literal["manual", "automatic"] = "manual" if self._account.captures_later else "automatic"
        params = PaymentIntentCreateParams(
            amount=to_minor(asked.amount, asked.currency),
            currency=asked.currency.lower(),
            capture_method=later,
            allowed_payment_method_types=["card"],
            metadata={
                PAYMENT_ID: str(asked.payment_id),
                ORDER_NUMBER: asked.order_number,
                CONFIRMED_BY: BUYER if asked.source is None else SERVER,
            },
            expand=list(EXPAND),
        )
        if asked.source is not None:
            params["payment_method"] = asked.source.reference
            params["confirm"] = True
            if asked.source.customer is not None:
                params["customer"] = asked.source.customer
            if asked.return_url is not None:
                params["return_url"] = asked.return_url
        if asked.email is not None:
            params["receipt_email"] = asked.email
        return params

    async def _customer(self, user_id: UUID) -> str:
        """Whom Stripe keeps cards for; the same for a day, after which the cards that are kept say who it is."""
        customer = await self._client.v1.customers.create_async(
            {"metadata": {"user_id": str(user_id)}}, {"idempotency_key": f"customer-{user_id}"}
        )
        return customer.id

    async def _now(self, reference: str) -> PaymentOutcome:
        found = await self._client.v1.payment_intents.retrieve_async(reference, {"expand": list(EXPAND)})
        intent = found.to_dict()
        last = last_of_more(intent)
        if last is None:
            return outcome_of(intent)
        older = await self._client.v1.refunds.list_async(
            {"payment_intent": reference, "starting_after": last, "limit": MOST_REFUNDS}
        )
        return outcome_of(intent, [each.to_dict() async for each in older.auto_paging_iter()])

    async def _reference(self, payment: SoughtPayment) -> str:
        found = payment.reference or getattr(await self.look_up(payment), "reference", None)
        if found is None:
            raise PaymentStepRefusedError("Stripe does not know the payment.")
        return str(found)

    async def _declined(self, asked: PaymentRequest, refusal: PaymentStepRefusedError) -> PaymentOutcome:
        """The intent of a declined card, which comes with the error, as it is now; there may be none."""
        error = refusal.__cause__
        if not isinstance(error, stripe.CardError):
            logger.error("Stripe does not begin the payment %s: %s", asked.payment_id, refusal)
            return PaymentOutcome(PaymentState.FAILED, asked.amount, asked.currency, failure=NOT_BEGUN)
        reference = _intent_in(error)
        found = None if reference is None else await self.look_up(SoughtPayment(asked.payment_id, reference))
        return found or PaymentOutcome(PaymentState.FAILED, asked.amount, asked.currency, failure=str(refusal))


def _intent_in(error: stripe.CardError) -> str | None:
    body: Any = error.json_body  # JSON
    intent = body.get("error", {}).get("payment_intent") if isinstance(body, dict) else None
    return intent["id"] if isinstance(intent, dict) else intent


def _was_replayed(intent: stripe.PaymentIntent) -> bool:
    """Whether the answer is one that was given before (docs.stripe.com/api/idempotent_requests)."""
    answer = intent.last_response
    return answer is not None and answer.headers is not None and answer.headers.get("idempotent-replayed") == "true"


@asynccontextmanager
async def _understandable() -> AsyncIterator[None]:
    """Stripe either refuses what it is asked for, or nobody knows what it did."""
    try:
        yield
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        raise PaymentStepRefusedError(error.user_message or "Stripe does not accept the request.") from error
    except UncountableAmountError as error:
        raise PaymentStepRefusedError(str(error)) from error
    except stripe.StripeError as error:
        logger.warning("Stripe cannot be asked: %s", error)
        raise PaymentProviderAwayError(str(error)) from error
