"""A shop in which several server processes sell at once, over one PostgreSQL, to guests: for tests of faults."""

import asyncio
import os
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import cycle
from pathlib import Path
from random import choice
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.guests import guest_id_of, new_guest_token
from auth.tokens import AccessClaims, AccessTokens
from models import Role
from server.embedded import EmbeddedPostgres
from server.postmaster import read_postmaster
from tests.commands import MERKATO
from tests.databases import opened
from tests.devices import DOCUMENTS
from tests.factories import add_cart, add_cart_line, add_product, add_session, add_user, writing
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.processes import made_keys
from tests.promises import assert_promises

PAUSE_SECONDS = 1.0
"""Between two attempts of one buyer."""

PRICE = Decimal("100.00")
ADDRESS = {"city": "Addis Ababa", "country_code": "ET", "line1": "Bole Road 1", "name": "Hana Bekele"}
LIMITS = {
    "DATABASE_CONNECT_TIMEOUT_SECONDS": str(PATIENCE_SECONDS),
    "DATABASE_STATEMENT_TIMEOUT_SECONDS": "0",
    "OPERATION_TIMEOUT_SECONDS": str(PATIENCE_SECONDS),
    "RATE_LIMITS": "false",
}
"""Whoever waits on a busy machine is not to be sent away."""

Result = Mapping[str, Any]
"""The result of a checkout: an order, or what is in its way."""


@dataclass(slots=True)
class Buyer:
    """A guest with a filled cart, and the key under which they check out, however often."""

    token: str
    key: str
    total: Decimal
    payment: Mapping[str, str] = field(default_factory=lambda: {"kind": "CASH_ON_DELIVERY"})


@dataclass(slots=True)
class Till:
    """A server process, which may be taken away and put back."""

    port: int
    folder: Path
    variables: Mapping[str, str]
    http: httpx.AsyncClient
    process: asyncio.subprocess.Process | None = None

    async def open(self) -> None:
        """Start the process, and wait until it serves."""
        with (self.folder / f"{self.port}.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(MERKATO, "serve", "--port", str(self.port)),
                cwd=self.folder,
                env=os.environ | {"APP_ENV": "development", **self.variables},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await self._serves():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """End the process at once."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()

    async def _serves(self) -> bool:
        try:
            return (await self.http.get("/health/ready")).is_success
        except httpx.TransportError:
            return False


@dataclass(frozen=True, slots=True)
class Bazaar:
    """The servers, their database, and what is in it."""

    engine: AsyncEngine
    tills: Sequence[Till]
    variables: Mapping[str, str]
    """What the servers, and whoever works with them, have in their environment."""

    async def offer(self, *units: int) -> list[UUID]:
        """Variants that need not be sent, with so many units each; gives their ids in the order of the ids."""
        async with writing(self.engine) as session:
            products = [await add_product(session, stock=each, price=PRICE) for each in units]
            await session.execute(text("UPDATE product_variants SET requires_shipping = false"))
        return [product.default_variant_id for product in products]

    async def enter(self, *carts: Sequence[UUID], **details: Any) -> list[Buyer]:
        """Guests with a unit of each of these variants in their carts, in lines of their own."""
        async with writing(self.engine) as session:
            return [await _fill_cart(session, variants, details) for variants in carts]

    async def buy(self, buyer: Buyer, till: Till) -> httpx.Response:
        """Check out once."""
        given = {"idempotencyKey": buyer.key, "expectedTotal": str(buyer.total), "payment": buyer.payment}
        return await self.send(till, {"Guest-Token": buyer.token}, "Checkout", **given)

    async def send(self, till: Till, headers: Mapping[str, str], name: str, **given: Any) -> httpx.Response:
        """Send the mutation of `queries/`."""
        document = (DOCUMENTS / f"{name}.graphql").read_text(encoding="utf-8")
        body = {"query": document, "variables": {"input": given}}
        return await till.http.post("/graphql", json=body, headers=dict(headers))

    async def hire(self) -> Mapping[str, str]:
        """What somebody new sends who may do everything."""
        async with writing(self.engine) as session:
            user = await add_user(session, role=Role.ADMIN)
            signed_in = await add_session(session, user)
        tokens = AccessTokens([self.variables["JWT_SECRET_KEY"]])
        token = tokens.write(AccessClaims(user.id, signed_in.id, user.role), datetime.now(UTC))
        return {"Authorization": f"Bearer {token.text}"}

    async def rush(self, buyers: Sequence[Buyer]) -> list[Result]:
        """Have all of them check out at once, at one till after the other; none may be answered 5xx, or an error."""
        asking = (self.buy(buyer, till) for buyer, till in zip(buyers, cycle(self.tills), strict=False))
        return [result_of(response) for response in await asyncio.gather(*asking)]

    async def insist(self, buyer: Buyer, seen: Counter[int]) -> Result:
        """Check out again and again, at any till, until there is a result; `seen` counts what was answered."""
        while True:
            with suppress(httpx.TransportError):
                response = await self.buy(buyer, choice(self.tills))  # noqa: S311 - any will do
                seen[response.status_code] += 1
                if response.status_code == httpx.codes.OK:
                    return result_of(response)
                assert response.status_code == httpx.codes.SERVICE_UNAVAILABLE, response.text
            await asyncio.sleep(PAUSE_SECONDS)

    async def count(self, statement: str) -> int:
        """The number that the statement gives."""
        async with self.engine.connect() as connection:
            return int(await connection.scalar(text(statement)) or 0)

    async def until(self, statement: str, number: int) -> None:
        """Wait until the statement gives that number."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.count(statement) != number:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)

    async def assert_whole(self) -> None:
        """Every promise holds."""
        await assert_promises(self.engine)


def kill_postgres(postgres: EmbeddedPostgres) -> None:
    """End the postmaster at once; its children notice by themselves."""
    found = read_postmaster(postgres.folder / "postgres")
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)


def result_of(response: httpx.Response) -> Result:
    """The result of a mutation that was answered without errors."""
    assert response.status_code == httpx.codes.OK, response.text
    body = response.json()
    assert "errors" not in body, body
    result: Result
    (result,) = body["data"].values()
    return result


async def _fill_cart(session: AsyncSession, variants: Sequence[UUID], details: Mapping[str, Any]) -> Buyer:
    token = new_guest_token()
    known = {"email": "hana@example.com", "country_code": "ET", "shipping_address": ADDRESS, "billing_address": ADDRESS}
    cart = await add_cart(session, guest_id_of(token), **{**known, **details})
    for number, variant in enumerate(variants):
        await add_cart_line(session, cart, variant, customization_hash=number.to_bytes(32), unit_price_seen=PRICE)
    return Buyer(token, token_urlsafe(16), PRICE * len(variants))


@asynccontextmanager
async def bazaar(folder: Path, url: str, **variables: str) -> AsyncIterator[Bazaar]:
    """The shop, open, with two tills on the migrated database at that address."""
    known = {"DATABASE_URL": url, **made_keys(), **LIMITS, **variables}
    async with opened(url) as engine, AsyncExitStack() as stack:
        sellers = [await stack.enter_async_context(_till(folder, known)) for _ in range(2)]
        await asyncio.gather(*(seller.open() for seller in sellers))
        yield Bazaar(engine, sellers, known)


@asynccontextmanager
async def _till(folder: Path, variables: Mapping[str, str]) -> AsyncIterator[Till]:
    port = free_port()
    # A connection that waits for its next request may be ended by the server just when that comes.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=PATIENCE_SECONDS, limits=limits
    ) as http:
        till = Till(port, folder, variables, http)
        try:
            yield till
        finally:
            await till.kill()
