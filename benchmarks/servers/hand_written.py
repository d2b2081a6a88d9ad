"""The ceiling of Python on PostgreSQL: raw ASGI and one hand-written statement a request, without GraphQL.

Each operation of the benchmark is a function. Rows travel as columns and arrays of rows, which asyncpg decodes and
orjson writes; bare connections, handed out without a reset, as in `server.read_pool`.
"""

import gc
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import asyncpg
import orjson

from benchmarks.servers.connections import Connections, connect
from benchmarks.servers.raw_asgi import Headers, application

Operation = Callable[[asyncpg.Connection, Mapping[str, Any]], Awaitable[Any]]

PAGE = 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LEARN_ARRAYS = "SELECT ARRAY(SELECT ROW(1)), ARRAY[]::text[]"
"""asyncpg knows how to read an array within a row only after it has read one on its own."""

REVIEWS = """ARRAY(
    SELECT ROW(r.rating, r.comment, r.author_name) FROM reviews r
    WHERE r.product_id = p.id AND r.status = 'APPROVED' ORDER BY r.created_at DESC, r.id DESC LIMIT 3
)"""

PRODUCT = f"""
    SELECT p.id::text, p.name, p.price::text, p.currency, c.name, c.slug, {REVIEWS}
    FROM products p LEFT JOIN categories c ON c.id = p.category_id AND c.is_active
    WHERE p.slug = $1 AND p.is_active
"""  # noqa: S608 - a constant of this module

LIST = f"""
    SELECT p.id::text, p.name, p.price::text, p.currency, c.name, c.slug, {REVIEWS}, p.created_at
    FROM categories c LEFT JOIN LATERAL (
        SELECT id, name, price, currency, created_at FROM products
        WHERE category_id = c.id AND is_active ORDER BY created_at DESC, id DESC LIMIT {PAGE + 1}
    ) AS p ON true
    WHERE c.slug = $1 AND c.is_active ORDER BY p.created_at DESC, p.id DESC
"""  # noqa: S608 - the same

POSTS = """
    SELECT p.id::text, p.slug, p.title, p.excerpt, p.published_at, a.name, a.slug
    FROM posts p JOIN authors a ON a.id = p.author_id
    WHERE p.status = 'PUBLISHED' AND p.published_at <= now() ORDER BY p.dated_at DESC, p.id DESC LIMIT 10
"""

FIELDS = "SELECT id::text, name, price::text FROM products WHERE slug = $1 AND is_active"

SEARCH = """
    SELECT p.id::text, p.slug, p.name, p.price::text, p.currency FROM peers_sql.asked($1) q, products p
    WHERE p.is_active AND p.search @@ q.everything
    ORDER BY peers_sql.rank(p.name, p.search, q.title, q.whole, q.everything) DESC, p.id DESC LIMIT 10
"""

FILTER = f"""
    SELECT p.id::text, p.slug, p.name, p.rating::float8, p.price::text, p.currency,
        (SELECT c.name FROM categories c WHERE c.id = p.category_id AND c.is_active)
    FROM products p
    WHERE p.is_active AND p.price BETWEEN $1 AND $2 AND p.rating >= 4.5 ORDER BY p.price, p.id LIMIT {PAGE + 1}
"""  # noqa: S608 - the same
"""With a join PostgreSQL reads and sorts the whole range, because it cannot know how narrow that is."""


async def _connect() -> asyncpg.Connection:
    connection = await connect()
    await connection.fetchrow(LEARN_ARRAYS)
    return connection


async def _product(connection: asyncpg.Connection, variables: Mapping[str, Any]) -> Any:
    row = await connection.fetchrow(PRODUCT, variables["slug"])
    return {"product": row and _shape_product(row)}


async def _list(connection: asyncpg.Connection, variables: Mapping[str, Any]) -> Any:
    rows = await connection.fetch(LIST, variables["slug"])
    if not rows:
        return {"category": None}
    shown = [row for row in rows[:PAGE] if row[0]]
    end = _cursor("product:newest", _microseconds(shown[-1][7]), shown[-1][0]) if shown else None
    page = {"hasNextPage": len(rows) > PAGE, "endCursor": end}
    edges = [{"node": _shape_product(row)} for row in shown]
    return {"category": {"name": rows[0][4], "products": {"edges": edges, "pageInfo": page}}}


async def _posts(connection: asyncpg.Connection, _variables: Mapping[str, Any]) -> Any:
    return {"posts": {"nodes": [_shape_post(row) for row in await connection.fetch(POSTS)]}}


async def _fields(connection: asyncpg.Connection, variables: Mapping[str, Any]) -> Any:
    row = await connection.fetchrow(FIELDS, variables["slug"])
    return {"product": row and {"id": _id("Product", row[0]), "name": row[1], "price": {"amount": row[2]}}}


async def _search(connection: asyncpg.Connection, variables: Mapping[str, Any]) -> Any:
    rows = await connection.fetch(SEARCH, variables["question"])
    return {"products": {"nodes": [_shape_hit(row) for row in rows]}}


async def _filter(connection: asyncpg.Connection, variables: Mapping[str, Any]) -> Any:
    rows = await connection.fetch(FILTER, Decimal(variables["least"]), Decimal(variables["most"]))
    end = _cursor("product:price-asc", rows[:PAGE][-1][4], rows[:PAGE][-1][0]) if rows else None
    page = {"hasNextPage": len(rows) > PAGE, "endCursor": end}
    return {"products": {"nodes": [_shape_listed(row) for row in rows[:PAGE]], "pageInfo": page}}


def _shape_product(row: Any) -> Any:
    return {
        "id": _id("Product", row[0]),
        "name": row[1],
        "price": {"amount": row[2], "currencyCode": row[3]},
        "category": row[4] and {"name": row[4], "slug": row[5]},
        "reviews": {"nodes": [_shape_review(review) for review in row[6]]},
    }


def _shape_review(row: Any) -> Any:
    return {"rating": row[0], "comment": row[1], "author": {"name": row[2]}}


def _shape_post(row: Any) -> Any:
    return {
        "id": _id("Post", row[0]),
        "slug": row[1],
        "title": row[2],
        "excerpt": row[3],
        "publishedAt": f"{row[4].isoformat(timespec='milliseconds')[:23]}Z",
        "author": {"name": row[5], "slug": row[6]},
    }


def _shape_hit(row: Any) -> Any:
    price = {"amount": row[3], "currencyCode": row[4]}
    return {"id": _id("Product", row[0]), "slug": row[1], "name": row[2], "price": price}


def _shape_listed(row: Any) -> Any:
    return {
        "id": _id("Product", row[0]),
        "slug": row[1],
        "name": row[2],
        "rating": row[3],
        "price": {"amount": row[4], "currencyCode": row[5]},
        "category": row[6] and {"name": row[6]},
    }


def _id(kind: str, key: str) -> str:
    return b64encode(f"{kind}:{key}".encode()).decode()


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _cursor(order: str, key: object, row: str) -> str:
    return b64encode(f"{order}\x1f{key}\x1f{row}".encode()).decode()


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "Product": _product,
        "List": _list,
        "Posts": _posts,
        "Fields": _fields,
        "Search": _search,
        "Filter": _filter,
    }
)

connections = Connections(_connect)


async def answer(body: bytes, _headers: Headers) -> bytes:
    """The answer to the named operation."""
    request = orjson.loads(body)
    data = await connections.run(OPERATIONS[request["operationName"]], request["variables"])
    return orjson.dumps({"data": data})


app = application(answer)
gc.freeze()
