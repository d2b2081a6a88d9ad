"""What keeps any of many items of a kind from being laid into their rows, or from coming out: told for each of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.conditions import among
from domain.content_kinds import Kind
from domain.content_values import Content
from domain.paths import Address, addresses_in
from domain.publishing_checks import INTERNAL_LINK, Finding, find_gaps, leads_somewhere
from models import Shop
from models.base import Base
from models.publishing import Publishable
from models.shop import SHOP_ID

Contents = Mapping[UUID, Content]
"""What rows are to hold, by their ids."""

Findings = dict[UUID, list[Finding]]

Slugs = Mapping[type[Base], frozenset[str]]
"""Slugs of what comes out, or goes, in the same transaction."""

NONE: Final[Slugs] = MappingProxyType({})


async def find_obstacles(session: AsyncSession, kind: Kind[Any], contents: Contents) -> Findings:
    """What keeps contents from being laid into their rows: slugs of others, and what is named and not there.

    Whoever would put something into the trash that is named waits (FOR SHARE).
    """
    found: Findings = defaultdict(list)
    if contents:
        await _find_taken_slugs(session, kind, contents, found)
        await _find_missing(session, kind, contents, found)
    return found


async def find_unready(
    session: AsyncSession, kind: Kind[Any], contents: Contents, coming: Slugs = NONE, going: Slugs = NONE
) -> Findings:
    """What keeps items from coming out, as `require_ready` tells it of one, when others come and go with them."""
    found = await find_obstacles(session, kind, contents)
    if not contents or not issubclass(kind.model, Publishable):
        return found
    links = {key: _links_in(content) for key, content in contents.items()}
    shop = await session.get_one(Shop, SHOP_ID)
    addresses = {path: list(addresses_in(shop, path)) for path in {path for paths in links.values() for path in paths}}
    there = await _there(session, [each for some in addresses.values() for each in some])
    for key, content in contents.items():
        found[key] = [*find_gaps(content), *found.get(key, [])]
        for path in links[key]:
            ways = addresses[path]
            if ways and not any(_leads_somewhere(way, there, coming, going) for way in ways):
                found[key].append(Finding("body", f"The link {path} leads nowhere."))
    return {key: findings for key, findings in found.items() if findings}


async def _find_taken_slugs(session: AsyncSession, kind: Kind[Any], contents: Contents, found: Findings) -> None:
    columns = kind.model.__table__.c
    wanted = {key: content["slug"] for key, content in contents.items() if "slug" in content}
    rows = await session.execute(select(columns.slug, columns.id).where(among(columns.slug, list(wanted.values()))))
    bearers = {row.slug: row.id for row in rows}
    for key, slug in wanted.items():
        if bearers.setdefault(slug, key) != key:
            found[key].append(Finding("slug", f"Another {kind.name} has it."))


async def _find_missing(session: AsyncSession, kind: Kind[Any], contents: Contents, found: Findings) -> None:
    for column, model in kind.references.items():
        wanted = {key: UUID(content[column]) for key, content in contents.items() if content.get(column) is not None}
        if not wanted:
            continue
        rows = model.__table__.c
        kept = select(rows.id).where(among(rows.id, list(set(wanted.values()))), rows.deleted_at.is_(None))
        there = set(await session.scalars(kept.order_by(rows.id).with_for_update(read=True)))
        for key, named in wanted.items():
            if named not in there:
                found[key].append(Finding(kind.keyword_of(column), "There is none with this id."))


def _links_in(content: Content) -> list[str]:
    return list(dict.fromkeys(link["path"] for link in INTERNAL_LINK.finditer(content["body"])))


async def _there(session: AsyncSession, addresses: Iterable[Address]) -> Slugs:
    """The slugs of those addresses at which something is."""
    wanted: dict[type[Base], set[str]] = defaultdict(set)
    for address in addresses:
        wanted[address.model].add(address.slug)
    there = {}
    for model, slugs in wanted.items():
        slug = model.__table__.c.slug
        found = select(slug).where(among(slug, sorted(slugs)), leads_somewhere(model))
        there[model] = frozenset(await session.scalars(found))
    return there


def _leads_somewhere(address: Address, there: Slugs, coming: Slugs, going: Slugs) -> bool:
    """Whether something is there once all have come and gone."""
    model, slug = address.model, address.slug
    stays = slug in there.get(model, ()) and slug not in going.get(model, ())
    return stays or slug in coming.get(model, ())
