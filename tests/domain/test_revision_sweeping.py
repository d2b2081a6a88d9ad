"""Old revisions go but for the newest ones of each item, and what readers have seen."""

import asyncio
from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.revision_sweeping import sweep_revisions
from models import Post, PublishingStatus, Revision
from resolvers.ids import encode_id
from tests.editors import edited, editor
from tests.factories import add_post, add_revision, writing
from tests.statements import scalar

YEAR = timedelta(days=365)


async def sweep(engine: AsyncEngine, kept: int, age: timedelta = YEAR) -> bool:
    """Whether there may be more."""
    async with writing(engine) as session:
        return await sweep_revisions(session, kept=kept, age=age)


async def versions(engine: AsyncEngine, row: Post) -> list[int]:
    """Those that are kept."""
    kept = select(func.array_agg(Revision.version).filter(Revision.row_id == row.id))
    return sorted(await scalar(engine, kept))


async def test_old_revisions_go_but_the_newest_and_the_published(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        post, other = await add_post(session), await add_post(session)
        long_ago = func.now() - 2 * YEAR
        for version in range(1, 8):
            seen = long_ago if version == 2 else None
            await add_revision(session, post, version=version, recorded_at=long_ago, published_at=seen)
        await add_revision(session, other, version=1, recorded_at=long_ago)
        await add_revision(session, other, version=2)
        await add_revision(session, other, version=3)

    await asyncio.gather(sweep(engine, 3), sweep(engine, 3))
    assert (await versions(engine, post), await versions(engine, other)) == ([2, 5, 6, 7], [1, 2, 3])
    assert await sweep(engine, 1) is False
    assert (await versions(engine, post), await versions(engine, other)) == ([2, 7], [2, 3]), "What is young stays."


async def test_what_was_published_is_noted(engine: AsyncEngine) -> None:
    almaz = await editor(engine)
    async with writing(engine) as session:
        row = await add_post(session, status=PublishingStatus.PUBLISHED)
    post = encode_id("Post", row.id)
    await edited(engine, almaz, "UpdatePost", id=post, expectedVersion=1, title="Draft one")
    await edited(engine, almaz, "UpdatePost", id=post, expectedVersion=2, title="Draft two")
    noted = select(func.array_agg(Revision.version)).where(Revision.published_at.is_not(None))
    assert await scalar(engine, noted) == [1]

    service = await edited(engine, almaz, "CreateService", title="Audit", type="SUPPORT")
    await edited(engine, almaz, "PublishService", id=service["id"], expectedVersion=1)
    await edited(engine, almaz, "UpdateService", id=service["id"], expectedVersion=1, title="Draft")
    of_services = noted.where(Revision.table_name == "services")
    assert await scalar(engine, of_services) == [1]
    await edited(engine, almaz, "PublishService", id=service["id"], expectedVersion=2)
    assert sorted(await scalar(engine, of_services)) == [1, 2]


async def test_conflict_is_told_when_nobody_kept_what_was_read(engine: AsyncEngine) -> None:
    almaz = await editor(engine)
    async with writing(engine) as session:
        row = await add_post(session, status=PublishingStatus.DRAFT)
    post = encode_id("Post", row.id)
    for version in (1, 2):
        await edited(engine, almaz, "UpdatePost", id=post, expectedVersion=version, title=f"Title {version}")
    async with writing(engine) as session:
        await session.execute(text("UPDATE revisions SET recorded_at = now() - interval '2 years'"))
    await sweep(engine, 1)
    late = await edited(engine, almaz, "UpdatePost", id=post, expectedVersion=1, excerpt="Late")
    assert (late["__typename"], late["conflictingFields"]) == ("Conflict", ["excerpt"])
