"""What keeps any of many items of a kind from being laid into their rows, or from coming out: told for each of them."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.conditions import among
from domain.content_kinds import Kind
from domain.content_values import Content, as_json
from domain.embed_targets import find_missing_embeds
from domain.links import NONE, Slugs, leading_nowhere
from domain.publishing_checks import Finding, broken_link, find_gaps, leads_somewhere
from domain.text_references import read_references
from models.publishing import Publishable

Contents = Mapping[UUID, Content]
"""What rows are to hold, by their ids."""

Findings = dict[UUID, list[Finding]]


async def find_obstacles(session: AsyncSession, kind: Kind[Any], contents: Contents) -> Findings:
    """What keeps contents from being laid into their rows: slugs of others, and what is named anew and not there.

    Whoever would put something into the trash that is named waits (FOR SHARE).
    """
    return await _obstacles(session, kind, contents, await _named(session, kind, contents))


async def find_unready(
    session: AsyncSession, kind: Kind[Any], contents: Contents, coming: Slugs = NONE, going: Slugs = NONE
) -> Findings:
    """What keeps items from coming out, as `require_ready` tells it of one, when others come and go with them."""
    found = await _obstacles(session, kind, contents, {})
    if not contents or not issubclass(kind.model, Publishable):
        return found
    texts = {key: content["body"] for key, content in contents.items()}
    references = await read_references(texts)
    links = (link for each in references.values() for link in each.links)
    nowhere = set(await leading_nowhere(session, links, leads_somewhere, coming, going))
    missing = await find_missing_embeds(session, texts, leads_somewhere, coming, going)
    for key, content in contents.items():
        broken = [broken_link(link) for link in references[key].links if link in nowhere]
        broken += [Finding("body", message) for message in missing[key]]
        found[key] = [*find_gaps(content, references[key]), *found.get(key, []), *broken]
    return {key: findings for key, findings in found.items() if findings}


async def _obstacles(session: AsyncSession, kind: Kind[Any], contents: Contents, before: Contents) -> Findings:
    found: Findings = defaultdict(list)
    if contents:
        await _find_taken_slugs(session, kind, contents, found)
        await _find_missing(session, kind, contents, before, found)
    return found


async def _named(session: AsyncSession, kind: Kind[Any], contents: Contents) -> Contents:
    """What the rows name by now."""
    if not contents or not kind.references:
        return {}
    columns = kind.model.__table__.c
    rows = await session.execute(
        select(columns.id, *(columns[name] for name in kind.references)).where(among(columns.id, list(contents)))
    )
    return {row.id: {name: as_json(getattr(row, name)) for name in kind.references} for row in rows}


async def _find_taken_slugs(session: AsyncSession, kind: Kind[Any], contents: Contents, found: Findings) -> None:
    columns = kind.model.__table__.c
    wanted = {key: content["slug"] for key, content in contents.items() if "slug" in content}
    rows = await session.execute(select(columns.slug, columns.id).where(among(columns.slug, list(wanted.values()))))
    bearers = {row.slug: row.id for row in rows}
    for key, slug in wanted.items():
        if bearers.setdefault(slug, key) != key:
            found[key].append(Finding("slug", f"Another {kind.name} has it."))


async def _find_missing(
    session: AsyncSession, kind: Kind[Any], contents: Contents, before: Contents, found: Findings
) -> None:
    for column, model in kind.references.items():
        wanted = {
            key: UUID(content[column])
            for key, content in contents.items()
            if content.get(column) not in {None, before.get(key, {}).get(column)}
        }
        if not wanted:
            continue
        rows = model.__table__.c
        kept = select(rows.id).where(among(rows.id, list(set(wanted.values()))), rows.deleted_at.is_(None))
        there = set(await session.scalars(kept.order_by(rows.id).with_for_update(read=True)))
        for key, named in wanted.items():
            if named not in there:
                found[key].append(Finding(kind.keyword_of(column), "There is none with this id."))
