"""What embeds lead to: by the slug that something bears, or bore."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.conditions import among
from domain.embeds import MARK, MOST_EMBEDS, Embed, EmbedKind
from domain.links import NONE, Shown, Slugs, bearer_of
from domain.markdown import embeds_in
from models import FormerSlug, Post, Product
from models.base import Base

MODELS: Final[Mapping[EmbedKind, type[Base]]] = MappingProxyType({EmbedKind.PRODUCT: Product, EmbedKind.POST: Post})


async def targets_of(session: AsyncSession, texts: Iterable[str]) -> dict[Embed, UUID]:
    """What the embeds of texts lead to, whether anybody sees it or not."""
    embedding = [text for text in texts if MARK in text]
    if not embedding:
        return {}
    return await find_targets(session, {each for found in await _read(embedding) for each in found})


async def find_targets(session: AsyncSession, embeds: Iterable[Embed]) -> dict[Embed, UUID]:
    """What embeds lead to: what bears the slug now, and else what bore it last."""
    every = set(embeds)
    found: dict[Embed, UUID] = {}
    for kind in EmbedKind:
        slugs = sorted(each.slug for each in every if each.kind is kind)
        if slugs:
            bearers = await _bearers(session, MODELS[kind], slugs)
            found |= {Embed(kind, slug): key for slug, key in bearers.items()}
    return found


async def find_shown(session: AsyncSession, targets: Iterable[tuple[Embed, UUID]], shown: Shown) -> frozenset[UUID]:
    """Those of the targets that are there."""
    every = list(targets)
    there: set[UUID] = set()
    for kind, model in MODELS.items():
        keys = sorted({key for embed, key in every if embed.kind is kind})
        if keys:
            there |= set(await session.scalars(select(model.id).where(among(model.id, keys), shown(model))))
    return frozenset(there)


async def find_missing_embeds(
    session: AsyncSession, texts: Mapping[UUID, str], shown: Shown, coming: Slugs = NONE, going: Slugs = NONE
) -> Mapping[UUID, list[str]]:
    """What is wrong with the embeds of each text, in words. What is coming is there, and what is going is not."""
    faults: dict[UUID, list[str]] = defaultdict(list)
    embedding = {key: text for key, text in texts.items() if MARK in text}
    if embedding:
        embeds = dict(zip(embedding, await _read([*embedding.values()]), strict=True))
        there = await _find_there(session, {each for found in embeds.values() for each in found}, shown, coming, going)
        faults |= {key: [*_faults(found, there)] for key, found in embeds.items()}
    return faults


async def _find_there(
    session: AsyncSession, embeds: Collection[Embed], shown: Shown, coming: Slugs, going: Slugs
) -> AbstractSet[Embed]:
    """Those that show something once all have come and gone."""
    targets = await find_targets(session, embeds)
    there = set()
    for kind, model in MODELS.items():
        keys = sorted({key for embed, key in targets.items() if embed.kind is kind})
        columns = model.__table__.c
        rows = await session.execute(select(columns.id, columns.slug, shown(model)).where(among(columns.id, keys)))
        comes, goes = coming.get(model, frozenset()), going.get(model, frozenset())
        stays = {key for key, slug, is_shown in rows if slug in comes or (is_shown and slug not in goes)}
        there |= {each for each in embeds if each.kind is kind and (targets.get(each) in stays or each.slug in comes)}
    return there


def _faults(embeds: Sequence[Embed], there: AbstractSet[Embed]) -> Iterator[str]:
    yield from (f"There is no {each.kind} “{each.slug}” to embed." for each in embeds if each not in there)
    for kind in EmbedKind:
        many = sum(1 for each in embeds if each.kind is kind)
        if many > MOST_EMBEDS:
            yield f"It embeds {many} {kind}s; {MOST_EMBEDS} are the most."


async def _read(texts: Sequence[str]) -> list[list[Embed]]:
    """In a thread: a long text takes its time, and others are answered meanwhile."""
    return await asyncio.to_thread(lambda: [embeds_in(text) for text in texts])


async def _bearers(session: AsyncSession, model: type[Base], slugs: Sequence[str]) -> dict[str, UUID]:
    columns, bearer = model.__table__.c, bearer_of(model)
    bore = select(FormerSlug.slug, bearer).where(among(FormerSlug.slug, slugs), bearer.is_not(None))
    bear = select(columns.slug, columns.id).where(among(columns.slug, slugs))
    rows = [*await session.execute(bore.order_by(FormerSlug.left_at)), *await session.execute(bear)]
    return {slug: key for slug, key in rows}  # noqa: C416 - rows are no pairs to the type checker
