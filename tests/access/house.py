"""A served shop with rows of everything, everybody who may come, and what they are answered."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

import models
from domain.audit_log import seal_batch
from resolvers.declarations import Lookup
from resolvers.ids import encode_id
from server.app import create_app
from tests.access.cover import Arguments, Cover, Selected, text_of
from tests.access.people import Person, people
from tests.databases import settings_for
from tests.factories import add_audited_change, add_shopful, add_statement_statistics, shared_engine, writing
from tests.live import serving, visiting
from tests.patience import PATIENCE_SECONDS
from tests.schema.routes import SEARCHED, declared_as
from tests.schema.walk import CORE, WalkedField, fields
from tests.server.forms import sent

Json = dict[str, Any]

WITH_A_PROVIDER = {"google_client_id": "shop", "google_client_secret": SecretStr("secret")}
WIDE = {
    "max_document_aliases": 100_000,
    "max_document_tokens": 1_000_000,
    "max_operation_cost": 1_000_000_000,
    "max_operation_mutations": 1_000,
    "max_operation_attempts": 1_000,
    "max_operation_fields": 10_000,
}
"""For documents that ask for everything at once."""


@dataclass(frozen=True, slots=True)
class House:
    """The shop, its visitors, and two ways to ask it."""

    engine: AsyncEngine
    people: dict[str, Person]
    arguments: Arguments
    both: httpx.Client
    """Asks both executors, which must answer the same."""
    server: httpx.Client

    def cover(self, person: Person) -> Cover:
        """The way over all that the person reaches."""
        return Cover.of(CORE, person, self.arguments)

    def query(self, person: Person, selected: Sequence[Selected]) -> Json:
        """What the person is answered, by both executors."""
        return _body(self.both.post("/graphql", json={"query": f"{{ {text_of(selected)} }}"}, headers=person.headers))

    def change(self, person: Person, document: str, variables: Json) -> Json:
        """What becomes of mutations."""
        asked = {"query": document, "variables": variables}
        return _body(self.server.post("/graphql", **sent(asked, person.headers)))

    def compiled(self) -> float:
        """How many requests were answered by a compiled statement."""
        families = text_string_to_metric_families(self.server.get("/metrics").text)
        samples = [
            sample for family in families for sample in family.samples if sample.name == "merkato_requests_total"
        ]
        return sum(each.value for each in samples if each.labels["executor"] == "compiled")

    async def stored(self) -> list[Any]:
        """What tells whether anything was written: of every table its rows, and the transactions that made them."""
        async with self.engine.connect() as connection:
            tables = await connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
            counts = "SELECT '{0}', count(*), sum(xmin::text::bigint), max(xmin::text::bigint) FROM {0}"
            union = " UNION ALL ".join(counts.format(f'"{name}"') for name in sorted(tables))
            return list(map(tuple, await connection.execute(text(union))))


@asynccontextmanager
async def open_house(postgres: str, migrated: str) -> AsyncIterator[House]:
    """A shop of its own, on two servers."""
    async with shared_engine(postgres, migrated) as engine:
        url = engine.sync_engine.get_execution_options()["url"]
        settings = settings_for(url).model_copy(update=WITH_A_PROVIDER | WIDE)
        async with writing(engine) as session:
            await add_shopful(session, 2)
            product = (await session.scalars(select(models.Product).limit(1))).one()
            everybody = await people(session, settings, product)
            await add_audited_change(session)
            await add_statement_statistics(session)
            await seal_batch(session)
            arguments = arguments_on(
                await newest_rows(session), f"/authors/{await session.scalar(select(models.Author.slug).limit(1))}"
            )
        with (
            serving(create_app(settings)) as address,
            serving(create_app(settings, compiled=False)) as twin,
            visiting(address, twin) as both,
            httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE_SECONDS) as server,
        ):
            yield House(engine, {each.name: each for each in everybody}, arguments, both, server)


async def newest_rows(session: AsyncSession) -> dict[str, str]:
    """The global id of a row for each type that a lookup finds."""
    found = {}
    for lookup in lookups():
        key = await session.scalar(select(lookup.model.id).order_by(lookup.model.id.desc()).limit(1))
        assert key is not None, f"tests.factories makes no {lookup.type_name}."
        found[lookup.type_name] = encode_id(lookup.type_name, key)
    return found


def lookups() -> Iterator[Lookup]:
    """The lookups of the schema."""
    for step in fields():
        if step.declared is not None and isinstance(step.declared.declaration, Lookup):
            yield step.declared.declaration


def arguments_on(rows: dict[str, str], path: str) -> Arguments:
    """What fields are given: the id of a row to find, a path of a page, and small pages."""

    def arguments(step: WalkedField) -> str:
        if step.declared is not None and isinstance(step.declared.declaration, Lookup):
            return f'(id: "{rows[step.declared.declaration.type_name]}")'
        if "input" in step.field.args:
            return f"(input: ${step.name})"
        if declared_as(step) == "NodeLookup":
            return f'({next(iter(step.field.args))}: "{next(iter(rows.values()))}")'
        given = [SEARCHED] if step.name == "search" else []
        given += [f'path: "{path}"'] if "path" in step.field.args else []
        given += [f'item: "{rows["Post"]}"'] if "item" in step.field.args else []
        given += ["first: 2"] if "first" in step.field.args else []
        return f"({', '.join(given)})" if given else ""

    return arguments


def _body(response: httpx.Response) -> Json:
    assert response.status_code == 200, response.text
    body: Json = response.json()
    return body
