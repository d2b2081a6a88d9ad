"""The double of Stripe on a free port of this machine, and what tests have it do."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import stripe

from integrations.stripe_payments import StripeAccount
from tests.loopback import NO_AUTHORITIES
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port

SECRET_KEY = "sk_test_merkato"
WEBHOOK_SECRET = "whsec_of_the_tests"


@dataclass(frozen=True, slots=True)
class StripeDouble:
    """A double that runs."""

    base: str

    def account(self, **overrides: Any) -> StripeAccount:
        """The shop's account with it."""
        known = {"secret_key": SECRET_KEY, "webhook_secrets": (WEBHOOK_SECRET,), "api_base": self.base}
        return StripeAccount(**{**known, **overrides})

    def control(self, what: str, **asked: Any) -> dict[str, Any]:
        """Have it do something that is no part of Stripe; gives its events, intents and refunds."""
        answer = httpx.post(
            f"{self.base}/_test/{what}", json=asked, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS
        )
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def intents(self, payment_id: object) -> list[dict[str, Any]]:
        """The intents that were made for a payment; one at the most, if nobody pays twice."""
        made = self.control("look")["intents"]
        return [intent for intent in made if intent["metadata"].get("payment_id") == str(payment_id)]

    def events(self, reference: str) -> list[dict[str, Any]]:
        """What happened to an intent, in its order."""
        return [event for event in self.control("look")["events"] if reference in str(event["data"]["object"])]


@contextmanager
def running_double() -> Iterator[StripeDouble]:
    """A double with an empty account."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.stripe_double", str(port)])
    double = StripeDouble(f"http://127.0.0.1:{port}")
    try:
        _wait_for(double, process)
        yield double
    finally:
        process.kill()  # rather than wait until the requests end that it does not answer
        process.wait()


def signed(event: Any, secret: str = WEBHOOK_SECRET, at: float | None = None) -> tuple[bytes, str]:
    """An event as Stripe sends it: the body, and the header that signs it."""
    body = event if isinstance(event, bytes) else orjson.dumps(event)
    moment = int(time.time() if at is None else at)
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, moment)
    return body, str(header)


def _wait_for(double: StripeDouble, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            double.control("look")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(double.base)
