"""A server that takes cards, by an account of its own at the double of Stripe."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.buyers import Buyer
from tests.factories import shared_engine
from tests.patience import PATIENCE_SECONDS
from tests.signed_in import Door, open_door
from tests.stripe_double.running import SECRET_KEY, StripeDouble


@dataclass(frozen=True, slots=True)
class CardShop:
    """The server, its database and a visitor."""

    engine: AsyncEngine
    door: Door
    visitor: Buyer


@asynccontextmanager
async def taking_cards(postgres: str, migrated: str, double: StripeDouble) -> AsyncIterator[CardShop]:
    """Open it, on a database of its own."""
    async with shared_engine(postgres, migrated) as engine:
        url = str(engine.get_execution_options()["url"])
        with open_door(url, stripe_secret_key=SecretStr(SECRET_KEY), stripe_api_base=double.base) as door:
            base = door.http.base_url
            async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=PATIENCE_SECONDS) as http:
                yield CardShop(engine, door, Buyer(http))
