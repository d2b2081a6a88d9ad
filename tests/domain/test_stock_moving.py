"""Stock: every change has its movement, what is promised is there, and rivals get what there is and no more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.actors import command, introduce
from domain.product_writing import put_products
from domain.products import Merge, ProductData, VariantData
from domain.reservations import NotReservedError, OutOfStockError, release, reserve, sell, take_back
from domain.stock_keeping import Count, correct, receive
from domain.stock_moving import Cause
from models import BackorderPolicy, ProductVariant, StockLevel, StockMovement
from server.database import create_engine
from tests.databases import settings_for
from tests.factories import add_product, add_variant, new_id, shared_engine, writing

BUYERS = 40
NUMBERS = (StockLevel.quantity, StockLevel.reserved, StockLevel.backordered)

Numbers = tuple[int, ...]


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for these tests, each of which makes variants of its own."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


async def some_variant(shop: AsyncEngine, stock: int | None, **values: object) -> UUID:
    """A new variant with so many units."""
    async with writing(shop) as session:
        product = await add_product(session)
        return (await add_variant(session, product, stock=stock, **values)).id


async def level_of(shop: AsyncEngine, variant: UUID) -> Numbers:
    """Its units in the house, promised, and promised beyond those."""
    async with AsyncSession(shop) as session:
        return tuple((await session.execute(select(*NUMBERS).where(StockLevel.variant_id == variant))).one())


async def movements_of(shop: AsyncEngine, variant: UUID) -> list[tuple[str, int, int, int, int]]:
    """Kind, changes and numbers afterwards, from the first on."""
    columns = (
        StockMovement.kind,
        StockMovement.quantity_change,
        StockMovement.reserved_change,
        StockMovement.quantity_after,
        StockMovement.reserved_after,
    )
    statement = select(*columns).join(StockMovement.stock_level).where(StockLevel.variant_id == variant)
    async with AsyncSession(shop) as session:
        return [(row[0].value, *row[1:]) for row in await session.execute(statement.order_by(StockMovement.number))]


async def differing(shop: AsyncEngine) -> int:
    """How many levels are not the sum of their movements."""
    sums = select(
        func.coalesce(func.sum(StockMovement.quantity_change), 0),
        func.coalesce(func.sum(StockMovement.reserved_change), 0),
    ).where(StockMovement.stock_level_id == StockLevel.id)
    agreeing = sums.having(
        func.coalesce(func.sum(StockMovement.quantity_change), 0) == StockLevel.quantity,
        func.coalesce(func.sum(StockMovement.reserved_change), 0) == StockLevel.reserved,
    )
    async with AsyncSession(shop) as session:
        found = await session.scalar(select(func.count()).select_from(StockLevel).where(~agreeing.exists()))
    return found or 0


def some_order() -> Cause:
    """An order that units are moved for."""
    return Cause("orders", new_id())


async def test_units_go_from_the_delivery_to_the_customer_and_back(shop: AsyncEngine) -> None:
    variant, order = await some_variant(shop, None), some_order()
    async with writing(shop) as session:
        await introduce(session, command("stocktaking"))
        level = await receive(session, variant, 5, "Delivery 7")
        assert await reserve(session, {variant: 3}, order) == {variant}
        await release(session, {variant: 1}, order)
        await sell(session, {variant: 2}, order)
        await take_back(session, {variant: 1}, order)
        await correct(session, variant, Count(expected=4, counted=6, reason="Two more on the shelf"))

    assert await level_of(shop, variant) == (6, 0, 0)
    assert await movements_of(shop, variant) == [
        ("RECEIVED", 5, 0, 5, 0),
        ("RESERVED", 0, 3, 5, 3),
        ("RELEASED", 0, -1, 5, 2),
        ("SOLD", -2, -2, 3, 0),
        ("RETURNED", 1, 0, 4, 0),
        ("CORRECTED", 2, 0, 6, 0),
    ]
    async with AsyncSession(shop) as session:
        said = select(StockMovement.reason, StockMovement.cause, StockMovement.cause_id, StockMovement.actor_name)
        rows = await session.execute(
            said.where(StockMovement.stock_level_id == level.id).order_by(StockMovement.number)
        )
    assert [tuple(row) for row in rows] == [
        ("Delivery 7", None, None, "stocktaking"),
        *[(None, "orders", order.key, "stocktaking")] * 4,
        ("Two more on the shelf", None, None, "stocktaking"),
    ]


async def test_numbers_that_are_written_by_hand_are_corrections(shop: AsyncEngine) -> None:
    variant = await some_variant(shop, 4)
    async with writing(shop) as session:
        await session.execute(update(StockLevel).where(StockLevel.variant_id == variant).values(minimum_level=2))
        await session.execute(update(StockLevel).where(StockLevel.variant_id == variant).values(quantity=9, reserved=1))

    assert await movements_of(shop, variant) == [("RECEIVED", 4, 0, 4, 0), ("CORRECTED", 5, 1, 9, 1)]


async def test_import_writes_movements(shop: AsyncEngine) -> None:
    def product(quantity: int) -> ProductData:
        return ProductData(
            slug="ledger-lamp",
            name="Lamp",
            variants=(VariantData(sku="LEDGER-LAMP", price=Decimal(1), quantity=quantity),),
        )

    for quantity in (3, 8):
        async with writing(shop) as session:
            await put_products(session, [product(quantity)], merge=Merge(sets_stock=True))
    async with AsyncSession(shop) as session:
        variant = await session.scalar(select(ProductVariant.id).where(ProductVariant.sku == "LEDGER-LAMP"))

    assert variant is not None
    assert await movements_of(shop, variant) == [("RECEIVED", 3, 0, 3, 0), ("CORRECTED", 5, 0, 8, 0)]


async def test_reserving_says_of_each_variant_how_many_are_left(shop: AsyncEngine) -> None:
    enough, scarce, none = [await some_variant(shop, stock) for stock in (5, 1, None)]
    with pytest.raises(OutOfStockError) as refused:
        async with writing(shop) as session:
            await reserve(session, {none: 1, enough: 5, scarce: 2}, some_order())

    lines = {line.variant_id: (line.asked, line.left) for line in refused.value.lines}
    assert lines == {scarce: (2, 1), none: (1, 0)}
    assert str(refused.value).startswith("Only 1 is left of ")
    assert [await level_of(shop, variant) for variant in (enough, scarce)] == [(5, 0, 0), (1, 0, 0)]


async def test_orders_wait_where_the_policy_permits(shop: AsyncEngine) -> None:
    variants = [await some_variant(shop, stock, backorder_policy=BackorderPolicy.ALLOW) for stock in (1, None)]
    order = some_order()
    async with writing(shop) as session:
        await reserve(session, dict.fromkeys(variants, 3), order)
    assert [await level_of(shop, variant) for variant in variants] == [(1, 3, 2), (0, 3, 3)]

    with pytest.raises(OutOfStockError):
        async with writing(shop) as session:
            await sell(session, {variants[0]: 3}, order)
    async with writing(shop) as session:
        deny = update(ProductVariant).where(ProductVariant.id == variants[0])
        await session.execute(deny.values(backorder_policy=BackorderPolicy.DENY))
        await receive(session, variants[0], 1, None)
    assert await level_of(shop, variants[0]) == (2, 3, 1)
    with pytest.raises(OutOfStockError):
        async with writing(shop) as session:
            await reserve(session, {variants[0]: 1}, order)
    with pytest.raises(IntegrityError, match="ck_stock_levels_reserved"):
        async with writing(shop) as session:
            await session.execute(
                update(StockLevel).where(StockLevel.variant_id == variants[0]).values(reserved=4, backordered=9)
            )


async def test_stock_that_is_not_counted_is_not_reserved(shop: AsyncEngine) -> None:
    counted, uncounted = await some_variant(shop, 1), await some_variant(shop, 1, tracks_stock=False)
    async with writing(shop) as session:
        assert await reserve(session, {uncounted: 5, counted: 1}, some_order()) == {counted}
    assert await level_of(shop, uncounted) == (1, 0, 0)


async def test_what_is_not_reserved_is_neither_released_nor_sold(shop: AsyncEngine) -> None:
    variant = await some_variant(shop, 5)
    for move in (release, sell):
        with pytest.raises(NotReservedError):
            async with writing(shop) as session:
                await move(session, {variant: 1}, some_order())
    assert await level_of(shop, variant) == (5, 0, 0)


@pytest.mark.parametrize("statement", ["DELETE FROM stock_movements", "UPDATE stock_movements SET reason = 'x'"])
async def test_server_cannot_alter_movements(shop: AsyncEngine, statement: str) -> None:
    for role in ("merkato_system", "merkato_app"):
        async with AsyncSession(shop) as session:
            await session.execute(text(f"SET LOCAL ROLE {role}"))
            with pytest.raises(ProgrammingError, match="permission denied"):
                await session.execute(text(statement))


@asynccontextmanager
async def rivals(shop: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """An engine with connections enough for many at once."""
    url = str(shop.get_execution_options()["url"])
    engine = create_engine(url, settings_for(url).model_copy(update={"database_pool_size": BUYERS}))
    yield engine
    await engine.dispose()


async def test_buyers_who_meet_keep_exactly_what_there_is(shop: AsyncEngine) -> None:
    """They ask for two variants, every second one in the other order; every fifth gives back what it got."""
    scarce, plentiful = await some_variant(shop, 10), await some_variant(shop, BUYERS)

    async def buy(engine: AsyncEngine, number: int) -> int:
        units = {scarce: 1 + number % 2, plentiful: 1}
        units = units if number % 2 else dict(reversed(units.items()))
        order = some_order()
        try:
            async with writing(engine) as session:
                await reserve(session, units, order)
        except OutOfStockError:
            return 0
        if number % 5 == 0:
            async with writing(engine) as session:
                await release(session, units, order)
            return 0
        return units[scarce]

    async with rivals(shop) as engine:
        kept = await asyncio.gather(*(buy(engine, number) for number in range(BUYERS)))

    assert await level_of(shop, scarce) == (10, sum(kept), 0)
    assert 0 < sum(kept) <= 10
    assert (await level_of(shop, plentiful))[1] == len([units for units in kept if units])
    assert await differing(shop) == 0


async def test_last_ten_units_go_to_ten_buyers(shop: AsyncEngine) -> None:
    variant = await some_variant(shop, 10)

    async def buy(engine: AsyncEngine) -> int | None:
        try:
            async with writing(engine) as session:
                await reserve(session, {variant: 1}, some_order())
        except OutOfStockError as error:
            return error.lines[0].left
        return None

    async with rivals(shop) as engine:
        outcomes = await asyncio.gather(*(buy(engine) for _ in range(BUYERS)))

    assert sorted(outcomes, key=str) == [0] * (BUYERS - 10) + [None] * 10
    assert await level_of(shop, variant) == (10, 10, 0)
    assert await differing(shop) == 0
