"""The statements that write the rows of a batch: one for each table, with the rows as one JSON parameter."""

import json
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import JSON, ColumnElement, Table, TableValuedAlias, Text, and_, bindparam, cast, column, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.conditions import among
from domain.product_planning import Changes
from domain.product_state import Row
from models import Base, Product, Shop, product_tags

TABLES: Final = Base.metadata.tables
VARIANTS: Final = TABLES["product_variants"]
STOCK: Final = TABLES["stock_levels"]

INSERTED: Final = (
    *("tags", "categories", "products", "product_images", "product_variants", "stock_levels", "product_tags"),
)
UPDATED: Final = ("product_images", "product_variants", "stock_levels", "products")
"""Products come after their variants, whose triggers change them as well."""

SORTED_BY: Final = {"tags": "slug", "products": "slug", "product_variants": "sku"}
"""Rivals that insert the same names in the same order wait for one another, and never in a circle."""


async def write_changes(session: AsyncSession, changes: Changes) -> None:
    """Write the rows. Where a rival was faster a constraint is violated."""
    await _remove_variants(session, changes.deleted["product_variants"])
    await _free_skus(session, changes.renamed)
    for name in INSERTED:
        await _insert(session, TABLES[name], changes.inserted[name])
    for name in UPDATED:
        await _update(session, TABLES[name], changes.updated[name])
    await _remove_images(session, changes.deleted["product_images"])
    await _remove_tags(session, changes.deleted["product_tags"])


async def _insert(session: AsyncSession, table: Table, rows: Sequence[Row]) -> None:
    if not rows:
        return
    if table.name in SORTED_BY:
        rows = sorted(rows, key=itemgetter(SORTED_BY[table.name]))
    given = _given(table, rows)
    values = {name: given.c[name] for name in rows[0]} | _defaults(table, given)
    statement = table.insert().from_select(list(values), select(*values.values()))
    await session.execute(statement, {"rows": _json(rows)})


def _defaults(table: Table, given: TableValuedAlias) -> dict[str, ColumnElement[Any]]:
    """What a new row takes from elsewhere: a product the shop's currency, a variant its product's."""
    if table.name == "products":
        created_at = func.coalesce(given.c.created_at, func.now())
        return {"created_at": created_at, "currency": select(Shop.currency).scalar_subquery()}
    if table.name == "product_variants":
        currency = select(Product.currency).where(Product.id == given.c.product_id)
        return {"currency": currency.scalar_subquery()}
    return {}


async def _update(session: AsyncSession, table: Table, rows: Sequence[Row]) -> None:
    if rows:
        given = _given(table, rows)
        values = {name: given.c[name] for name in rows[0] if name != "id"}
        await session.execute(table.update().where(table.c.id == given.c.id).values(values), {"rows": _json(rows)})


async def _remove_variants(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Delete variants. If a rival has just reserved units of one, the constraint on `quantity` is violated."""
    if rows:
        ids = [row["id"] for row in rows]
        levels = among(STOCK.c.variant_id, ids)
        await session.execute(select(STOCK.c.id).where(levels).order_by(STOCK.c.id).with_for_update())  # as orders do
        await session.execute(STOCK.update().where(levels).values(quantity=-STOCK.c.reserved))
        await session.execute(VARIANTS.delete().where(among(VARIANTS.c.id, ids)))


async def _free_skus(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Give variants their ids as SKUs for a moment, so that SKUs can move between them in any order."""
    if rows:
        ids = [row["id"] for row in rows]
        free = VARIANTS.update().where(among(VARIANTS.c.id, ids)).values(sku=cast(VARIANTS.c.id, Text))
        await session.execute(free)


async def _remove_images(session: AsyncSession, rows: Sequence[Row]) -> None:
    if rows:
        images = TABLES["product_images"]
        await session.execute(images.delete().where(among(images.c.id, [row["id"] for row in rows])))


async def _remove_tags(session: AsyncSession, rows: Sequence[Row]) -> None:
    if rows:
        given = _given(product_tags, rows)
        same = and_(product_tags.c.product_id == given.c.product_id, product_tags.c.tag_id == given.c.tag_id)
        await session.execute(product_tags.delete().where(same), {"rows": _json(rows)})


def _given(table: Table, rows: Sequence[Row]) -> TableValuedAlias:
    """The parameter `rows` as a table with the columns of the first row."""
    columns = [column(name, table.c[name].type) for name in rows[0]]
    records = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON))
    return records.table_valued(*columns).render_derived(name="given", with_types=True)


def _json(rows: Sequence[Row]) -> str:
    """The rows as PostgreSQL reads them: ids, amounts and times as text."""
    return json.dumps(rows, default=str)
