"""Releases of products with variants and of services with tiers: laid together, and refused each for itself."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.catalog_kinds import PRODUCT, SERVICE
from domain.content_kinds import Kind
from domain.content_values import Content
from domain.item_batches import contents_of
from domain.release_publishing import ReleaseNotReadyError, publish_release
from domain.release_rollback import roll_back_release
from domain.releases import ReadRelease
from models import Product, ProductVariant, Release, Service, ServiceTier
from tests.factories import (
    add_product,
    add_release,
    add_release_item,
    add_reservation,
    add_revision,
    add_service,
    add_tier,
    add_user,
    add_variant,
    new_id,
    shared_engine,
    writing,
)
from tests.statements import scalar

COLOURS = ("Black", "White", "Red")
FEW, MANY = 2, 10

Items = list[Product | Service]
Change = Callable[[Kind[Any], Content], Content]


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each has items of its own."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


def otherwise(kind: Kind[Any], content: Content) -> Content:
    """The content with other parts: the second one first and dearer, the third one gone, and a new one instead."""
    assert kind.parts is not None
    (first, one), (second, two), (_, gone) = content[kind.parts.name].items()
    called = "name" if kind is SERVICE else "sku"
    parts = {
        second: {**two, "position": 0, "price": "7.00"},
        first: {**one, "position": 1},
        str(new_id()): {**gone, called: f"New {gone[called]}", "position": 2},
    }
    return {**content, kind.parts.name: parts}


async def released(engine: AsyncEngine, many: int, change: Change = otherwise) -> tuple[UUID, Items]:
    """A release of so many products and services that are out, with three parts each and a draft beside them."""
    async with writing(engine) as session:
        items: Items = []
        for _ in range(many):
            options = [{"name": "Colour", "values": list(COLOURS)}]
            product, service = await add_product(session, options=options), await add_service(session)
            default = await session.get_one(ProductVariant, product.default_variant_id)
            default.option_values = [{"name": "Colour", "value": COLOURS[0]}]
            for place, colour in enumerate(COLOURS[1:], 1):
                chosen = [{"name": "Colour", "value": colour}]
                await add_variant(session, product, position=place, name=colour, option_values=chosen)
            for place in range(len(COLOURS)):
                await add_tier(session, service, position=place)
            items += [product, service]
        await session.flush()
        release = await add_release(session)
        for kind, model in ((PRODUCT, Product), (SERVICE, Service)):
            rows: Any = [item for item in items if isinstance(item, model)]
            contents = await contents_of(session, kind, rows)
            for row in rows:
                await add_revision(session, row, version=1, content=contents[row.id])
                await add_revision(session, row, version=2, content=change(kind, contents[row.id]))
                row.version = 2
                await add_release_item(session, release, **{f"{kind.name}_id": row.id})
    return release.id, items


async def said(engine: AsyncEngine, items: Items) -> dict[UUID, Any]:
    """What readers see of the parts of each item."""
    found: dict[UUID, Any] = {}
    async with writing(engine) as session:
        for kind, model in ((PRODUCT, Product), (SERVICE, Service)):
            keys = [item.id for item in items if isinstance(item, model)]
            rows: Any = (await session.scalars(select(model).where(model.id.in_(keys)))).all()
            assert kind.parts is not None
            contents = await contents_of(session, kind, rows)
            found |= {key: content[kind.parts.name] for key, content in contents.items()}
    return found


async def statements(engine: AsyncEngine, act: Any, release: UUID) -> list[str]:
    """What is sent to publish a release, or to take it back."""
    sent: list[str] = []
    note = partial(_note, sent)
    version = await scalar(engine, select(Release.version).where(Release.id == release))
    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        async with writing(engine) as session:
            await act(session, ReadRelease(release, version))
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)
    return sent


def _note(sent: list[str], _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
    sent.append(statement)


async def test_parts_of_many_items_take_as_many_statements_as_those_of_a_few(shop: AsyncEngine) -> None:
    sent = {}
    for many in (FEW, MANY):
        release, items = await released(shop, many)
        before = await said(shop, items)
        out = await statements(shop, publish_release, release)
        after = await said(shop, items)
        for item in items:
            (first, second, _), (now_first, now_second, _) = before[item.id].items(), after[item.id].items()
            assert (now_first[0], now_first[1]["price"]) == (second[0], "7.00")
            assert (now_second[0], now_second[1]["price"]) == (first[0], first[1]["price"])
            assert before[item.id].keys() & after[item.id].keys() == {first[0], second[0]}
        back = await statements(shop, roll_back_release, release)
        assert await said(shop, items) == before
        sent[many] = (len(out), len(back))
    assert sent[FEW] == sent[MANY]
    seven = select(func.count()).where(Product.price == 7)
    assert await scalar(shop, seven) == 0, "A product repeats what its first variant costs, and that went back too."


async def test_parts_that_do_not_fit_are_told_of_their_item_and_nothing_comes_out(shop: AsyncEngine) -> None:
    release, items = await released(shop, FEW)
    before = await said(shop, items)
    reserved = next(item for item in items if isinstance(item, Product))
    third = UUID(list(before[reserved.id])[2])
    async with writing(shop) as session:
        await add_reservation(session, third, await add_user(session))

    with pytest.raises(ReleaseNotReadyError) as refused:
        await statements(shop, publish_release, release)

    (refusal,) = refused.value.refusals
    sku = before[reserved.id][str(third)]["sku"]
    assert (refusal.title, [(each.field, each.message) for each in refusal.findings]) == (
        reserved.name,
        [("variants", f"Reserved stock of {sku} is 1: the variant cannot be removed.")],
    )
    assert await said(shop, items) == before
    tiers = select(func.count()).where(ServiceTier.service_id.in_([item.id for item in items]), ServiceTier.price == 7)
    assert await scalar(shop, tiers) == 0
