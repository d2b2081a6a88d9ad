"""The demo shop with odd rows among it, and both executors on it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import asyncpg
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from uuid_utils.compat import uuid7

import models
from auth.viewer import VISITOR
from resolvers.context import Context
from resolvers.ids import encode_id
from schema.root import NODES, schema
from server.database import open_connection
from server.graphql_execution import Executor
from server.graphql_request import GraphQLRequest
from server.read_pool import opened_for_reading
from server.seeding import load_demo
from tests.compiler.operations import Pool
from tests.databases import copy_database, drop_database, opened, settings_for

ODD_TEXTS = (
    "",
    "O'Brien's \"quoted\" \\ back\\slash",
    "emoji 🛒🇪🇹 and\ttab\nline",
    "مرحبا بالعالم",
    "{json: [1, 2]}, (row), NULL",
    "ሰላም % _ $1 :param",
)


@pytest.fixture(scope="session")
async def odd_url(postgres: str, migrated: str) -> AsyncIterator[str]:
    """The address of a database with the demo shop and rows that are easy to get wrong."""
    url = await copy_database(postgres, migrated)
    async with opened(url) as engine:
        await load_demo(engine)
        async with AsyncSession(engine) as session:
            await add_odd_rows(session)
            await session.commit()
    yield url
    await drop_database(url)


@pytest.fixture(scope="session")
async def odd_engine(odd_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on the odd shop."""
    async with opened(odd_url) as engine:
        yield engine


@pytest.fixture(scope="session")
async def connection(odd_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A driver's connection to the odd shop."""
    connection = await opened_for_reading(lambda: open_connection(odd_url, settings_for(odd_url)))
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def pool(odd_engine: AsyncEngine) -> Pool:
    """Values that occur in the odd shop."""
    async with AsyncSession(odd_engine) as session:
        ids = []
        for name, model in NODES.items():
            keys = (await session.scalars(select(model.id).order_by(model.id).limit(12))).all()
            ids += [encode_id(name, key) for key in keys]
        tags = list((await session.scalars(select(models.Tag.slug).order_by(models.Tag.slug).limit(15))).all())
        slugs = [
            slug
            for model in (models.Product, models.Category, models.Service, models.Post, models.Author)
            for slug in (await session.scalars(select(model.slug).order_by(model.slug).limit(15))).all()
        ]
    return Pool(
        strings={
            "": ["", "backup", "switch", "O'Brien", "ሰላም", "a & | b", '"quoted phrase"', "secur"],
            "slug": slugs,
            "slugs": slugs,
            "categories": [slug for slug in slugs if "-" not in slug] + ["networking", "guides", "security"],
            "tags": tags,
            "authors": slugs[-5:],
            "vendors": ["Kibo Networks", "Omade Cravings", ODD_TEXTS[1]],
            "name": ["Size", "Ports", "Licence"],
            "values": ["8", "Large", "5 users"],
        },
        ids=[*ids, encode_id("Product", uuid7())],
        cursors=await _cursors(odd_engine),
    )


async def _cursors(engine: AsyncEngine) -> list[str]:
    lists = ("products", "categories", "services", "posts", "authors", "postCategories", "reviews")
    fields = " ".join(f"{name}(first: 6) {{ edges {{ cursor }} }}" for name in lists)
    sorted_lists = "p: products(sort: PRICE_ASC, first: 30) { edges { cursor } }"
    async with Context(engine, VISITOR) as context:
        answer = await Executor(schema, introspection=True).run(
            GraphQLRequest(f"{{ {fields} {sorted_lists} }}"), context
        )
    assert answer.data is not None
    return [edge["cursor"] for connection in answer.data.values() for edge in connection["edges"]]


async def add_odd_rows(session: AsyncSession) -> None:
    """Rows with NULLs, odd texts, empty lists and equal sort keys."""
    moment = datetime(2026, 10, 1, 12, 30, 0, 123456, tzinfo=UTC)
    author = models.Author(slug="odd", name=ODD_TEXTS[1])
    users = [models.User(email=f"odd{n}@example.com", first_name=ODD_TEXTS[2], last_name="") for n in range(3)]
    session.add_all([author, *users])
    await session.flush()
    for number, text in enumerate(ODD_TEXTS):
        variant_id = uuid7()
        product = models.Product(
            slug=f"odd-{number}",
            name=text or "-",
            description=text,
            description_html=text,
            vendor=text,
            default_variant_id=variant_id,
            price=Decimal("4250.00"),
            features=[text, ""],
            specifications=[{"name": text, "value": text}],
            attributes={"text": text, "deep": [1, None, {"x": 1.5}]},
            created_at=moment,
        )
        session.add(product)
        await session.flush()
        session.add_all(
            [
                models.ProductVariant(
                    id=variant_id, product_id=product.id, sku=f"ODD-{number}", name=text, price=Decimal("4250.00")
                ),
                models.Post(
                    slug=f"odd-{number}",
                    title=text or "-",
                    excerpt=text,
                    body=text,
                    author_id=author.id,
                    status=models.PublishingStatus.PUBLISHED,
                    published_at=moment,
                    created_at=moment,
                ),
                *(
                    models.Review(
                        product_id=product.id,
                        user_id=user.id,
                        rating=3,
                        title=text,
                        comment=text,
                        status=models.ModerationStatus.APPROVED,
                        created_at=moment,
                    )
                    for user in users
                ),
            ]
        )
    await session.flush()
