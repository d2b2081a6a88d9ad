"""What the database holds of a batch of products: one statement for each table, whatever the batch's size."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Select, Text, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.category_paths import Branch, CategoryTree, slug_of_path
from domain.conditions import among
from domain.products import CategoryPath, ProductData
from domain.slugs import slugify
from models import Category, Product, ProductImage, ProductVariant, StockLevel, Tag, product_tags

Statement: TypeAlias = Select[*tuple[Any, ...]]
Row: TypeAlias = dict[str, Any]
"""A row of a table by the names of its columns."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The batch's products as they are stored, and what their names, SKUs, tags and categories lead to."""

    products: Mapping[str, Row]
    """By slug, locked against other writers."""
    variants: Mapping[UUID, Sequence[Row]]
    """By product, each with its `stock_id` and the numbers of its stock; None without stock."""
    images: Mapping[UUID, Sequence[Row]]
    """By product."""
    product_tags: Mapping[UUID, frozenset[UUID]]
    """The ids of the tags by product."""
    sku_owners: Mapping[str, str]
    """The slug of the product that has the SKU."""
    tags: dict[str, UUID]
    """By slug."""
    categories: CategoryTree


async def read_stored(session: AsyncSession, batch: Sequence[ProductData]) -> Stored:
    """Lock the batch's products, in the order of their ids, and read what belongs to them."""
    products = await _rows(session, _products(batch))
    ids = [row["id"] for row in products]
    links = await _rows(session, select(product_tags).where(among(product_tags.c.product_id, ids)))
    return Stored(
        products={row["slug"]: row for row in products},
        variants=_by_product(await _rows(session, _variants(ids))),
        images=_by_product(await _rows(session, _images(ids))),
        product_tags={key: frozenset(row["tag_id"] for row in rows) for key, rows in _by_product(links).items()},
        sku_owners={row["sku"]: row["slug"] for row in await _rows(session, _owners(batch))},
        tags={row["slug"]: row["id"] for row in await _rows(session, _tags(batch))},
        categories=_tree(await _rows(session, _categories(batch))),
    )


async def _rows(session: AsyncSession, statement: Statement) -> list[Row]:
    return [dict(row) for row in (await session.execute(statement)).mappings()]


def _by_product(rows: Iterable[Row]) -> dict[UUID, list[Row]]:
    groups = defaultdict(list)
    for row in rows:
        groups[row["product_id"]].append(row)
    return groups


def _tree(rows: Iterable[Row]) -> CategoryTree:
    tree = CategoryTree()
    tree.take(Branch(**row) for row in rows)
    return tree


def _products(batch: Sequence[ProductData]) -> Statement:
    columns = [column for column in Product.__table__.c if column.name != "search"]
    slugs = [product.slug for product in batch]
    statement = select(*columns).where(among(Product.slug, slugs)).order_by(Product.id)
    return statement.with_for_update(key_share=True)


def _variants(product_ids: Sequence[UUID]) -> Statement:
    stock = (StockLevel.quantity, StockLevel.reserved, StockLevel.backordered, StockLevel.minimum_level)
    columns = (*ProductVariant.__table__.c, StockLevel.id.label("stock_id"), *stock)
    statement = select(*columns).outerjoin(StockLevel)
    return statement.where(among(ProductVariant.product_id, product_ids))


def _images(product_ids: Sequence[UUID]) -> Statement:
    return select(*ProductImage.__table__.c).where(among(ProductImage.product_id, product_ids))


def _owners(batch: Sequence[ProductData]) -> Statement:
    skus = [variant.sku for product in batch for variant in product.variants]
    owners = select(ProductVariant.sku, Product.slug).join(Product, Product.id == ProductVariant.product_id)
    return owners.where(among(ProductVariant.sku, skus))


def _tags(batch: Sequence[ProductData]) -> Statement:
    slugs = {slugify(name) for product in batch for name in product.tags}
    return select(Tag.slug, Tag.id).where(among(Tag.slug, sorted(slugs)))


def _categories(batch: Sequence[ProductData]) -> Statement:
    paths = {product.category.names for product in batch if isinstance(product.category, CategoryPath)}
    slugs = {product.category for product in batch if isinstance(product.category, str)}
    slugs |= {slug_of_path(names[:level]) for names in paths for level in range(1, len(names) + 1)}
    named = {name.lower() for names in paths for name in names}
    wanted = or_(among(Category.slug, sorted(slugs)), among(func.lower(Category.name, type_=Text), sorted(named)))
    is_trashed = Category.deleted_at.is_not(None).label("is_trashed")
    return select(Category.id, Category.parent_id, Category.slug, Category.name, is_trashed).where(wanted)
