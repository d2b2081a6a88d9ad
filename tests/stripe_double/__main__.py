"""A double of Stripe as a process of its own: `python -m tests.stripe_double PORT`.

It was written for these tests, by Stripe's documentation. The package localstripe (1.15.10) was tried: it refuses
`allowed_payment_method_types`, which today's library sends, takes no notice of idempotency keys, gives back more than
was taken, and sends its webhooks a second late. What is under /_test is no part of Stripe.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.stripe_double import actions
from tests.stripe_double.objects import Account, Json, KeptAnswer, RefusalError

SECRET_KEY = "sk_test_merkato"
FOR_GOOD = 3600

account = Account()

Change = Callable[[Request, Json], Json]


def changing(change: Change) -> Callable[[Request], Awaitable[JSONResponse]]:
    """A POST: done once under each key, and answered the same each time."""

    async def answer(request: Request) -> JSONResponse:
        if (refused := unauthorized(request)) is not None:
            return refused
        asked = nested(await request.body())
        key = request.headers.get("idempotency-key")
        kept = account.kept.get(key) if key else None
        if kept is None:
            kept = done(change, request, asked)
            if key:
                account.kept[key] = kept
        elif kept.asked != asked:
            message = "Keys for idempotent requests can only be used with the same parameters."
            return JSONResponse({"error": {"type": "idempotency_error", "message": message}}, 400)
        else:
            return JSONResponse(kept.body, kept.status, headers={"Idempotent-Replayed": "true"})
        if account.silences:
            account.silences -= 1
            await asyncio.sleep(FOR_GOOD)
        return JSONResponse(kept.body, kept.status)

    return answer


def done(change: Change, request: Request, asked: Json) -> KeptAnswer:
    """What came of it, as it was then."""
    try:
        return KeptAnswer(asked, 200, deepcopy(change(request, asked)))
    except RefusalError as refusal:
        return KeptAnswer(asked, refusal.status, deepcopy(refusal.body))


def unauthorized(request: Request) -> JSONResponse | None:
    """The answer to whoever has another key."""
    if request.headers.get("authorization") == f"Bearer {SECRET_KEY}":
        return None
    return JSONResponse({"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}, 401)


def nested(body: bytes) -> Json:
    """What a form of Stripe's says: `metadata[a]=b` is an object."""
    found: Json = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        outer, _, inner = name.partition("[")
        if inner:
            found.setdefault(outer, {})[inner.rstrip("]")] = value
        else:
            found[name] = value
    return found


async def retrieve(request: Request) -> JSONResponse:
    """An intent or a refund."""
    if (refused := unauthorized(request)) is not None:
        return refused
    key = request.path_params["id"]
    try:
        found = account.refunds[key] if key in account.refunds else actions.shown(account.intent(key))
        if "payment_method" in request.query_params.values() and found["payment_method"] in account.methods:
            found = {**found, "payment_method": account.methods[found["payment_method"]]}
        return JSONResponse(found)
    except RefusalError as refusal:
        return JSONResponse(refusal.body, refusal.status)


async def find(request: Request) -> JSONResponse:
    """A search."""
    return unauthorized(request) or JSONResponse(actions.search(account, request.query_params))


async def listed_refunds(request: Request) -> JSONResponse:
    """Those of an intent, the newest first."""
    return unauthorized(request) or JSONResponse(actions.refunds_of(account, request.query_params))


async def control(request: Request) -> JSONResponse:
    """What tests ask: to be silent, to play the buyer's browser, to let a day pass, to hear what happened."""
    asked: Any = await request.json()
    match request.path_params["what"]:
        case "silence":
            account.silences = asked["times"]
        case "authenticate":
            card = asked.get("card", "pm_card_visa")
            actions.authenticate(account, asked["id"], card, succeeds=asked["succeeds"])
        case "refund":
            actions.refund(account, asked)
        case "pending":
            account.pending_refunds = asked["refunds"]
        case "forget":
            account.kept.clear()
        case "settle":
            actions.settle(account, asked)
        case "change":
            account.intent(asked["id"]).update(asked["values"])
    known = {"intents": account.intents, "refunds": account.refunds, "methods": account.methods}
    return JSONResponse({"events": account.events, **{name: list(each.values()) for name, each in known.items()}})


application = Starlette(
    routes=[
        Route("/v1/payment_intents/search", find),
        Route(
            "/v1/payment_intents", changing(lambda _request, asked: actions.create(account, asked)), methods=["POST"]
        ),
        Route("/v1/payment_intents/{id}", retrieve),
        Route(
            "/v1/payment_intents/{id}/capture",
            changing(lambda request, asked: actions.capture(account, request.path_params["id"], asked)),
            methods=["POST"],
        ),
        Route(
            "/v1/payment_intents/{id}/cancel",
            changing(lambda request, asked: actions.cancel(account, request.path_params["id"], asked)),
            methods=["POST"],
        ),
        Route(
            "/v1/customers", changing(lambda _request, asked: actions.make_customer(account, asked)), methods=["POST"]
        ),
        Route(
            "/v1/payment_methods/{id}/detach",
            changing(lambda request, _asked: actions.detach(account, request.path_params["id"])),
            methods=["POST"],
        ),
        Route("/v1/refunds", changing(lambda _request, asked: actions.refund(account, asked)), methods=["POST"]),
        Route("/v1/refunds", listed_refunds, methods=["GET"]),
        Route("/v1/refunds/{id}", retrieve),
        Route("/_test/{what}", control, methods=["POST"]),
    ]
)

if __name__ == "__main__":
    uvicorn.run(application, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
