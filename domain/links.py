"""Links within the shop: which of the addresses in a text lead to nothing."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from domain.conditions import among
from domain.paths import ADDRESSED, addresses_in
from models import FormerSlug, Shop
from models.base import Base
from models.shop import SHOP_ID

Shown = Callable[[type[Base]], ColumnElement[bool]]
"""The condition under which a row of a table has its page."""

Slugs = Mapping[type[Base], AbstractSet[str]]
"""Slugs of what comes out, or goes, together."""

NONE: Final[Slugs] = MappingProxyType({})


async def leading_nowhere(
    session: AsyncSession, links: Iterable[str], shown: Shown, coming: Slugs = NONE, going: Slugs = NONE
) -> list[str]:
    """The links to pages of the shop that are not there, by any slug that they bear or bore; each once.

    What is coming is there, and what is going is not. What is no page of the shop's is not followed. A few statements,
    however many links there are.
    """
    shop = await session.get_one(Shop, SHOP_ID)
    leads = {link: [*_pages_at(shop, link)] for link in dict.fromkeys(links)}
    asked: dict[type[Base], set[str]] = defaultdict(set)
    for model, slug in (each for addresses in leads.values() for each in addresses):
        asked[model].add(slug)
    there = {(model, slug) for model, slugs in coming.items() for slug in slugs}
    for model, slugs in asked.items():
        gone = going.get(model, frozenset())
        there |= {(model, slug) for slug, now in await _borne(session, model, slugs, shown(model)) if now not in gone}
    return [link for link, addresses in leads.items() if addresses and there.isdisjoint(addresses)]


def path_within(link: str, site_url: str | None) -> str | None:
    """The path on the shop's own site that a link leads to; None where it leads elsewhere."""
    path = link if site_url is None else link.removeprefix(site_url)
    return path if path.startswith("/") and not path.startswith("//") else None


def _pages_at(shop: Shop, link: str) -> Iterator[tuple[type[Base], str]]:
    path = path_within(link, shop.site_url)
    return ((each.model, each.slug) for each in addresses_in(shop, path or ""))


def bearer_of(model: type[Base]) -> InstrumentedAttribute[Any]:
    """The column of a former slug that names which row of the table bore it."""
    bearer: InstrumentedAttribute[Any] = getattr(FormerSlug, ADDRESSED[model].replace("_path", "_id"))
    return bearer


async def _borne(
    session: AsyncSession, model: type[Base], slugs: Iterable[str], is_shown: ColumnElement[bool]
) -> Iterator[tuple[str, str]]:
    """Those of the slugs that something bears, or bore and would lead on to, each with the one that it bears now."""
    columns, wanted = model.__table__.c, sorted(slugs)
    bears = select(columns.slug, columns.slug.label("now")).where(among(columns.slug, wanted), is_shown)
    bore = select(FormerSlug.slug, columns.slug).join_from(FormerSlug, model, columns.id == bearer_of(model))
    found = await session.execute(union(bears, bore.where(among(FormerSlug.slug, wanted), is_shown)))
    return ((row.slug, row.now) for row in found)
