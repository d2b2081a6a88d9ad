"""The pricing tiers of services: a part of their content, laid for many services as for one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Executable, Text, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import given_rows
from domain.amounts import too_fine
from domain.conditions import among
from domain.content_values import Content, as_json
from domain.errors import InvalidField, invalid, shown
from domain.item_parts import POSITION
from models import BillingPeriod, Service, ServiceTier, Shop

TIERS: Final = "tiers"
COLUMNS: Final = ("name", "price", "billing_period", "features", "is_popular", "is_visible")
BLANK: Final[Content] = MappingProxyType(
    {"billing_period": BillingPeriod.ONE_TIME, "features": [], "is_popular": False, "is_visible": True}
)
WRITTEN: Final = (*COLUMNS, POSITION)
GIVEN: Final = ("id", "service_id", *WRITTEN)

Tiers = Mapping[str, Content]
"""By their ids."""


async def read_tiers(session: AsyncSession, services: Sequence[Service]) -> dict[UUID, Content]:
    """The tiers as contents hold them. A tier keeps the currency that it was made in."""
    stored = await _stored(session, [service.id for service in services])
    return {service.id: {TIERS: _in_places(stored[service.id])} for service in services}


async def lay_tiers(
    session: AsyncSession, contents: Sequence[tuple[Service, Content]]
) -> dict[UUID, Sequence[InvalidField]]:
    """Let the table hold the tiers of contents; a new one is in the shop's currency. None is refused."""
    wanted = {service.id: content[TIERS] for service, content in contents if TIERS in content}
    stored = {key: said for tiers in (await _stored(session, list(wanted))).values() for key, said in tiers.items()}
    rows = {key: _row(service, key, said) for service, tiers in wanted.items() for key, said in tiers.items()}
    changed = sorted(key for key in rows.keys() & stored.keys() if _written(rows[key]) != stored[key])
    await _remove(session, stored.keys() - rows.keys())
    await _free_names(session, [key for key in changed if rows[key]["name"] != stored[key]["name"]])
    await _write(session, _CHANGE, [rows[key] for key in changed])
    await _write(session, _ADDITION, [row for key, row in rows.items() if key not in stored])
    return {}


async def require_tiers(session: AsyncSession, service_id: UUID, content: Content, before: Content) -> None:
    """Refuse tiers that have the same name, or a price that their currency has no coins for. Raises InvalidInputError.

    A price that stays as it was is not looked at.
    """
    tiers, kept = content.get(TIERS, {}), before.get(TIERS, {})
    names = [tier["name"] for tier in tiers.values()]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise invalid(TIERS, f"Two tiers are called “{shown(twice)}”.")
    given = {key: tier["price"] for key, tier in tiers.items() if tier["price"] != kept.get(key, {}).get("price")}
    if given:
        await _require_prices(session, service_id, given)


def hidden(_content: Content) -> dict[str, Any]:
    """A new service is seen by nobody but the staff."""
    return {"is_visible": False}


async def _require_prices(session: AsyncSession, service_id: UUID, prices: Mapping[str, str]) -> None:
    of_shop = (await session.scalars(select(Shop.currency))).one()
    rows = await session.execute(select(_TABLE.c.id, _TABLE.c.currency).where(_TABLE.c.service_id == service_id))
    currencies = {str(row.id): row.currency for row in rows}
    for key, price in prices.items():
        fault = too_fine(Decimal(price), currencies.get(key, of_shop))
        if fault is not None:
            raise invalid(TIERS, f"The price {price} {fault}")


async def _stored(session: AsyncSession, services: Sequence[UUID]) -> Mapping[UUID, Tiers]:
    """What the table says of the tiers of each service, in their order."""
    rows = select(*(_TABLE.c[name] for name in GIVEN)).where(among(_TABLE.c.service_id, services))
    tiers: dict[UUID, dict[str, Content]] = defaultdict(dict)
    for row in await session.execute(rows.order_by(_TABLE.c.position, _TABLE.c.id)):
        tiers[row.service_id][str(row.id)] = {name: as_json(getattr(row, name)) for name in WRITTEN}
    return tiers


def _in_places(tiers: Tiers) -> Tiers:
    return {key: {**said, POSITION: place} for place, (key, said) in enumerate(tiers.items())}


def _row(service: UUID, key: str, said: Content) -> Content:
    return {"id": key, "service_id": service, **_written(said)}


def _written(said: Content) -> Content:
    return {name: said[name] for name in WRITTEN}


async def _remove(session: AsyncSession, keys: Iterable[str]) -> None:
    gone = sorted(map(UUID, keys))
    if gone:
        await session.execute(_TABLE.delete().where(among(_TABLE.c.id, gone)))


async def _free_names(session: AsyncSession, keys: Iterable[str]) -> None:
    """Give tiers their ids as names for a moment, so that names can move between them in any order."""
    renamed = [UUID(key) for key in keys]
    if renamed:
        free = _TABLE.update().where(among(_TABLE.c.id, renamed)).values(name=cast(_TABLE.c.id, Text))
        await session.execute(free)


async def _write(session: AsyncSession, statement: Executable, rows: Sequence[Content]) -> None:
    if rows:
        await session.execute(statement, {"rows": given_rows.as_json(rows)})


_TABLE = given_rows.table_of(ServiceTier)
_ROWS = given_rows.given_rows(ServiceTier, GIVEN, "rows")
_CHANGE = _TABLE.update().where(_TABLE.c.id == _ROWS.c.id).values({name: _ROWS.c[name] for name in WRITTEN})
_ADDITION = _TABLE.insert().from_select(
    [*GIVEN, "currency"], select(*_ROWS.c, select(Shop.currency).scalar_subquery()), include_defaults=False
)
"""Of many tiers at once: the parameter `rows` holds them."""
