"""A shop that takes cards at several server processes, with workers, and its account with Stripe's double."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.bazaar import Bazaar, Buyer, Result, Till, bazaar
from tests.processes import running_process
from tests.stripe_double.running import SECRET_KEY, WEBHOOK_SECRET, StripeDouble, running_double, signed

WORKERS = 2


@dataclass(slots=True)
class Market:
    """A shop that takes cards, its account with Stripe, and whoever works for it."""

    shop: Bazaar
    stripe: StripeDouble
    folder: Path
    workers: AsyncExitStack

    async def buyers(self, variant: UUID, card: str, count: int = 1) -> Sequence[Buyer]:
        """Guests with a unit in their carts, and that card."""
        found = await self.shop.enter(*[[variant]] * count)
        for buyer in found:
            buyer.payment = {"kind": "CARD", "source": card}
        return found

    def authenticate(self, result: Result) -> str:
        """What the buyer does at their bank; gives the name of the intent."""
        intent = str(result["clientSecret"]).partition("_secret_")[0]
        self.stripe.control("authenticate", id=intent, succeeds=True)
        return intent

    async def tell(self, *messages: Any, secret: str = WEBHOOK_SECRET) -> set[int]:
        """Have Stripe deliver these messages, all at once, to one till after the other."""

        async def post(till: Till, message: Any) -> int:
            body, signature = signed(message, secret)
            answer = await till.http.post("/webhooks/stripe", content=body, headers={"Stripe-Signature": signature})
            return int(answer.status_code)

        posting = (post(till, each) for till, each in zip(cycle(self.shop.tills), messages, strict=False))
        return set(await asyncio.gather(*posting))

    async def work(self) -> None:
        """Have the workers begin."""
        for _ in range(WORKERS):
            await self.workers.enter_async_context(running_process(self.folder, self.shop.variables, "worker"))

    async def kill_workers(self) -> None:
        """End them at once."""
        await self.workers.aclose()

    def refunds(self, intent: str) -> list[int]:
        """What Stripe has given back of a payment."""
        given = self.stripe.control("look")["refunds"]
        return [refund["amount"] for refund in given if refund["payment_intent"] == intent]


@asynccontextmanager
async def open_market(folder: Path, url: str) -> AsyncIterator[Market]:
    """The shop, open, on the migrated database at that address."""
    with running_double() as stripe:
        account = {
            "STRIPE_API_BASE": stripe.base,
            "STRIPE_SECRET_KEY": SECRET_KEY,
            "STRIPE_TIMEOUT_SECONDS": "60",
            "STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
        }
        async with bazaar(folder, url, JOB_TAKEOVER_SECONDS="2", **account) as shop, AsyncExitStack() as workers:
            opened = Market(shop, stripe, folder, workers)
            await opened.work()
            yield opened
