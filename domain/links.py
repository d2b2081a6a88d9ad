"""Links within the shop: which of the paths in a text lead to nothing."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from sqlalchemy import ColumnElement, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from domain.conditions import among
from domain.paths import ADDRESSED, addresses_in
from models import FormerSlug, Shop
from models.base import Base
from models.shop import SHOP_ID

Shown = Callable[[type[Base]], ColumnElement[bool]]
"""The condition under which a row of a table has its page."""


async def leading_nowhere(session: AsyncSession, paths: Iterable[str], shown: Shown) -> list[str]:
    """The paths of pages of the shop that are not there, by any slug that they bear or bore; each once.

    What is no page of the shop's is not followed. A few statements, however many paths there are.
    """
    shop = await session.get_one(Shop, SHOP_ID)
    leads = {path: [(each.model, each.slug) for each in addresses_in(shop, path)] for path in dict.fromkeys(paths)}
    asked: dict[type[Base], set[str]] = defaultdict(set)
    for model, slug in (each for addresses in leads.values() for each in addresses):
        asked[model].add(slug)
    there = {
        (model, slug) for model, slugs in asked.items() for slug in await _borne(session, model, slugs, shown(model))
    }
    return [path for path, addresses in leads.items() if addresses and there.isdisjoint(addresses)]


async def _borne(
    session: AsyncSession, model: type[Base], slugs: Iterable[str], is_shown: ColumnElement[bool]
) -> Iterable[str]:
    """Those of the slugs that something bears, or bore and would lead on to."""
    columns, wanted = model.__table__.c, sorted(slugs)
    bears = select(columns.slug).where(among(columns.slug, wanted), is_shown)
    bearer = getattr(FormerSlug, ADDRESSED[model].replace("_path", "_id"))
    bore = select(FormerSlug.slug).join(model, columns.id == bearer).where(among(FormerSlug.slug, wanted), is_shown)
    return await session.scalars(union(bears, bore))
