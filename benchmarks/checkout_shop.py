"""A shop to buy from as fast as it goes: products by the hundred, and one that everybody wants."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from benchmarks.data import Database
from benchmarks.sign_in_shop import sign_in_shop
from domain.product_writing import put_products
from domain.products import ProductData, VariantData
from models import ShippingMethod, ShippingRateKind
from resolvers.ids import encode_id
from server.database import create_engine
from server.settings import load_settings

LINES = 3
PRICE = Decimal(100)
SHIPPING = Decimal(50)
PRODUCTS = 300
MANY = 2_000_000_000
"""Units of each variant: none runs out."""

EACH, HOT = "EACH-", "HOT-"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Variants that are bought three at a time; pgbench knows them by the beginning of their SKUs."""

    title: str
    prefix: str
    variants: int

    @property
    def third(self) -> int:
        """An order is of one variant of each third, so that it is of three."""
        return self.variants // LINES


SHELVES = (
    Shelf("on different products", EACH, PRODUCTS),
    Shelf("on one hot product", HOT, LINES),
)


@dataclass(frozen=True, slots=True)
class CheckoutShop:
    """What can be bought."""

    database: Database
    ids: dict[str, str]
    """By SKU, the ids as clients know them."""
    shipping_method_id: UUID

    def variants(self, shelf: Shelf, number: int) -> list[str]:
        """Three variants of the shelf."""
        first = number % shelf.third + 1
        return [self.ids[f"{shelf.prefix}{first + line * shelf.third}"] for line in range(LINES)]

    def script_variables(self, shelf: Shelf) -> dict[str, int | str]:
        """What pgbench is told of the shelf."""
        return {"prefix": shelf.prefix, "third": shelf.third, "method": str(self.shipping_method_id)}


@contextmanager
def checkout_shop() -> Iterator[CheckoutShop]:
    """The demo shop and these products, for as long as the block runs."""
    with sign_in_shop(1) as shop:
        method_id, ids = asyncio.run(_furnish(shop.database.url))
        yield CheckoutShop(shop.database, ids, method_id)


async def _furnish(url: str) -> tuple[UUID, dict[str, str]]:
    engine = create_engine(url, load_settings({"app_env": "development"}))
    courier = ShippingMethod(id=uuid7(), name="Courier", rate_kind=ShippingRateKind.FLAT, price=SHIPPING)
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        await put_products(session, [*map(_product, range(1, PRODUCTS + 1)), _hot_product()])
        session.add(courier)
    await engine.dispose()
    connection: asyncpg.Connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT sku, id FROM product_variants WHERE sku ~ $1", f"^({EACH}|{HOT})")
    await connection.close()
    await analyze(url)
    return courier.id, {row["sku"]: encode_id("ProductVariant", UUID(str(row["id"]))) for row in rows}


async def analyze(url: str) -> None:
    """Have PostgreSQL look at all tables anew, as autovacuum has it within a minute.

    What it has planned for carts and orders while there were none reads all of them, and is planned again after this.
    """
    connection: asyncpg.Connection = await asyncpg.connect(url)
    await connection.execute("ANALYZE")
    await connection.close()


def _product(number: int) -> ProductData:
    variant = VariantData(sku=f"{EACH}{number}", price=PRICE, quantity=MANY, weight_grams=100)
    return ProductData(slug=f"each-{number}", name=f"Product {number}", variants=(variant,))


def _hot_product() -> ProductData:
    sizes = [str(number) for number in range(1, LINES + 1)]
    variants = [
        VariantData(sku=f"{HOT}{size}", price=PRICE, quantity=MANY, weight_grams=100, option_values=(f"Size {size}",))
        for size in sizes
    ]
    return ProductData(slug="hot", name="What everybody wants", options=("Size",), variants=tuple(variants))
