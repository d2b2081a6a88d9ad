"""The settings of payments: which kinds the shop takes, and its account with Stripe."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from models import PaymentKind
from server.listed_settings import Texts

EVERY_KIND = tuple(kind.value.lower() for kind in PaymentKind)


def _require_kinds(value: tuple[str, ...]) -> tuple[str, ...]:
    for kind in value:
        if kind not in EVERY_KIND:
            raise ValueError(f"has {kind!r}, which is none of {', '.join(EVERY_KIND)}.")
    return value


class PaymentSettings(BaseSettings):
    """How customers pay."""

    payment_kinds: Annotated[Texts, AfterValidator(_require_kinds)] = Field(
        default=EVERY_KIND,
        description="How customers may pay, separated by commas: card, bank_transfer, cash_on_delivery. Cards need "
        "STRIPE_SECRET_KEY.",
    )
    bank_transfer_instructions: str | None = Field(
        default=None,
        max_length=1_000,
        description="Where customers who pay by bank transfer send the money, in words for them.",
    )
    stripe_secret_key: SecretStr | None = Field(
        default=None, description="The secret key of the shop's account with Stripe. Without it nobody pays by card."
    )
    stripe_publishable_key: str | None = Field(
        default=None, description="The key of that account with which Stripe's script starts in browsers."
    )
    stripe_webhook_secrets: SecretStr | None = Field(
        default=None,
        description="The signing secrets of the webhook endpoint /webhooks/stripe, separated by commas: while one is "
        "changed for another, both are good.",
    )
    stripe_captures_later: bool = Field(
        default=False,
        description="Whether money on cards is only promised at checkout, and taken by `capturePayment`.",
    )
    stripe_timeout_seconds: float = Field(
        default=6,
        gt=0,
        le=60,
        description="How long to wait for Stripe: less than OPERATION_TIMEOUT_SECONDS. About what it does not answer "
        "in time a job asks later.",
    )
    stripe_api_base: str = Field(
        default="https://api.stripe.com", description="Where Stripe is. Another address is for tests."
    )
