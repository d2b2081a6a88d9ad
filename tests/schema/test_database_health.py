"""How the database does: what PostgreSQL's statistics say to operators, and what an owner without their rights sees."""

from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import viewer_with_role
from models import Role
from tests.api import data_of, run
from tests.factories import add_product, add_statement_statistics, writing

DOCUMENT = (Path(__file__).parents[2] / "queries" / "DatabaseHealth.graphql").read_text(encoding="utf-8")
SEEN_INTO = """
    { databaseHealth { connections { byState { state } } statements { absence slowest { text } } } }
"""
ANALYST = viewer_with_role(Role.ANALYST)
OWN_LESS = "ALTER FUNCTION {} OWNER TO merkato_admin"


async def health(engine: AsyncEngine, query: str = DOCUMENT) -> dict[str, Any]:
    found: dict[str, Any] = (await data_of(engine, query, viewer=ANALYST, compiles=False))["databaseHealth"]
    return found


async def test_operators_see_sizes_rows_indexes_and_connections(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await add_product(session)
    async with engine.connect() as connection:
        await connection.execute(text("ANALYZE products"))
        await connection.commit()

    found = await health(engine)

    tables = {table["name"]: table for table in found["tables"]}
    products = tables["products"]
    assert found["bytes"] > products["bytes"] > products["indexBytes"] > 0
    assert products["indexBytes"] == sum(index["bytes"] for index in products["indexes"])
    assert products["rowEstimate"] >= 1
    assert 0 <= products["deadShare"] < 1
    assert products["analyzedAt"].endswith("Z")
    assert "audit_log" not in tables  # its partitions are there
    assert {table["schemaName"] for table in found["tables"]} == {"public", "audit"}
    unused = {index["name"] for index in found["unusedIndexes"]}
    assert "ix_authors_name_id" in unused
    assert {"uq_products_slug", "pk_products"}.isdisjoint(unused)
    assert found["connections"]["maximum"] >= found["connections"]["used"] >= 1
    assert "active" in [each["state"] for each in found["connections"]["byState"]]
    assert [each["seconds"] >= 0 for each in found["transactions"]] == [True] * len(found["transactions"])
    assert found["cacheHitRatio"] is None or 0 <= found["cacheHitRatio"] <= 1
    assert found["statements"] == {"absence": "NOT_INSTALLED", "slowest": None}


async def test_slowest_statements_are_shown_without_those_that_hold_secrets(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await add_statement_statistics(session)

    assert (await health(engine))["statements"] == {
        "absence": None,
        "slowest": [
            {
                "text": " with busy AS (SELECT 1) UPDATE tags SET name = $1",
                "calls": 1,
                "totalSeconds": 9,
                "meanMilliseconds": 9000,
                "rows": 2,
            },
            {
                "text": "SELECT name FROM products WHERE id = $1",
                "calls": 4,
                "totalSeconds": 8,
                "meanMilliseconds": 2000,
                "rows": 4,
            },
        ],
    }

    async with writing(engine) as session:
        for function in ("database_sessions()", "database_statements(integer)"):
            await session.execute(text(OWN_LESS.format(function)))
    seen = await health(engine, SEEN_INTO)
    assert None in [each["state"] for each in seen["connections"]["byState"]]
    assert seen["statements"] == {"absence": "NOT_PERMITTED", "slowest": None}


async def test_nothing_is_read_for_others(engine: AsyncEngine) -> None:
    body = await run(engine, DOCUMENT, viewer=viewer_with_role(Role.STAFF))

    assert body["data"] == {"databaseHealth": None}
    assert [error["message"] for error in body["errors"]] == ["This field needs the permission database:read."]
