"""What a request that asks is told of how it was answered."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.permissions import Permission
from auth.roles import ROLE_PERMISSIONS
from auth.viewer import Viewer, viewer_with_role
from compiler.execution import Compiler
from models import Role
from resolvers.context import Context
from schema.root import schema
from server.app import create_app
from server.compiled_reads import CompiledReads
from server.database import open_connection
from server.document_preparation import INTROSPECTABLE
from server.graphql_execution import Executor
from server.graphql_request import GraphQLRequest
from server.read_pool import ReadPool
from server.settings import Settings
from tests.databases import settings_for
from tests.patience import PATIENCE_SECONDS
from tests.serving import running
from tests.statements import locked

ASKING = {"merkato": {"explain": True}}


@pytest.fixture
def http(database_url: str) -> Iterator[httpx.Client]:
    """A client of a server of the test's own, without a response cache."""
    with running(create_app(changed(database_url, response_cache_bytes=0))) as client:
        yield client


def changed(url: str, **settings: object) -> Settings:
    """The settings of a server on that database, but for some."""
    return settings_for(url).model_copy(update=settings)


def explained(http: httpx.Client, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """What an asking request is told."""
    body = http.post("/graphql", json={"query": query, "variables": variables, "extensions": ASKING}).json()
    told: dict[str, Any] = body["extensions"]["merkato"]
    assert told.pop("databaseMilliseconds") >= 0
    return told


def test_compiled_answer_is_explained(http: httpx.Client) -> None:
    query = "query Name($slug: String!) { product(slug: $slug) { name category { name } } }"
    expected = {
        "executor": "compiled",
        "notCompiled": None,
        "documentCache": "miss",
        "planCache": "miss",
        "responseCache": "off",
        "statements": 1,
        "database": "primary",
        "tables": ["categories", "products"],
    }
    assert explained(http, query, {"slug": "a"}) == expected
    assert explained(http, query, {"slug": "b"}) == expected | {"documentCache": "hit", "planCache": "hit"}


def test_text_that_differs_in_its_literals_has_a_template(http: httpx.Client) -> None:
    told = [explained(http, f'{{ product(slug: "{slug}") {{ name }} }}') for slug in "ab"]
    assert [(one["documentCache"], one["planCache"]) for one in told] == [("miss", "miss"), ("template", "hit")]


@pytest.mark.parametrize(
    ("query", "reason", "detail"),
    [
        ("{ __schema { queryType { name } } products { nodes { name } } }", "introspection", "__schema"),
        ("{ products { nodes { name internalNotes } } }", "permission", "Product.internalNotes"),
    ],
)
def test_answer_of_the_reference_executor_is_explained(
    http: httpx.Client, query: str, reason: str, detail: str
) -> None:
    assert explained(http, query) == {
        "executor": "reference",
        "notCompiled": {"reason": reason, "detail": detail},
        "documentCache": "miss",
        "planCache": "miss",
        "responseCache": "off",
        "statements": 1,
        "database": "primary",
        "tables": ["products"],
    }


def test_every_statement_of_the_reference_executor_counts(http: httpx.Client) -> None:
    told = explained(http, "{ __typename __schema { queryType { name } } products { totalCount nodes { name } } }")
    assert told["statements"] == 2


def test_refusal_is_explained(http: httpx.Client) -> None:
    told = explained(http, "{ nothing }")
    assert (told["executor"], told["statements"], told["tables"]) == ("none", 0, [])


def test_argument_that_is_refused_is_named(http: httpx.Client) -> None:
    told = explained(http, "query P($first: Int) { products(first: $first) { totalCount } }", {"first": 1000})
    assert told["notCompiled"] == {
        "reason": "argument",
        "detail": "`first` is 1000; it must lie between 0 and 100.",
    }


def test_time_of_the_database_is_told(http: httpx.Client) -> None:
    body = http.post("/graphql", json={"query": "{ products { totalCount } }", "extensions": ASKING}).json()
    assert 0 < body["extensions"]["merkato"]["databaseMilliseconds"] < 5000


async def test_stopped_statement_is_explained(database_url: str) -> None:
    settings = changed(database_url, database_statement_timeout_seconds=1)
    with running(create_app(settings)) as http:
        async with locked(database_url, "products"):
            body = http.post("/graphql", json={"query": "{ products { totalCount } }", "extensions": ASKING}).json()
    assert body["errors"][0]["extensions"]["code"] == "TIMEOUT"
    told = body["extensions"]["merkato"]
    assert (told["executor"], told["statements"]) == ("compiled", 1)
    assert told["databaseMilliseconds"] >= 1000


async def test_response_cache_is_explained(database_url: str) -> None:
    query = "{ products { totalCount } }"
    with running(create_app(settings_for(database_url))) as http:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (told := explained(http, query))["responseCache"] == "off":  # noqa: ASYNC110 - it listens when it does
                await asyncio.sleep(0.01)
        assert (told["responseCache"], told["statements"]) == ("miss", 1)
        told = explained(http, query)
    assert (told["responseCache"], told["statements"], told["executor"]) == ("hit", 0, "compiled")


def test_extensions_may_come_by_get(http: httpx.Client) -> None:
    parameters = {"query": "{ products { totalCount } }", "extensions": json.dumps(ASKING)}
    body = http.get("/graphql", params=parameters).json()
    assert body["extensions"]["merkato"]["executor"] == "compiled"


@pytest.mark.parametrize(
    "extensions",
    [None, {}, {"merkato": None}, {"merkato": {}}, {"merkato": {"explain": False}}, {"merkato": {"explain": "yes"}},
     {"merkato": [True]}, {"other": {"explain": True}}],
    ids=str,
)  # fmt: skip
def test_nobody_is_told_unasked(http: httpx.Client, extensions: object) -> None:
    body = http.post("/graphql", json={"query": "{ __typename }", "extensions": extensions}).json()
    assert body == {"data": {"__typename": "Query"}}


def test_visitors_are_told_where_a_setting_says_so_only(database_url: str) -> None:
    with running(create_app(changed(database_url, explain_to_visitors=False))) as http:
        body = http.post("/graphql", json={"query": "{ __typename }", "extensions": ASKING}).json()
    assert body == {
        "data": {"__typename": "Query"},
        "extensions": {"merkato": {"error": "Explanations need the permission diagnostics:read."}},
    }


@asynccontextmanager
async def executor(url: str) -> AsyncIterator[Executor]:
    """An executor that tells visitors nothing."""
    pool = ReadPool(lambda: open_connection(url, settings_for(url)), 1)
    yield Executor(schema, rules=INTROSPECTABLE, reads=CompiledReads(Compiler(schema), pool))
    await pool.close()


@pytest.mark.parametrize("role", Role)
async def test_whoever_is_granted_the_permission_is_told(engine: AsyncEngine, database_url: str, role: Role) -> None:
    viewer = viewer_with_role(role, uuid4())
    told = await told_to(viewer, engine, database_url)
    assert ("error" not in told) is (Permission.DIAGNOSTICS_READ in ROLE_PERMISSIONS[role])


async def test_the_permission_alone_suffices(engine: AsyncEngine, database_url: str) -> None:
    told = await told_to(Viewer(uuid4(), frozenset({Permission.DIAGNOSTICS_READ})), engine, database_url)
    assert told["executor"] == "compiled"


async def told_to(viewer: Viewer, engine: AsyncEngine, url: str) -> dict[str, Any]:
    """What the viewer is told."""
    async with executor(url) as asked, Context(engine, viewer) as context:
        answer = await asked.explain(GraphQLRequest("{ products { totalCount } }", explain=True), context)
    assert answer.extensions is not None
    told: dict[str, Any] = answer.extensions["merkato"]
    return told
