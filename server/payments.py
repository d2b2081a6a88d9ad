"""Payment providers, wired from the settings."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import cast

from domain.payment_providers import PaymentOption, PaymentProvider, PaymentProviders
from integrations.manual_payments import ManualPayments
from models import PaymentKind
from server.payment_settings import PaymentSettings

STRIPE = "integrations.stripe_payments"
"""Loaded only where the shop has an account: to import Stripe's library takes most of a second."""


def build_payment_providers(settings: PaymentSettings) -> PaymentProviders:
    """Those that the shop has, and the kinds of payment that it takes, in the order of the settings."""
    found: list[PaymentProvider] = [ManualPayments()]
    if settings.stripe_secret_key is not None:
        found.append(_stripe(settings, settings.stripe_secret_key.get_secret_value()))
    kinds = [PaymentKind(kind.upper()) for kind in settings.payment_kinds]
    options = [_option(settings, kind, provider) for kind in kinds for provider in found if kind in provider.kinds]
    by_name: Mapping[str, PaymentProvider] = {provider.name: provider for provider in found}
    return PaymentProviders(MappingProxyType(by_name), tuple(options))


def _stripe(settings: PaymentSettings, secret_key: str) -> PaymentProvider:
    stripe = import_module(STRIPE)
    secrets = settings.stripe_webhook_secrets.get_secret_value() if settings.stripe_webhook_secrets else ""
    account = stripe.StripeAccount(
        secret_key=secret_key,
        webhook_secrets=tuple(each.strip() for each in secrets.split(",") if each.strip()),
        api_base=settings.stripe_api_base,
        captures_later=settings.stripe_captures_later,
        timeout_seconds=settings.stripe_timeout_seconds,
    )
    return cast("PaymentProvider", stripe.StripePayments(account))


def _option(settings: PaymentSettings, kind: PaymentKind, provider: PaymentProvider) -> PaymentOption:
    return PaymentOption(
        kind,
        provider.name,
        public_key=settings.stripe_publishable_key if kind is PaymentKind.CARD else None,
        instructions=settings.bank_transfer_instructions if kind is PaymentKind.BANK_TRANSFER else None,
    )
