"""Products with variants and services with tiers that are out, each with a draft beside it that has other prices."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.catalog_kinds import PRODUCT, SERVICE
from domain.content_kinds import Kind
from domain.content_values import Content
from domain.item_batches import contents_of
from domain.product_writing import put_products
from domain.products import ProductData, VariantData
from models import ReleaseAction, ReleaseItem, Revision, Service, ServiceTier, ServiceType

SIZES: Final = ("Small", "Medium", "Large")
KINDS: Final[Mapping[str, Kind[Any]]] = MappingProxyType({"products": PRODUCT, "services": SERVICE})
"""By the names of their steps."""


async def add_items(session: AsyncSession, name: str, many: int) -> None:
    """So many of them, with three parts each."""
    if name == "products":
        await put_products(session, [_product(number) for number in range(many)])
    else:
        await _add_services(session, many)


async def add_release_of_drafts(session: AsyncSession, name: str, release: UUID) -> None:
    """Put all of them into a release, each with a draft of all its parts beside it."""
    kind = KINDS[name]
    rows = (await session.scalars(select(kind.model))).all()
    contents = await contents_of(session, kind, rows)
    named = {"table_name": kind.table_name}
    versions = [{1: content, 2: _dearer(kind, content)} for content in contents.values()]
    revisions = [
        {"id": uuid7(), **named, "row_id": key, "version": version, "content": content}
        for key, said in zip(contents, versions, strict=True)
        for version, content in said.items()
    ]
    await session.execute(insert(Revision), revisions)
    await session.execute(update(kind.model).values(version=2))
    put = {"release_id": release, "action": ReleaseAction.PUBLISH}
    await session.execute(insert(ReleaseItem), [{"id": uuid7(), **put, f"{kind.name}_id": key} for key in contents])


def _product(number: int) -> ProductData:
    variants = [
        VariantData(sku=f"SKU-{number}-{size}", price=Decimal(100), option_values=(size,), quantity=5) for size in SIZES
    ]
    return ProductData(slug=f"product-{number}", name=f"Product {number}", options=("Size",), variants=tuple(variants))


async def _add_services(session: AsyncSession, many: int) -> None:
    keys = {uuid7(): number for number in range(many)}
    services = [
        {"id": key, "slug": f"service-{number}", "title": f"Service {number}", "type": ServiceType.SUPPORT}
        for key, number in keys.items()
    ]
    tiers = [
        {"id": uuid7(), "service_id": key, "name": size, "price": Decimal(100), "currency": "ETB", "position": place}
        for key in keys
        for place, size in enumerate(SIZES)
    ]
    await session.execute(insert(Service), services)
    await session.execute(insert(ServiceTier), tiers)


def _dearer(kind: Kind[Any], content: Content) -> Content:
    assert kind.parts is not None  # noqa: S101 - both have parts
    parts = {key: {**part, "price": "120.00"} for key, part in content[kind.parts.name].items()}
    return {**content, kind.parts.name: parts}
