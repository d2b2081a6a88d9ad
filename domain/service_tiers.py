"""The pricing tiers of a service: a part of its content."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.content_values import Content, as_json
from domain.errors import invalid, shown
from domain.item_parts import POSITION
from models import BillingPeriod, Service, ServiceTier, Shop

TIERS: Final = "tiers"
COLUMNS: Final = ("name", "price", "billing_period", "features", "is_popular", "is_visible")
BLANK: Final[Content] = MappingProxyType(
    {"billing_period": BillingPeriod.ONE_TIME, "features": [], "is_popular": False, "is_visible": True}
)


async def read_tiers(session: AsyncSession, service: Service) -> dict[str, Any]:
    """The tiers as a content holds them. A tier keeps the currency that it was made in."""
    rows = await session.scalars(_of(service).order_by(ServiceTier.position, ServiceTier.id))
    return {TIERS: {str(row.id): {**_said(row), POSITION: place} for place, row in enumerate(rows)}}


async def lay_tiers(session: AsyncSession, service: Service, content: Content) -> None:
    """Let the table hold the tiers of a content; a new one is in the shop's currency."""
    wanted: Mapping[str, Content] | None = content.get(TIERS)
    if wanted is None:
        return
    rows = {str(row.id): row for row in await session.scalars(_of(service))}
    for key, row in rows.items():
        if key not in wanted:
            await session.delete(row)
        elif row.name != wanted[key]["name"]:
            row.name = key  # for a moment, so that names can move between tiers in any order
    await session.flush()
    for key, said in wanted.items():
        row = rows.get(key) or _added(session, service, UUID(key))
        for name in COLUMNS:
            setattr(row, name, Decimal(said[name]) if name == "price" else said[name])
        row.position = said[POSITION]
    await session.flush()


async def require_tiers(_session: AsyncSession, _service_id: UUID, content: Content, _before: Content) -> None:
    """Refuse tiers that have the same name. Raises InvalidInputError."""
    names = [tier["name"] for tier in content.get(TIERS, {}).values()]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise invalid(TIERS, f"Two tiers are called “{shown(twice)}”.")


def hidden(_content: Content) -> dict[str, Any]:
    """A new service is seen by nobody but the staff."""
    return {"is_visible": False}


def _of(service: Service) -> Any:
    return select(ServiceTier).where(ServiceTier.service_id == service.id).execution_options(populate_existing=True)


def _said(row: ServiceTier) -> dict[str, Any]:
    return {name: as_json(getattr(row, name)) for name in COLUMNS}


def _added(session: AsyncSession, service: Service, key: UUID) -> ServiceTier:
    currency = select(Shop.currency).scalar_subquery()
    row = ServiceTier(id=key, service_id=service.id, currency=currency)
    session.add(row)
    return row
