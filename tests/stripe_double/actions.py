"""What the double does: the parts of PaymentIntents and refunds that Merkato uses, by Stripe's documentation."""

from collections.abc import Mapping
from typing import Any

from tests.stripe_double.objects import AUTHENTICATED, DECLINED, GOOD, Account, Json, RefusalError

WITH_CHARGE, LONGEST_PAGE = 10, 3
"""So many refunds come with a charge, and at once in a list: Stripe lists up to 100, and nobody makes so many here."""

CARDS = frozenset({DECLINED, AUTHENTICATED, GOOD})
KNOWN = frozenset(
    {
        *("amount", "currency", "capture_method", "allowed_payment_method_types", "metadata", "expand"),
        *("payment_method", "confirm", "customer", "return_url", "receipt_email", "setup_future_usage"),
    }
)


def create(account: Account, asked: Json) -> Json:
    """Make an intent, and ask the card for the money if it is to be confirmed."""
    unknown = asked.keys() - KNOWN
    if unknown:
        raise RefusalError(400, "invalid_request_error", f"Received unknown parameter: {min(unknown)}")
    if int(asked["amount"]) < 1:
        raise RefusalError(400, "invalid_request_error", "This value must be greater than or equal to 1.")
    key = account.new_id("pi")
    intent = {
        "id": key,
        "object": "payment_intent",
        "amount": int(asked["amount"]),
        "amount_received": 0,
        "amount_capturable": 0,
        "currency": asked["currency"],
        "capture_method": asked.get("capture_method", "automatic"),
        "client_secret": f"{key}_secret_0",
        "metadata": asked.get("metadata", {}),
        "payment_method": asked.get("payment_method"),
        "customer": asked.get("customer"),
        "setup_future_usage": asked.get("setup_future_usage"),
        "receipt_email": asked.get("receipt_email"),
        "status": "requires_payment_method",
        "last_payment_error": None,
        "latest_charge": None,
    }
    account.require_usable(intent["payment_method"], intent["customer"], CARDS)
    account.intents[key] = intent
    if asked.get("confirm") == "true":
        confirm(account, intent)
    return intent


def confirm(account: Account, intent: Json) -> None:
    """Ask the card."""
    if intent["payment_method"] == DECLINED:
        decline(account, intent, "Your card was declined.")
        details = {"code": "card_declined", "payment_intent": intent}
        raise RefusalError(402, "card_error", "Your card was declined.", **details)
    if intent["payment_method"] == AUTHENTICATED:
        intent["status"] = "requires_action"
        account.tell("payment_intent.requires_action", intent)
        return
    charge(account, intent)


def make_customer(account: Account, asked: Json) -> Json:
    """Somebody whom cards are kept for."""
    return {"id": account.new_id("cus"), "object": "customer", "metadata": asked.get("metadata", {})}


def detach(account: Account, key: str) -> Json:
    """Keep a card no more."""
    method = account.methods.pop(key, None)
    if method is None:
        raise RefusalError(400, "invalid_request_error", "The payment method is not attached to a customer.")
    return {**method, "customer": None}


def keep(account: Account, intent: Json) -> None:
    """Attach the card to the customer: each time by another name, but with the fingerprint of its number."""
    if intent["setup_future_usage"] is None or intent["payment_method"] in account.methods:
        return
    card = {"brand": "visa", "last4": "4242", "fingerprint": f"of {intent['payment_method']}"}
    key = account.new_id("pm")
    account.methods[key] = {"id": key, "object": "payment_method", "customer": intent["customer"], "card": card}
    intent["payment_method"] = key


def charge(account: Account, intent: Json) -> None:
    """Take the money, or have it promised."""
    keep(account, intent)
    refunds: Json = {"object": "list", "data": [], "has_more": False}
    charged = {"id": account.new_id("ch"), "object": "charge", "amount_refunded": 0, "refunds": refunds}
    intent["latest_charge"] = charged | {"billing_details": {"email": intent["receipt_email"]}}
    if intent["capture_method"] == "manual":
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        account.tell("payment_intent.amount_capturable_updated", intent)
        return
    intent.update(status="succeeded", amount_received=intent["amount"])
    account.tell("payment_intent.succeeded", intent)


def decline(account: Account, intent: Json, message: str) -> None:
    """Have the card refuse."""
    intent.update(status="requires_payment_method", payment_method=None, last_payment_error={"message": message})
    account.tell("payment_intent.payment_failed", intent)


