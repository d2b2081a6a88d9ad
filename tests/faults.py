"""A shop whose server and PostgreSQL are processes of its own, under load: for tests that take one of them away."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx

from server.embedded import EmbeddedPostgres
from server.migrating import migrate
from server.postmaster import read_postmaster
from tests.databases import opened, settings_for
from tests.factories import add_product, add_session, add_user, writing
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.processes import made_keys, running_process
from tests.promises import assert_promises
from tests.server.websockets.talking import House, until

CUSTOMERS = 4
START_SECONDS = 300
"""A server that starts beside many other processes takes its time."""
READ = "{ products { nodes { name } } }"
READ_BY_RESOLVERS = "{ __schema { queryType { name } } products { nodes { name } } }"
RENAME = """
    mutation($name: String!) { updateProfile(input: {firstName: $name}) { __typename ... on Account { firstName } } }
"""
LIMITS = {
    "DATABASE_CONNECT_TIMEOUT_SECONDS": "2",
    "DATABASE_STATEMENT_TIMEOUT_SECONDS": "3",
    "OPERATION_TIMEOUT_SECONDS": "5",
    "DATABASE_POOL_SIZE": "3",
    "RESPONSE_CACHE_BYTES": "0",
}
MOST_CONNECTIONS = 30
OUR_BACKENDS = "FROM pg_stat_activity WHERE application_name LIKE 'merkato%' AND pid <> pg_backend_pid()"


@dataclass(slots=True)
class Customer:
    """Somebody who gives their account one number after another."""

    email: str
    headers: dict[str, str]
    tried: int = 0
    acknowledged: int = 0


@dataclass(slots=True)
class Seen:
    """What clients were told while something was wrong."""

    statuses: Counter[int] = field(default_factory=Counter)
    codes: set[str] = field(default_factory=set)
    unserved: int = 0
    """Requests whose connection was refused or broken off."""

    def note(self, response: httpx.Response) -> None:
        """Take an answer down."""
        self.statuses[response.status_code] += 1
        errors = response.json().get("errors", ())
        self.codes.update(error["extensions"]["code"] for error in errors)


@dataclass(slots=True)
class FaultyShop:
    """The server, its database, and its customers."""

    postgres: EmbeddedPostgres
    url: str
    address: str
    process: asyncio.subprocess.Process
    http: httpx.AsyncClient
    customers: list[Customer]

    async def ask(self, query: str) -> httpx.Response:
        """Send a query."""
        return await self.http.post("/graphql", json={"query": query})

    async def rename(self, customer: Customer) -> httpx.Response:
        """Give the customer's account its next number."""
        customer.tried += 1
        body = {"query": RENAME, "variables": {"name": str(customer.tried)}}
        response = await self.http.post("/graphql", json=body, headers=customer.headers)
        answer = response.json()
        if "errors" not in answer:
            assert answer["data"]["updateProfile"] == {"__typename": "Account", "firstName": str(customer.tried)}
            customer.acknowledged = customer.tried
        return response

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[Seen]:
        """Have all customers write, and two visitors read by either executor, while the block runs."""
        seen, end = Seen(), asyncio.Event()

        async def go_on(customer: Customer | None, query: str) -> None:
            while not end.is_set():
                try:
                    seen.note(await (self.ask(query) if customer is None else self.rename(customer)))
                except httpx.TransportError:
                    seen.unserved += 1
                    await asyncio.sleep(0.02)

        tasks = [asyncio.create_task(go_on(customer, "")) for customer in self.customers]
        tasks += [asyncio.create_task(go_on(None, query)) for query in (READ, READ_BY_RESOLVERS)]
        try:
            yield seen
        finally:
            end.set()
            await asyncio.gather(*tasks)

    async def until_seen(self, seen: Seen, *, status: int, times: int = CUSTOMERS) -> None:
        """Wait until so many more answers have that status."""
        before = seen.statuses[status]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while seen.statuses[status] < before + times:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)

    async def until_served(self) -> None:
        """Wait until the server answers."""
        async with asyncio.timeout(START_SECONDS):
            while True:
                try:
                    await self.health()
                except httpx.ConnectError:
                    await asyncio.sleep(0.05)
                else:
                    return

    async def assert_whole(self) -> None:
        """Reads and writes work again, no connection is in use, and all that was acknowledged or promised holds."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await self._works():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
        for kind in ("compiled", "own", "preview", "reference", "writing"):
            await until(self.address, f"connections_in_use {kind}", 0)
        async with self.connected() as database:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await database.fetchval(f"SELECT count(*) {OUR_BACKENDS} AND state <> 'idle'"):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            await self.assert_kept(database)
        async with opened(self.url) as engine:
            await assert_promises(engine)

    async def assert_kept(self, database: asyncpg.Connection) -> None:
        """What is stored of each customer is what was acknowledged last, or was tried after that."""
        for customer in self.customers:
            stored = await database.fetchval("SELECT first_name FROM users WHERE email = $1", customer.email)
            assert customer.acknowledged <= int(stored) <= customer.tried

    async def _works(self) -> bool:
        answers = [await self.ask(READ), await self.ask(READ_BY_RESOLVERS)]
        answers += [await self.rename(customer) for customer in self.customers]
        return all(answer.status_code == 200 and "errors" not in answer.json() for answer in answers)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection to the database beside those of the server."""
        connection: asyncpg.Connection = await asyncpg.connect(self.url)
        try:
            yield connection
        finally:
            await connection.close()

    async def health(self) -> int:
        """The status of /health/ready."""
        return (await self.http.get("/health/ready")).status_code

    def kill_postgres(self) -> None:
        """End the postmaster at once; its children notice by themselves."""
        os.kill(self._postmaster(), signal.SIGKILL)

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """PostgreSQL does nothing while the block runs, and nobody is told."""
        async with self.connected() as database:
            rows = await database.fetch("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        pids = [self._postmaster(), *(row["pid"] for row in rows)]
        _send_all(pids, signal.SIGSTOP)
        try:
            yield
        finally:
            _send_all(pids, signal.SIGCONT)

    def _postmaster(self) -> int:
        found = read_postmaster(self.postgres.folder / "postgres")
        assert found is not None
        return found.pid


def _send_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


@asynccontextmanager
async def faulty_shop(folder: Path) -> AsyncIterator[FaultyShop]:
    """A shop that may be broken."""
    with EmbeddedPostgres(folder / "database", {"fsync": "off", "max_connections": str(MOST_CONNECTIONS)}) as postgres:
        settings = settings_for(postgres.url)
        async with opened(postgres.url) as engine:
            await migrate(engine)
            house = House("", engine, settings)
            async with writing(engine) as session:
                await add_product(session)
                users = [await add_user(session, first_name="0") for _ in range(CUSTOMERS)]
                sessions = [await add_session(session, user) for user in users]
        pairs = zip(users, sessions, strict=True)
        customers = [Customer(user.email, house.headers(user, signed_in)) for user, signed_in in pairs]
        secret = settings.jwt_secret_key.get_secret_value()
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        variables = {**made_keys(), "JWT_SECRET_KEY": secret, "DATABASE_URL": postgres.url, **LIMITS}
        async with (
            running_process(folder, variables, "serve", "--port", str(port)) as process,
            httpx.AsyncClient(base_url=address, trust_env=False, timeout=PATIENCE_SECONDS) as http,
        ):
            shop = FaultyShop(postgres, postgres.url, address, process, http, customers)
            await shop.until_served()
            yield shop
