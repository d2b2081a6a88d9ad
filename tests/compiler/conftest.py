"""The demo shop with odd rows among it, and both executors on it."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from graphql import get_named_type
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from uuid_utils.compat import uuid7

import models
from auth.viewer import viewer_with_role
from models import Role
from resolvers.ids import encode_id
from schema.root import NODES
from server.database import open_connection
from server.graphql_request import GraphQLRequest
from server.read_pool import ReadPool
from server.seeding import load_demo
from tests.compiler.operations import Pool
from tests.compiler.random_orders import add_random_purchases
from tests.compiler.random_shop import RandomShop
from tests.databases import copy_database, drop_database, opened, settings_for
from tests.executors import REFERENCE, answered
from tests.factories import (
    add_address,
    add_api_token,
    add_log_entry,
    add_review,
    add_session,
    add_user,
    seal_phone,
)
from tests.schema.walk import CORE

SEED = int(os.environ.get("MERKATO_EQUALITY_SEED", "0"))

OWNERS = (UUID("018f0000-0000-7000-8000-000000000001"), UUID("018f0000-0000-7000-8000-000000000002"))
"""Accounts with reviews in every state."""

GUEST = UUID("018f0000-0000-7000-8000-000000000003")
"""A guest with orders and a cart, as those accounts have."""

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
            await add_owned_rows(session)
            shop = RandomShop(Random(SEED), session)  # noqa: S311 - no secrets
            await shop.fill()
            owners = [await session.get_one(models.User, owner) for owner in OWNERS]
            await add_random_purchases(shop, *owners, GUEST)
            await session.commit()
    yield url
    await drop_database(url)


@pytest.fixture(scope="session")
async def odd_engine(odd_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on the odd shop."""
    async with opened(odd_url) as engine:
        yield engine


@pytest.fixture(scope="session")
async def read_pool(odd_url: str) -> AsyncIterator[ReadPool]:
    """A driver's connection to the odd shop."""
    pool = ReadPool(lambda: open_connection(odd_url, settings_for(odd_url)), 1)
    yield pool
    await pool.close()


@pytest.fixture(scope="session")
async def pool(odd_engine: AsyncEngine) -> Pool:
    """Values that occur in the odd shop."""
    async with AsyncSession(odd_engine) as session:
        ids = {}
        for name, model in NODES.items():
            keys = (await session.scalars(select(model.id).order_by(model.id.desc()).limit(12))).all()
            ids[name] = [encode_id(name, key) for key in (*keys, uuid7())]
        tags = list((await session.scalars(select(models.Tag.slug).order_by(models.Tag.slug).limit(15))).all())
        slugs = [
            slug
            for model in (models.Product, models.Category, models.Service, models.Post, models.Author)
            for slug in (await session.scalars(select(model.slug).order_by(model.id.desc()).limit(15))).all()
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
            "countryCode": ["ET", "KE", "US", "%"],
            "name": ["Size", "Ports", "Licence"],
            "values": ["8", "Large", "5 users"],
        },
        ids=ids,
        cursors=await _cursors(odd_engine),
    )


async def _cursors(engine: AsyncEngine) -> dict[str, list[str]]:
    """Cursors of each list at the root in each of its orders, by the connection's type and the order."""
    found: dict[str, list[str]] = {}
    for name, field in CORE.type_map["Query"].fields.items():  # type: ignore[attr-defined]
        if "after" not in field.args:
            continue
        orders = [*field.args["sort"].type.values] if "sort" in field.args else []
        for order in ("", *orders):
            given = [f"sort: {order}"] if order else []
            given += ['search: "network"'] if order == "RELEVANCE" else ['query: "network"'] if name == "search" else []
            query = f"{{ {name}({', '.join([*given, 'first: 40'])}) {{ edges {{ cursor }} }} }}"
            answer = await answered(REFERENCE, engine, GraphQLRequest(query), viewer_with_role(Role.ADMIN, OWNERS[0]))
            assert answer.data is not None, answer.errors
            cursors = [edge["cursor"] for edge in answer.data[name]["edges"]]
            found[f"{get_named_type(field.type).name} {order}"] = cursors
    query = "{ products(first: 100) { nodes { variants { edges { cursor } } } } }"
    answer = await answered(REFERENCE, engine, GraphQLRequest(query), viewer_with_role(Role.ADMIN, OWNERS[0]))
    products = (answer.data or {})["products"]["nodes"]
    variants = [edge["cursor"] for product in products for edge in product["variants"]["edges"]]
    return {**found, "ProductVariantConnection ": variants}


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


async def add_owned_rows(session: AsyncSession) -> None:
    """Rows that their owners see, and others do not."""
    products = (await session.scalars(select(models.Product).order_by(models.Product.id).limit(12))).all()
    for owner in OWNERS:
        user = await add_user(session, id=owner, username=f"owner-{owner.int % 10}", avatar_url="/media/me.webp")
        await add_private_rows(session, user)
        for number, product in enumerate(products):
            status = list(models.ModerationStatus)[(number + OWNERS.index(owner)) % len(models.ModerationStatus)]
            await add_review(session, product, user, status=status, moderation_note="private")


async def add_private_rows(session: AsyncSession, user: models.User) -> None:
    """What nobody but the account's owner and staff sees: some of everything, over and going on, with and without."""
    moment = datetime(2026, 10, 1, 12, 30, 0, 123456, tzinfo=UTC)
    await seal_phone(session, user, "+251911000101")
    session.add(models.TotpCredential(user_id=user.id, encrypted_secret=b"", confirmed_at=moment))
    for number, text in enumerate(ODD_TEXTS):
        address = await add_address(
            session, user, name=text or "-", line2=text, is_default_billing=number == 2, created_at=moment
        )
        if number % 2:
            await seal_phone(session, address, f"+25191100010{number}")
        over = {"ended_at": moment, "end_reason": models.SessionEnd.REVOKED} if number % 2 else {}
        await add_session(session, user, user_agent=text, address=None, **over)
        await add_api_token(session, user, name=text or "-", revoked_at=moment if number % 2 else None)
        event = list(models.SecurityEvent)[number]
        await add_log_entry(session, user, event=event, details={"text": text, "list": [text]}, created_at=moment)
        session.add(models.RecoveryCode(user_id=user.id, code_hash=number.to_bytes(32, "big")))
    await add_log_entry(session, user, actor_id=user.id)