def authenticate(account: Account, key: str, card: str, *, succeeds: bool) -> Json:
    """What the buyer's browser does: 3-D Secure, or a card for an intent without one."""
    intent = account.intent(key)
    if intent["status"] not in {"requires_action", "requires_payment_method"}:
        raise RefusalError(400, "invalid_request_error", f"The status is {intent['status']}.")
    intent["payment_method"] = card
    if succeeds:
        charge(account, intent)
    else:
        decline(account, intent, "We are unable to authenticate your payment method.")
    return intent


def capture(account: Account, key: str, asked: Json) -> Json:
    """Take what was promised."""
    intent = account.intent(key)
    amount = int(asked.get("amount_to_capture") or intent["amount"])
    if intent["status"] != "requires_capture" or amount > intent["amount_capturable"]:
        raise RefusalError(400, "invalid_request_error", "This PaymentIntent could not be captured.")
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
    account.tell("payment_intent.succeeded", intent)
    return intent


def cancel(account: Account, key: str, _asked: Json) -> Json:
    """Let go of it."""
    intent = account.intent(key)
    if intent["status"] in {"succeeded", "canceled", "processing"}:
        raise RefusalError(400, "invalid_request_error", f"You cannot cancel it: its status is {intent['status']}.")
    intent.update(status="canceled", amount_capturable=0)
    account.tell("payment_intent.canceled", intent)
    return intent


def refund(account: Account, asked: Json) -> Json:
    """Give money back, and no more than was taken."""
    intent, amount = account.intent(asked["payment_intent"]), int(asked["amount"])
    paid = intent["latest_charge"] or {"amount_refunded": 0}
    if amount > intent["amount_received"] - paid["amount_refunded"]:
        raise RefusalError(400, "invalid_request_error", "Refund amount is greater than unrefunded amount on charge.")
    paid["amount_refunded"] += amount
    status = "pending" if account.pending_refunds else "succeeded"
    row: Json = {"id": account.new_id("re"), "object": "refund", "amount": amount, "status": status}
    row |= {"payment_intent": intent["id"], "metadata": asked.get("metadata", {}), "failure_reason": None}
    account.refunds[row["id"]] = row
    paid["refunds"]["data"].insert(0, row)
    account.tell("charge.refunded", {"object": "charge", "id": paid["id"], "payment_intent": intent["id"]})
    return row


def shown(intent: Json) -> Json:
    """An intent as it is retrieved: with its ten newest refunds."""
    charged = intent["latest_charge"]
    if charged is None:
        return intent
    every = charged["refunds"]["data"]
    refunds = {**charged["refunds"], "data": every[:WITH_CHARGE], "has_more": len(every) > WITH_CHARGE}
    return {**intent, "latest_charge": {**charged, "refunds": refunds}}


def refunds_of(account: Account, query: Mapping[str, str]) -> Json:
    """A page of an intent's refunds."""
    charged = account.intent(query["payment_intent"])["latest_charge"] or {"refunds": {"data": []}}
    every = charged["refunds"]["data"]
    begin = 1 + [each["id"] for each in every].index(query["starting_after"]) if "starting_after" in query else 0
    page = every[begin : begin + min(int(query.get("limit", 10)), LONGEST_PAGE)]
    return {"object": "list", "url": "/v1/refunds", "data": page, "has_more": len(every) > begin + len(page)}


def settle(account: Account, asked: Json) -> None:
    """What the bank says of a refund; where it fails, days later too, the money is with the shop again."""
    row = account.refunds[asked["id"]]
    row.update(status=asked["status"], failure_reason=asked.get("failure_reason"))
    if asked["status"] == "failed":
        account.intent(row["payment_intent"])["latest_charge"]["amount_refunded"] -= row["amount"]
    account.tell("refund.failed" if asked["status"] == "failed" else "refund.updated", row)


def search(account: Account, query: Mapping[str, Any]) -> Json:
    """Intents by a value of their metadata."""
    name, _, value = str(query["query"]).partition(":")
    key = name.removeprefix("metadata['").removesuffix("']")
    found = [intent for intent in account.intents.values() if intent["metadata"].get(key) == value.strip("'")]
    return {"object": "search_result", "url": "/v1/payment_intents/search", "has_more": False, "data": found}
