"""What the audit's triggers cost a write: the same mutations, and the same import, with them and without."""

import asyncio
import http.client
import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from statistics import median
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.contestants import OURS, list_contestants
from benchmarks.cpu import cpu_seconds
from benchmarks.data import FOLDER, Database, Report
from benchmarks.errors import AbsentError
from benchmarks.operations import DOCUMENTS
from benchmarks.serving import HOST, PATH, Server, serving
from benchmarks.sign_in_shop import Shop, sign_in_shop
from benchmarks.signing import authorizations
from domain.product_writing import put_products
from domain.products import ProductData, VariantData
from server.database import create_engine
from server.settings import load_settings

WARM_UP_WRITES = 100
BATCH = 200
"""As many products as an import commits at once."""

UPDATE_PROFILE = Path(__file__).parent.parent / "queries" / "UpdateProfile.graphql"
SWITCH = """
    DO $$
        DECLARE
            each record;
        BEGIN
            FOR each IN
                SELECT tgrelid::regclass AS place, tgname AS name FROM pg_trigger
                WHERE tgname IN ('record_change', 'record_truncation')
            LOOP
                EXECUTE format('ALTER TABLE %s {} TRIGGER %I', each.place, each.name);
            END LOOP;
        END
    $$
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one write took."""

    ms: float
    database_cpu_ms: float


@dataclass(frozen=True, slots=True)
class Writes:
    """With the triggers, or without."""

    mutation: Cost
    imported: Cost
    """For each product."""


@dataclass(frozen=True, slots=True)
class Round:
    """Both, one after the other."""

    audited: Writes
    unaudited: Writes
    load_average: float
    """Of the machine before it began."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is written each time."""

    mutations: int
    products: int


class Scene:
    """A shop, its server, and somebody who changes their name again and again."""

    def __init__(self, server: Server, database: Database, user_id: UUID) -> None:
        self._server = server
        self._database = database
        self._user_id = user_id
        self._numbers = itertools.count(1)

    def measure(self, amounts: Amounts, *, is_audited: bool) -> Writes:
        """Write with the triggers or without. Raises AbsentError when the log does not have what it should."""
        self._run(SWITCH.format("ENABLE ALWAYS" if is_audited else "DISABLE"))
        self._mutate(WARM_UP_WRITES)
        before = self._entries()
        mutation = self._costs(amounts.mutations, lambda: self._mutate(amounts.mutations))
        imported = self._costs(amounts.products, lambda: asyncio.run(self._import(amounts.products)))
        recorded, least = self._entries() - before, amounts.mutations + amounts.products
        if (recorded < least) if is_audited else recorded:
            raise AbsentError(f"the audit log has {recorded} entries of {least} writes")
        return Writes(mutation, imported)

    def _costs(self, times: int, write: Callable[[], None]) -> Cost:
        cpu, began = cpu_seconds(self._database.pid), time.perf_counter()
        write()
        seconds, used = time.perf_counter() - began, cpu_seconds(self._database.pid) - cpu
        return Cost(1000 * seconds / times, 1000 * used / times)

    def _mutate(self, times: int) -> None:
        (authorization,) = authorizations(replace(self._server.contestant, signs_in=True), [self._user_id])
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Authorization": authorization}
        connection = http.client.HTTPConnection(HOST, self._server.port, timeout=60)
        document = UPDATE_PROFILE.read_text()
        for number in itertools.islice(self._numbers, times):
            given = {"input": {"firstName": f"Hana {number}", "lastName": "Bekele"}}
            connection.request("POST", PATH, orjson.dumps({"query": document, "variables": given}), headers)
            answer = connection.getresponse().read()
            if b'"Account"' not in answer:
                raise AbsentError(f"it changed nothing: {answer[:300]!r}")
        connection.close()

    async def _import(self, products: int) -> None:
        engine = create_engine(self._database.url, load_settings({"app_env": "development"}))
        for batch in _batches(self._numbers, products):
            async with AsyncSession(engine) as session, session.begin():
                await put_products(session, batch)
        await engine.dispose()

    def _entries(self) -> int:
        return int(str(self._run("SELECT count(*) FROM audit_log")))

    def _run(self, statement: str) -> object:
        async def run() -> object:
            connection: asyncpg.Connection = await asyncpg.connect(self._database.url)
            try:
                return await connection.fetchval(statement)
            finally:
                await connection.close()

        return asyncio.run(run())


def measure_audit(rounds: int, amounts: Amounts, report: Report) -> list[Round]:
    """The rounds, each of which begins with the other one. Raises AbsentError, or a ServerError."""
    with ExitStack() as stack:
        report("Making a shop …")
        shop = stack.enter_context(sign_in_shop(1))
        log = FOLDER / "audit.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        usual = next(one for one in list_contestants() if one.name == OURS)
        ours = replace(usual, environment={**usual.environment, "RATE_LIMITS": "false"})
        server = stack.enter_context(serving(ours, shop.database, _first(shop), log))
        scene = Scene(server, shop.database, asyncio.run(_user_of(shop)))
        return [_round(scene, amounts, number, report) for number in range(rounds)]


def _round(scene: Scene, amounts: Amounts, number: int, report: Report) -> Round:
    load_average = os.getloadavg()[0]
    order = (True, False) if number % 2 == 0 else (False, True)
    found = {is_audited: scene.measure(amounts, is_audited=is_audited) for is_audited in order}
    for is_audited, writes in found.items():
        report(
            f"{'with' if is_audited else 'without'} the audit: a mutation {writes.mutation.ms:.2f} ms "
            f"({writes.mutation.database_cpu_ms:.2f} of PostgreSQL's CPU), a product {writes.imported.ms:.2f} ms "
            f"({writes.imported.database_cpu_ms:.2f})"
        )
    return Round(found[True], found[False], load_average)


def _batches(numbers: Iterator[int], products: int) -> Iterator[Sequence[ProductData]]:
    for begin in range(0, products, BATCH):
        yield [_product(number) for number in itertools.islice(numbers, min(BATCH, products - begin))]


def _product(number: int) -> ProductData:
    variant = VariantData(sku=f"AUDIT-{number}", price=Decimal(100), quantity=5)
    return ProductData(slug=f"audit-{number}", name=f"Product {number}", variants=(variant,))


def _first(shop: Shop) -> bytes:
    document = (DOCUMENTS / "fields.graphql").read_text()
    return orjson.dumps({"query": document, "variables": {"slug": shop.slugs[0]}})


async def _user_of(shop: Shop) -> UUID:
    connection: asyncpg.Connection = await asyncpg.connect(shop.database.url)
    found = await connection.fetchval("SELECT id FROM users WHERE email = $1", shop.emails[0])
    await connection.close()
    return UUID(str(found))


def middle(rounds: Sequence[Round], figure: Callable[[Round], float]) -> float:
    """The median of a figure over the rounds."""
    return median(map(figure, rounds))
