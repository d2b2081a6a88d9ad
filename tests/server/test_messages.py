"""How many messages a purchase takes to PostgreSQL: each costs as much as what many of them ask for."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import Viewer
from domain.payment_providers import PaymentProviders
from resolvers.context import Context
from resolvers.ids import encode_id
from server.database import open_connection
from server.database_roles import DatabaseRole
from server.graphql_request import GraphQLRequest
from server.payments import build_payment_providers
from server.read_pool import ReadPool
from tests.databases import settings_for
from tests.executors import body_of, compiling
from tests.factories import add_product, add_shipping_method, new_id, writing
from tests.safeguards import SAFEGUARDS

QUERIES = Path(__file__).parent.parent.parent / "queries"
SENT_TO = {"name": "Hana Bekele", "line1": "Bole Road 1", "city": "Addis Ababa", "countryCode": "ET"}


@dataclass(slots=True)
class Till:
    """Sells to one guest, and notes what PostgreSQL is sent for that."""

    engine: AsyncEngine
    own: ReadPool
    guest: Viewer
    payments: PaymentProviders
    sent: list[str] = field(default_factory=list)

    def listen(self, connection: asyncpg.Connection) -> None:
        """Note what is sent over the connection."""
        connection.add_query_logger(lambda query: self.sent.append(query.query))

    async def messages(self, name: str, **given: Any) -> int:
        """How many messages the mutation takes, which is not refused."""
        self.sent.clear()
        request = GraphQLRequest((QUERIES / f"{name}.graphql").read_text(encoding="utf-8"), variables={"input": given})
        async with Context(self.engine, self.guest, SAFEGUARDS, payments=self.payments) as context:
            body = body_of(await compiling(self.own, self.own).run(request, context))
        (result,) = body["data"].values()
        assert "message" not in result, result
        await asyncio.sleep(0)  # asyncpg tells of a statement in the loop's next turn
        return len(self.sent)


@pytest.fixture
async def till(engine: AsyncEngine, database_url: str) -> AsyncIterator[Till]:
    """A till of one connection that writes and one that reads."""
    settings = settings_for(database_url)

    async def connect() -> asyncpg.Connection:
        connection = await open_connection(database_url, settings, role=DatabaseRole.APP)
        opened.listen(connection)
        return connection

    own = ReadPool(connect, 1)
    opened = Till(engine, own, Viewer(guest_id=new_id()), build_payment_providers(settings))
    event.listen(engine.sync_engine, "connect", lambda connection, _entry: opened.listen(connection.driver_connection))
    yield opened
    await own.close()


async def test_messages_of_a_purchase_are_counted(till: Till) -> None:
    async with writing(till.engine) as session:
        product, method = await add_product(session), await add_shipping_method(session)
    line = {"variantId": encode_id("ProductVariant", product.default_variant_id), "quantity": 1}
    details = {"email": "hana@shop.example", "countryCode": "ET", "shippingAddress": SENT_TO}

    async def purchase() -> list[int]:
        return [
            await till.messages("AddToCart", lines=[line]),
            await till.messages("SetCartDetails", **details, shippingMethodId=encode_id("ShippingMethod", method.id)),
            await till.messages(
                "Checkout",
                idempotencyKey=token_urlsafe(16),
                expectedTotal="150.00",
                payment={"kind": "CASH_ON_DELIVERY"},
            ),
        ]

    await purchase()  # asyncpg asks for the types that it does not know yet
    assert await purchase() == [6, 3, 11]
