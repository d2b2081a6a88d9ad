"""What the double keeps: intents, their charges, refunds, and the answers that were given under a key."""

import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Json = dict[str, Any]

DECLINED, AUTHENTICATED, GOOD = "pm_card_chargeDeclined", "pm_card_authenticationRequired", "pm_card_visa"
"""Test cards of Stripe (docs.stripe.com/testing): declined, with 3-D Secure, and good."""


class RefusalError(Exception):
    """An error as Stripe answers it."""

    def __init__(self, status: int, kind: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status, self.body = status, {"error": {"type": kind, "message": message, **details}}


@dataclass(slots=True)
class KeptAnswer:
    """What was answered to a request that came with a key."""

    asked: Json
    status: int
    body: Json


@dataclass(slots=True)
class Account:
    """The state of the shop's account with Stripe."""

    intents: dict[str, Json] = field(default_factory=dict)
    refunds: dict[str, Json] = field(default_factory=dict)
    methods: dict[str, Json] = field(default_factory=dict)
    """The cards that are kept for customers."""
    kept: dict[str, KeptAnswer] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    silences: int = 0
    """How many of the next changes are made without an answer."""
    pending_refunds: bool = False
    """Whether refunds are under way at first."""
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def new_id(self, prefix: str) -> str:
        """An id that no other object has."""
        return f"{prefix}_{next(self.numbers):024d}"

    def tell(self, kind: str, thing: Json) -> None:
        """Keep an event for the webhook; the tests deliver it."""
        event = {"id": self.new_id("evt"), "object": "event", "type": kind, "created": int(time.time())}
        self.events.append({**event, "data": {"object": thing}})

    def intent(self, key: str) -> Json:
        """The intent of that id, as it is stored."""
        if key not in self.intents:
            raise RefusalError(
                404, "invalid_request_error", f"No such payment_intent: '{key}'", code="resource_missing"
            )
        return self.intents[key]

    def require_usable(self, method: str | None, customer: str | None, cards: frozenset[str]) -> None:
        """A card that is kept is its customer's alone; one that was let go of cannot be paid with."""
        if method is None or method in cards:
            return
        if method not in self.methods:
            raise RefusalError(404, "invalid_request_error", f"No such PaymentMethod: '{method}'")
        if self.methods[method]["customer"] != customer:
            raise RefusalError(400, "invalid_request_error", "The payment method belongs to a Customer.")
